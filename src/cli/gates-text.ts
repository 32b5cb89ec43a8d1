import { count, percent } from "../describe/format.ts";
import type { GateLayer } from "../describe/index.ts";
import type { GatesScore, Scores } from "../train/index.ts";

/** The gates of each layer in both readouts, with their layer's name where there are several. */
function layersIn<M extends string>({ deterministic, stochastic }: Scores<M>, layers: readonly GateLayer[]) {
  return (deterministic.gates ?? []).map((off, i) => {
    const on = stochastic.gates![i]!;
    return {
      ...{ off, on, gates: layers[i]!.gates, layer: layers[i]!.name },
      name: layers.length > 1 ? `${layers[i]!.name} gates` : "gates",
      differ: off.open !== on.open || off.dead !== on.dead,
    };
  });
}

/** The share of open gates of each layer, in the deterministic readout and sampled where that differs: for the line of an epoch. */
export const openGates = <M extends string>(valid: Scores<M>, layers: readonly GateLayer[]): string[] =>
  layersIn(valid, layers).map(
    ({ name, off, on, differ }) =>
      `${name} open ${percent(100 * off.open)}${differ ? ` (sampling ${percent(100 * on.open)})` : ""}`,
  );

/** The same on test examples, with the number of gates that never open, as rows of the summary: the share ends in column 42. */
export function gateRows<M extends string>(test: Scores<M>, layers: readonly GateLayer[]): string[] {
  return layersIn(test, layers).flatMap(({ name, gates, off, on, differ }) => {
    const row = (what: string, { open, dead = 0 }: GatesScore): string =>
      `  ${what.padEnd(28)}${percent(100 * open).padStart(12)}   ${count(dead)} of ${count(gates)} gates never ${dead === 1 ? "opens" : "open"}`;
    return [row(`${name} open`, off), ...(differ ? [row("  sampling", on)] : [])];
  });
}

/** What to do about layers half of whose gates, or more, open for no test example; undefined where there are none. */
export function closedGatesWarning<M extends string>(
  test: Scores<M>,
  layers: readonly GateLayer[],
): string | undefined {
  const closed = layersIn(test, layers).filter(({ gates, off: { dead = 0 } }) => 2 * dead >= gates);
  if (closed.length === 0) return undefined;
  const said = closed.map(({ layer, gates, off: { dead = 0 } }) => `${count(dead)} of ${count(gates)} of ${layer}`);
  return `warning: gates that never open (${said.join(", ")}) leave what is behind them unused; the control "balance" moves each gate towards a share of the examples: sparsity=balance(target=0.5,step=0.01) in a list of stages, else --sparsity balance:target=0.5,step=0.01`;
}
