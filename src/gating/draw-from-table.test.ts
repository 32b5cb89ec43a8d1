import { expect, test } from "vitest";
import { array, evaluate } from "../graph/index.ts";
import { replayKey } from "../random/index.ts";
import { betaTable } from "../statistics/beta.ts";
import { drawFromTable } from "./draw-from-table.ts";

test("a draw is the quantile of its uniform number, straight between the table's", () => {
  const table = betaTable(2, 5);
  const u = [0, 0.25, 0.25 + 0.5 / 4096, 0.5, 1 - 2 ** -24];
  const key = replayKey({ uniform: [array([u], { dtype: "float32" })] });
  const drawn = Array.from(evaluate([drawFromTable(key, [1, 5], table)])[0]!.data);
  const at = (place: number): number => table.values[place]!;
  const last = at(4096) - (at(4096) - at(4095)) * 2 ** -12;
  [at(0), at(1024), (at(1024) + at(1025)) / 2, at(2048), last].forEach((x, i) => expect(drawn[i]).toBeCloseTo(x, 6));
});
