import { expect, test } from "vitest";
import { row } from "../scripts/spiking-bias.ts";
import { read } from "./support/repository.ts";

test("docs/explanation/spiking-bias.md has the numbers of the enumeration", () => {
  for (const estimator of ["score-function", { name: "threshold", slope: "arctan" }] as const)
    expect(read("docs/explanation/spiking-bias.md")).toContain(`\n${row(estimator)}\n`);
});
