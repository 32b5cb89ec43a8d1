import type { Metric } from "../models/head.ts";
import type { Compared } from "./comparison.ts";
import type { OverSeeds } from "./group.ts";
import { endsText, letter, meanText, pText, spreadText, titleIn, verdictText } from "./words.ts";

const special: Readonly<Record<string, string>> = {
  ...{ "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" },
  ...{ "×": "$\\times$", σ: "$\\sigma$", "′": "$'$", "–": "--" },
};

/** Text with what LaTeX would read in another way spelled out. */
const escaped = (text: string): string =>
  text.replace(/[\\{}$&#%_~^×σ′–]/g, (character) => special[character] ?? `\\${character}`);

const math = (text: string): string => (text === "–" ? "--" : `$${text.replaceAll("−", "-").replace("<", "{<}")}$`);

const spread = (metric: Metric, of: OverSeeds): string => math(spreadText(metric, of).replace("±", "\\pm"));

function interval(metric: Metric, of: OverSeeds): string {
  const ends = endsText(metric, of);
  return ends ? math(`[${ends.join(", ")}]`) : "--";
}

const row = (cells: readonly string[]): string => `  ${cells.join(" & ")} \\\\`;

const tabular = (columns: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `\\begin{tabular}{${columns}}`,
  "  \\toprule",
  row(head),
  "  \\midrule",
  ...rows.map(row),
  "  \\bottomrule",
  "\\end{tabular}",
];

/** Two tables: the groups with all metrics, and the pairs with their tests. */
export function comparisonLatex(compared: Compared): string {
  const { metric, metrics, groups, pairs } = compared;
  const names = new Map(groups.map(({ name }, i) => [name, letter(i)]));
  const titles = metrics.map((each) => escaped(titleIn(compared, each)));
  const table = tabular(
    `llr${"r".repeat(metrics.length)}`,
    ["", "group", "seeds", ...titles],
    groups.map(({ name, seeds, figures }, i) => [
      ...[letter(i), escaped(name), String(seeds.length)],
      ...metrics.map((each) => spread(each, figures[each.name]!)),
    ]),
  );
  const tests = tabular(
    "lrrrrrl",
    ["pair", "seeds", "mean difference", "95\\,\\% interval", "$p$", "$p$ (Holm)", ""],
    pairs.map((pair) => {
      const [first, second] = [names.get(pair.first)!, names.get(pair.second)!];
      const { difference } = pair;
      return [
        ...[`${first} $-$ ${second}`, String(pair.seeds.length)],
        difference ? math(meanText(metric, difference)) : "--",
        difference ? interval(metric, difference) : "--",
        ...[math(pText(pair.p)), math(pText(pair.corrected)), escaped(verdictText(pair, first))],
      ];
    }),
  );
  const heading = `% ${compared.data}, mean and standard deviation over seeds; needs \\usepackage{booktabs}`;
  const paired = [`% ${titleIn(compared, metric)}: paired t-tests over common seeds, Holm's correction`, ...tests];
  return `${[heading, ...table, ...(pairs.length > 0 ? ["", ...paired] : [])].join("\n")}\n`;
}
