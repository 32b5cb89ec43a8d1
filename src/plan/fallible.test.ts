import { expect, test } from "vitest";
import { argmax, constant, gather, NdArray, scatterAdd, type Tensor, transpose } from "../graph/index.ts";
import { input } from "../graph/ops/input.ts";
import { plan } from "./planner.ts";

const table = input("table", { shape: [3, 2], dtype: "float32" });
const v = input("v", { shape: [3, 2], dtype: "float32" });
const index = input("index", { shape: [2], dtype: "int32" });

/** The plan of a program that gives y and replaces v. */
const planned = (y: Tensor, next: Tensor = v.add(1)) =>
  plan(
    {
      inputs: [table, v, index].map((tensor) => ({ name: "", tensor, resident: tensor !== index })),
      outputs: [y],
      updates: [{ input: 1, value: next }],
    },
    { kind: "wasm", gemmScratch: () => 0 },
  );

/** The instructions, those that write the state v in capitals, and | after those that may fail. */
function shown({ instructions, mayFail }: ReturnType<typeof plan>): string {
  const words = instructions.map((x) => {
    const writes = "tape" in x ? x.tape.outputs.some(({ buffer }) => buffer === 3) : "to" in x && x.to.buffer === 3;
    return writes ? x.kind.toUpperCase() : x.kind;
  });
  return [...words.slice(0, mayFail), "|", ...words.slice(mayFail)].join(" ");
}

const known = (...rows: number[]): Tensor => constant(new NdArray(Int32Array.from(rows), [rows.length]));

test("no instruction writes state before all have run that may meet a wrong index", () => {
  expect(shown(planned(gather(v, index)))).toBe("gather | ELEMENTWISE");
  expect(shown(planned(gather(table.sin(), index)))).toBe("elementwise gather | ELEMENTWISE");
  expect(shown(planned(gather(table, known(0, 3))))).toBe("gather | ELEMENTWISE");
});

test("a state that failing would spoil is written by a copy at the end", () => {
  expect(shown(planned(index, scatterAdd(gather(table, known(0, 1)), index, 3)))).toBe(
    "gather scatterAdd | elementwise ELEMENTWISE",
  );
  const next = v.add(1);
  expect(shown(planned(gather(next, index), next))).toBe("elementwise gather | ELEMENTWISE");
});

test("what cannot fail holds nothing up: a known index, an argmax, one that was looked up before", () => {
  expect(shown(planned(gather(table, known(0, 2))))).toMatch(/^\| /);
  expect(shown(planned(gather(table, argmax(transpose(table)))))).toMatch(/^\| /);
  const looked = gather(table, index);
  expect(shown(planned(scatterAdd(looked, index, 3).sin()))).toMatch(/^gather \| .*scatterAdd/);
  // Of two rows fewer the same index may fail.
  expect(shown(planned(scatterAdd(looked, index, 1)))).toMatch(/^gather scatterAdd \| /);
});
