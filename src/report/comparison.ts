import type { Compared } from "../compare/index.ts";
import { splitName, titleIn } from "../compare/words.ts";
import { intervalChart } from "../plots/index.ts";

/** What `compare` found as one self-contained <svg>: means with their 95 % intervals, the baseline or the best on top; a dot alone where there is no interval. */
export function comparisonSvg(compared: Compared): Promise<string> {
  const { groups, metric } = compared;
  const items = groups.map(({ name, differs, seeds, figures }) => {
    const { mean: value, interval } = figures[metric.name]!;
    const [low, high] = interval ?? [value, value];
    // A line ends between options, and not between an option and its value.
    const words = Object.entries(differs).map(([option, text]) => `${option}\u00a0${text}`);
    const count = `${seeds.length}\u00a0${seeds.length === 1 ? "seed" : "seeds"}`;
    const base = name === compared.against ? ["baseline"] : [];
    return { name: [...(words.length > 0 ? words : [name]), ...base, count].join(", "), value, low, high };
  });
  return intervalChart(items, {
    title: titleFor(compared),
    x: `${titleIn(compared, metric)}, 95% interval`,
    scale: "linear",
  });
}

/** What the picture shows, in words. */
function titleFor(compared: Compared): string {
  const { better, title = compared.metric.name, name } = compared.metric;
  const ranked = compared.groups.toSorted((a, b) => a.figures[name]!.mean - b.figures[name]!.mean);
  const best = better === "lower" ? ranked[0] : ranked.at(-1);
  const beats = compared.pairs.filter(({ first, verdict }) => first === best!.name && verdict === better);
  const all = compared.groups.length - 1;
  const what = `${splitName(compared)} ${title}`;
  if (all > 0 && beats.length === all)
    return `${best!.name} has the ${better === "lower" ? "lowest" : "highest"} ${what}`;
  return `${what} of ${compared.groups.length} ${compared.groups.length === 1 ? "group" : "groups"} on ${compared.data}`;
}
