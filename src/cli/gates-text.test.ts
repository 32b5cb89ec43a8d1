import { expect, test } from "vitest";
import type { GateLayer } from "../describe/index.ts";
import type { Scores } from "../train/index.ts";
import { closedGatesWarning, gateRows, openGates } from "./gates-text.ts";

const layer = (i: number, gates = 8): GateLayer => ({ name: `gated-conv${i}`, gates, opens: "highest" });
const at = (...open: readonly (readonly [open: number, dead: number])[]) => ({
  ...{ nll: 1, error: 1 },
  gates: open.map(([share, dead]) => ({ open: share, dead })),
});
const same = (...open: readonly (readonly [number, number])[]): Scores => ({
  deterministic: at(...open),
  stochastic: at(...open),
});

test("several layers are told apart by their names; both readouts are shown where they differ", () => {
  const scores = same([0.5, 4], [0.25, 1]);
  const two = [layer(1), layer(2)];
  expect(openGates(scores, two)).toEqual(["gated-conv1 gates open 50.00%", "gated-conv2 gates open 25.00%"]);
  expect(gateRows(scores, two)).toEqual([
    `  ${"gated-conv1 gates open".padEnd(28)}      50.00%   4 of 8 gates never open`,
    `  ${"gated-conv2 gates open".padEnd(28)}      25.00%   1 of 8 gates never opens`,
  ]);
  const drawn: Scores = { deterministic: at([0.5, 0]), stochastic: at([0.375, 0]) };
  expect(openGates(drawn, [layer(1)])).toEqual(["gates open 50.00% (sampling 37.50%)"]);
  expect(gateRows(drawn, [layer(1)])).toEqual([
    `  ${"gates open".padEnd(28)}      50.00%   0 of 8 gates never open`,
    `  ${"  sampling".padEnd(28)}      37.50%   0 of 8 gates never open`,
  ]);
});

test("warns of layers half of whose gates never open, with what to do", () => {
  const two = [layer(1), layer(2)];
  expect(closedGatesWarning(same([0.5, 4], [0.5, 3]), two)).toMatch(
    /^warning: gates that never open \(4 of 8 of gated-conv1\) leave what is behind them unused; .*balance/,
  );
  expect(closedGatesWarning(same([0.5, 4], [0.5, 5]), two)).toContain("(4 of 8 of gated-conv1, 5 of 8 of gated-conv2)");
  expect(closedGatesWarning(same([0, 1]), [layer(1, 1)])).toContain("(1 of 1 of gated-conv1)");
  expect(closedGatesWarning(same([0.5, 3], [0.5, 0]), two)).toBeUndefined();
});
