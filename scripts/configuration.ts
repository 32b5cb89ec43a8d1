// docs/reference/configuration.md is made of the option tables. node --conditions=@heaviside/source --import tsx scripts/configuration.ts [--write] prints
// or writes it; a test holds it to the tables.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sections } from "../src/config/index.ts";
import { augmentationFamily } from "../src/data/augment/index.ts";
import { datasetFamily } from "../src/data/options.ts";
import { markdownTable } from "../src/describe/table.ts";
import { estimatorFamily } from "../src/estimators/index.ts";
import { sparsityFamily } from "../src/gating/sparsity/index.ts";
import { gaterFamily } from "../src/layers/gaters/index.ts";
import { heads, modelFamily } from "../src/models/options.ts";
import { stages } from "../src/models/stage-options.ts";
import { optimizers, schedules, weightDecays } from "../src/optimizers/config.ts";
import type { AnyFamily, Option, Options } from "../src/options/index.ts";
import { weightNoises } from "../src/train/weight-noise/config.ts";
import { weightPriors } from "../src/train/weight-noise/posterior.ts";
import { code, row } from "./option-rows.ts";

/** The rows of an object's options, and of objects within. */
const rows = (options: Options, at: string): string[][] =>
  Object.entries(options).flatMap(([name, option]) => {
    const path = `${at}.${name}`;
    if (option.kind === "group") return [row(path, option), ...rows(option.options, path)];
    if (option.kind === "list" && option.of.kind === "group")
      return [row(path, option), ...rows(option.of.options, `${path}[]`)];
    return [row(path, option)];
  });

const HEAD = ["option", "flag", "must be", "default", "meaning"];
const table = (body: readonly string[][]): string => markdownTable([HEAD, ...body], []);

/** What a family's members have each, without flags: those belong to where a config names the family. */
function members(family: AnyFamily): string {
  const common = Object.entries(family.common).map(([name, option]) => ["every one", ...row(name, option, false)]);
  const own = Object.entries(family.members).flatMap(([member, { options }]) =>
    Object.keys(options).length === 0
      ? [[code(member), "", "", "", "", "no options of its own"]]
      : Object.entries<Option>(options).map(([name, option]) => [code(member), ...row(name, option, false)]),
  );
  const body = [...common, ...own].map(([member, option, , ...rest]) => [member!, option!, ...rest]);
  return markdownTable([[family.tag, "option", "must be", "default", "meaning"], ...body], []);
}

/** What each data set can be told, with the flags that an option has beside `--data name:option=value`. */
const dataTable = (): string => {
  const body = Object.entries(datasetFamily.members).flatMap(([member, { options }]) =>
    Object.entries<Option>(options).map(([name, option]) => [code(member), ...row(name, option)]),
  );
  return markdownTable([["data set", ...HEAD], ...body], []);
};

const families: readonly (readonly [title: string, family: AnyFamily, about: string])[] = [
  ["Optimizers", optimizers, "`training.optimizer`, on the command line `--optimizer adam:beta1=0.5 --rate 0.001`."],
  ["Schedules", schedules, "`training.schedule`, on the command line `--schedule step-decay:every=5,factor=0.5`."],
  ["Weight decay", weightDecays, "`training.weightDecay`, on the command line `--weight-decay decoupled:rate=0.01`."],
  [
    "Augmentation",
    augmentationFamily,
    '`training.augment`, a list, on the command line `--augment "shift:2 flip"`: the first option of each needs no name. [Train on your own images](../how-to/images.md) shows them.',
  ],
  [
    "Weight noise",
    weightNoises,
    "`training.weightNoise`, on the command line `--weight-noise fixed:deviation=0.05`; [its page](../explanation/weight-noise.md) has the formulas.",
  ],
  [
    "Priors of weights",
    weightPriors,
    '`prior` of learned weight noise: `--weight-noise "learned:prior=fixed(deviation=0.1)"`.',
  ],
  [
    "Stages",
    stages,
    [
      '`model.stages` of a `network`, on the command line `--stages "dense:units=64,estimator=st gated:blocks=8,gate=st"`.',
      "A last `dense` without an estimator, or a last `per-step`, is the layer that the head reads. After a last `dense` with one, `recurrent` or `over-time` that layer is added.",
    ].join(" "),
  ],
  ["Heads", heads, "`model.head` of a `network`."],
  ["Gaters", gaterFamily, "`gater` of gated blocks; [their page](gaters.md) says how each computes its gates."],
  ["Controls of sparsity", sparsityFamily, "`sparsity` of gated blocks; [their page](sparsity.md) has the formulas."],
];

function aliases(): string {
  const named: readonly AnyFamily[] = [
    estimatorFamily,
    datasetFamily,
    modelFamily,
    ...families.map(([, family]) => family),
  ];
  const body = named.flatMap(({ noun, aliases }) =>
    Object.entries(aliases).map(([alias, name]) => [code(alias), code(name), noun]),
  );
  return markdownTable([["alias", "stands for", "of"], ...body], []);
}

const example = {
  data: { name: "mnist", limit: 10_000 },
  model: { name: "mlp", hidden: [{ units: 400, estimator: "disarm" }] },
  training: { epochs: 5, optimizer: { name: "adam", rate: 0.001 } },
  machine: { backend: "auto" },
};

/** docs/reference/configuration.md */
export function page(): string {
  return `${[
    "# Configuration",
    "A config holds all options of a run, in four groups. Every group and most options have defaults. Unknown options are rejected.",
    "`npx heaviside train --config FILE` reads a config. `--print-config` prints the one that flags stand for. A run folder keeps its own as `config.json`.",
    `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    "A flag overrides what a file says. In a flag's text a member of a family is `name:option=value,option=value`. Within it, an option that names a member itself takes parentheses, and a list takes `+`: `gater=dense(hidden=20+30)`.",
    "## data",
    table([row("data.name", { ...sections.data, default: undefined, usual: "mnist" } as Option)]),
    '`data` names a data set, with options of its own: `{ "name": "adding", "length": 200 }`, on the command line `--data adding:length=200`.',
    dataTable(),
    "`--data ./photos` is short for `--data images --data-dir ./photos`, for any path with a slash; options follow a colon, as in `./photos:size=32x32`.",
    "`--data my.csv` is short for `--data table --file my.csv`. A table has defaults of its own, on the command line and in files that it reads: `--hidden 64 --epochs 100 --batch 20 --optimizer adam --rate 0.01`.",
    "## model",
    table([row("model.name", { ...sections.model, default: undefined, usual: "mlp" } as Option)]),
    ...Object.entries(modelFamily.members).flatMap(([name, { options }]) => [
      `### ${name}`,
      table(rows(options, "model")),
    ]),
    'An estimator is its name, or `{ "name": …, …options }`; [their page](estimators.md) has all of them with their options.',
    "## training",
    table(rows(sections.training.options, "training")),
    "A stopped run may be resumed with other values of these: " +
      Object.entries<Option>(sections.training.options)
        .flatMap(([name, { mayChange }]) => (mayChange ? [code(name)] : []))
        .join(", ") +
      ". With a cosine schedule its length must stay: the schedule depends on it.",
    "## machine",
    table(rows(sections.machine.options, "machine")),
    ...families.flatMap(([title, family, about]) => [`## ${title}`, about, members(family)]),
    "## Aliases",
    "A config and a flag may use these names of papers and other libraries. What is printed and kept has the name on the right.",
    aliases(),
    "Generated from the option tables in `src/`: `node --conditions=@heaviside/source --import tsx scripts/configuration.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/reference/configuration.md", import.meta.url), page());
  else console.log(page());
}
