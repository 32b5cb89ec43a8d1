import type { Compared } from "../compare/index.ts";
import { splitName, titleIn } from "../compare/words.ts";
import { intervalChart } from "../plots/index.ts";

/** What `compare` found as one self-contained <svg>: means with their 95 % intervals, the best on top; of a single seed a dot alone. */
export function comparisonSvg(compared: Compared): Promise<string> {
  const { groups, metric } = compared;
  const items = groups.map(({ name, seeds, figures }) => {
    const { mean: value, interval } = figures[metric.name]!;
    const [low, high] = interval ?? [value, value];
    return { name: `${name}, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`, value, low, high };
  });
  return intervalChart(items, {
    title: titleFor(compared),
    x: `${titleIn(compared, metric)}, 95% interval`,
    scale: "linear",
  });
}

/** What the picture shows, in words. */
function titleFor(compared: Compared): string {
  const [best] = compared.groups;
  const { better, title = compared.metric.name } = compared.metric;
  const beats = compared.pairs.filter(({ first, verdict }) => first === best!.name && verdict === better);
  const all = compared.groups.length - 1;
  const what = `${splitName(compared)} ${title}`;
  if (all > 0 && beats.length === all)
    return `${best!.name} has the ${better === "lower" ? "lowest" : "highest"} ${what}`;
  return `${what} of ${compared.groups.length} ${compared.groups.length === 1 ? "group" : "groups"} on ${compared.data}`;
}
