import { expect, it } from "vitest";
import { committed, PAGE, PICTURE, pageOf, pictureOf } from "../scripts/images.ts";
import { read } from "./support/repository.ts";

it("the page on convolutions of binary units and its picture are what the results of the studies say", async () => {
  const results = committed();
  expect(pageOf(results)).toBe(read(PAGE));
  expect(`${await pictureOf(results)}\n`).toBe(read(PICTURE));
});
