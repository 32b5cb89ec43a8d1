import { expect, test } from "vitest";
import { PICTURE, picture, row } from "../scripts/spiking-bias.ts";
import { read } from "./support/repository.ts";

const page = read("docs/explanation/spiking-bias.md");

test("docs/explanation/spiking-bias.md has the numbers of the enumeration", () => {
  for (const estimator of ["score-function", { name: "threshold", slope: "arctan" }] as const)
    expect(page).toContain(`\n${row(estimator)}\n`);
});

test("its picture has the numbers of its table", async () => expect(await picture(page)).toBe(read(PICTURE)));
