import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadModel } from "../../../../src/index.ts";
import { fileOf, nameOf, networks, STROKES, variants } from "./networks.ts";

/** The cell of the network in a file. */
function stageIn(name: string) {
  const bytes = readFileSync(new URL(`../../../public/${fileOf(name)}`, import.meta.url));
  expect(bytes.length).toBeLessThan(300_000);
  const { stages } = loadModel(bytes).model.config as {
    readonly stages: readonly { readonly cell: Readonly<Record<string, unknown>>; readonly units: number }[];
  };
  return stages[0]!;
}

test.each(variants)("the file of an LSTM with %o holds that cell", (variant) => {
  const { cell, units } = stageIn(nameOf(variant));
  expect(cell).toMatchObject({
    name: "lstm",
    peepholes: variant.peepholes,
    inputGate: variant.coupled ? "coupled" : "own",
  });
  expect(networks[nameOf(variant)]).toContain(`--units ${units} `);
});

test("the file of the network that writes holds as many units as its command says", () => {
  expect(networks[STROKES]).toContain(`--units ${stageIn(STROKES).units} `);
  expect(Object.keys(networks)).toHaveLength(variants.length + 1);
});
