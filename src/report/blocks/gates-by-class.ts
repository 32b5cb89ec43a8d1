import { heatMap, numberText } from "../../plots/index.ts";
import { bestRows, byClass, sharesOf } from "../gather/gate-shares.ts";
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
