// What the names of a network's tables are called in the page.
import type { Model } from "../../../src/models/model.ts";

const ordinals = ["first", "second", "third", "fourth"];
/** "second hidden layer"; of one alone "hidden layer". */
const numbered = (words: string, at: number, of: number): string =>
  of === 1 ? words : `${ordinals[at] ?? `${at + 1}th`} ${words}`;

/** For each row of a network's table what it is in plain words: "hidden1" is "hidden layer", "gater1" its "gater". */
export function plainNames({ stages }: Pick<Model, "stages">): Record<string, string> {
  const names: Record<string, string> = {};
  const isGated = (i: number) => stages[i]!.rows.some(({ gates }) => gates);
  const isOf = (kind: string) => (_: unknown, i: number) => stages[i]!.kind === kind && !isGated(i);
  const count = (test: (stage: unknown, i: number) => boolean) => stages.filter(test).length;
  const all = {
    conv: count(isOf("conv")),
    dense: count((_, i) => isOf("dense")(_, i) && i < stages.length - 1),
    recurrent: count(isOf("recurrent")),
    gated: count((_, i) => isGated(i)),
  };
  const met = { conv: 0, dense: 0, recurrent: 0, gated: 0 };
  const words = { conv: "convolution", dense: "hidden layer", recurrent: "cell" };
  let last = "input";
  stages.forEach(({ kind, rows }, i) => {
    if (isGated(i)) {
      const of = (part: string) => (all.gated === 1 ? part : `${part} of the ${numbered("gated layer", met.gated, 2)}`);
      rows.forEach(({ name, gates }, row) => {
        names[name] = of(gates ? "blocks" : numbered("layer of the gater", row, rows.length - 1).replace(/^layer of the /, "")); // biome-ignore format: one line
      });
      met.gated++;
      return;
    }
    if (kind === "dense" && i === stages.length - 1) last = "class scores";
    else if (kind === "conv" || kind === "dense" || kind === "recurrent") last = numbered(words[kind], met[kind]++, all[kind]); // biome-ignore format: one line
    for (const { name } of rows) names[name] = last;
  });
  return names;
}
