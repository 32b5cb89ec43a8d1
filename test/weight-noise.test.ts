import { expect, test } from "vitest";
import { PAGE, PICTURE, picture } from "../scripts/weight-noise-picture.ts";
import { read } from "./support/repository.ts";

test("the picture of weight noise has the numbers of its table", async () =>
  expect(await picture(read(PAGE))).toBe(read(PICTURE)));
