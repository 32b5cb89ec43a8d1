import { heatMap, numberText } from "../../plots/index.ts";
import type { Readings } from "../gather/readings.ts";
import { figure } from "../page.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

/** Classes and gates of the largest picture. */
const [CLASSES, GATES] = [40, 400];

/** Which gates open for which class. */
export const gatesByClass: Block = {
  name: "gates-by-class",
  title: "Which gates open for which class",
  reads:
    "A row for each class, a column for each gate: the share of the class's test examples for which the gate is open, deterministic readout. Gates stand beside each other that open most for the same class; a column of one colour is a gate that doesn't look at the class.",
  async draw({ runs }) {
    const figures = runs.flatMap(({ name, readings, gates = [] }) => {
      const read = readings?.deterministic;
      if (!read || read.names.length > CLASSES) return [];
      return read.opened.map(async (opened, i) => {
        const all = sharesOf(read, opened);
        const order = byClass(all).slice(0, GATES);
        const layer = gates[i]?.name ?? `layer ${i + 1}`;
        const shown = all.map((row) => order.map((gate) => row[gate]!));
        const picture = await heatMap(shown, {
          title: ofRun(runs, name, finding(layer, read.names, all)),
          ...{ x: `gates of ${layer}${order.length < all[0]!.length ? `, ${order.length} of ${all[0]!.length}` : ""}` },
          ...{ y: "class", names: read.names, value: "share of the class that opens the gate", largest: 1 },
        });
        return figure(
          picture,
          `Gates of ${layer} on the test set: full colour for all examples of a class, none for none.`,
        );
      });
    });
    return sectionOf(gatesByClass, await Promise.all(figures));
  },
};

/** For each class the share of its examples that open each gate, [C][K]; NaN for a class without examples. */
export function sharesOf({ truth, names }: Pick<Readings, "truth" | "names">, opened: Float64Array): number[][] {
  const examples = new Array<number>(names.length).fill(0);
  for (const label of truth) examples[label]!++;
  const gates = opened.length / names.length;
  return examples.map((count, label) => Array.from({ length: gates }, (_, k) => opened[label * gates + k]! / count));
}

/** Places of the largest share above 0 in each column; the number of rows where there is none. */
const bestRows = (shares: readonly (readonly number[])[]): number[] =>
  shares[0]!.map((_, gate) => {
    const column = shares.map((row) => (Number.isFinite(row[gate]) ? row[gate]! : 0));
    const most = Math.max(...column);
    return most > 0 ? column.indexOf(most) : column.length;
  });

/** The gates in the order of the class for which they open most, and of how often they do. */
function byClass(shares: readonly (readonly number[])[]): number[] {
  const best = bestRows(shares);
  const most = best.map((row, gate) => shares[row]?.[gate] ?? 0);
  return best.map((_, gate) => gate).sort((a, b) => best[a]! - best[b]! || most[b]! - most[a]!);
}

/** The gate that tells one class from the others best. */
function finding(layer: string, names: readonly string[], shares: readonly (readonly number[])[]): string {
  const told = bestRows(shares).flatMap((row, gate) => {
    const own = shares[row]?.[gate];
    const others = shares.flatMap((of, r) => (r !== row && Number.isFinite(of[gate]) ? [of[gate]!] : []));
    if (own === undefined || others.length === 0) return [];
    const rest = others.reduce((total, share) => total + share, 0) / others.length;
    return [{ name: names[row]!, own, rest }];
  });
  if (told.length === 0) return `No gate of ${layer} opens`;
  const { name, own, rest } = told.reduce((a, b) => (b.own - b.rest > a.own - a.rest ? b : a));
  const percent = (share: number): string => `${numberText(100 * share, 2)}%`;
  return `A gate of ${layer} opens for ${percent(own)} of ${name} and for ${percent(rest)} of the others`;
}
