/**
 * Small networks for every member of the library's tables: each stage, cell, head, gater, coding and way to scale inputs, and each choice that its options
 * have. What is new in a table is here by itself; where it needs sizes of its own, the compiler asks for a line.
 */
import { UserError } from "../../src/errors.ts";
import { type EstimatorName, estimatorRow } from "../../src/estimators/index.ts";
import { NdArray } from "../../src/graph/index.ts";
import { fitPreprocess, preprocessNames } from "../../src/layers/preprocess/index.ts";
import { modelFrom } from "../../src/models/from-config.ts";
import type { heads } from "../../src/models/heads/index.ts";
import type { Model } from "../../src/models/model.ts";
import { stages } from "../../src/models/stage-options.ts";
import type { Option, Options } from "../../src/options/index.ts";
import { wave } from "../../src/predict/testing.ts";

export interface Named {
  readonly name: string;
  readonly model: Model;
}

type Spec = Readonly<Record<string, unknown>>;
type Kind = keyof typeof stages.members;

/** Units of a layer: whole one-hot variables. */
const UNITS = 8;
const CLASSES = 4;
const STEPS = 4;
const [SIDE, CHANNELS] = [5, 4];
const image = [SIDE, SIDE, CHANNELS];
const sequence = [STEPS, 3];

/** What an estimator needs beside its name. */
const estimatorSpec = (name: string): Spec =>
  "classes" in estimatorRow(name as EstimatorName).options ? { name, classes: CLASSES } : { name };

/** What members of other families need beside their names. */
const needed: { readonly [noun: string]: { readonly [name: string]: Spec } } = {
  gater: { dense: { hidden: [3] }, "low-rank": { rank: 2 } },
  "sparsity control": {
    ...{ kl: { target: 0.4, weight: 0.1 }, quadratic: { target: 0.4, weight: 0.1 }, "adaptive-l1": { target: 0.4 } },
    ...{ "beta-noise": { target: 0.4 }, balance: { target: 0.4 }, rescue: { target: 0.4 } },
  },
};

/** The values to try of an option: all that are names or yes and no. Numbers have the library's own tests. */
function valuesOf(option: Option): readonly unknown[] {
  if (option.kind === "boolean") return [true, false];
  if (option.kind === "choice") return option.choices;
  if (option.kind === "list") return option.of.kind === "spec" ? valuesOf(option.of) : [];
  if (option.kind !== "spec") return [];
  const { noun, members } = option.family;
  if (noun === "stage") return [];
  return Object.keys(members).map((name) =>
    noun === "estimator" ? estimatorSpec(name) : { name, ...needed[noun]?.[name] },
  );
}

const namesEstimator = (option: Option): boolean => option.kind === "spec" && option.family.noun === "estimator";

/**
 * A spec, and once more for each value of each of its options. Every estimator stands in the first option that names one; in the others, as of each gate of
 * a cell, one in eight, and so it is everywhere without `every`.
 */
function variants(options: Options, base: Spec, every = true): Spec[] {
  const first = every ? Object.values(options).find(namesEstimator) : undefined;
  const others = Object.entries(options).flatMap(([key, option]) =>
    valuesOf(option)
      .filter((_, i) => option === first || !namesEstimator(option) || i % 8 === 0)
      .map((value) => ({ ...base, [key]: value })),
  );
  return [base, ...others];
}

/** A spec's own words for a test's name. */
const said = (spec: Spec): string => JSON.stringify(spec).replaceAll('"', "");

const inner = { stages: [{ kind: "dense", units: UNITS, estimator: "tanh" }] };

/** What each stage reads, what it needs, and what follows it up to the class scores. */
const placed: { readonly [K in Kind]: { input: readonly number[]; spec: Spec; after?: readonly Spec[] } } = {
  dense: { input: [6], spec: { units: UNITS } },
  conv: { input: image, spec: { features: UNITS } },
  pool: { input: image, spec: {} },
  "global-pool": { input: image, spec: {} },
  normalise: { input: image, spec: {} },
  dropout: { input: image, spec: {} },
  flatten: { input: image, spec: {} },
  gated: { input: [6], spec: { blocks: UNITS, width: 2, output: UNITS, gate: "straight-through" } },
  "gated-conv": { input: image, spec: { features: UNITS, blocks: UNITS, gate: "straight-through" } },
  residual: { input: [UNITS], spec: { ...inner, gate: "straight-through" } },
  recurrent: { input: sequence, spec: { cell: "lif", units: 3 } },
  "per-step": { input: sequence, spec: { units: 3 } },
  encode: {
    input: [6],
    spec: { steps: STEPS, coding: "direct" },
    after: [{ kind: "recurrent", cell: "lif", units: 3 }],
  },
  "over-time": { input: sequence, spec: { reduce: "mean" } },
};

/** Built as a checkpoint's network is. A spec that the library itself refuses is no network. */
function built(name: string, config: Spec, refused: string[]): Named[] {
  try {
    return [{ name, model: modelFrom(config) }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    refused.push(`${name}: ${error.message}`);
    return [];
  }
}

const network = (input: readonly number[], own: readonly Spec[], head: Spec): Spec => ({ input, stages: own, head });
const toClasses = { kind: "classes", classes: 3 };

function ofStages(refused: string[]): Named[] {
  return (Object.keys(placed) as Kind[]).flatMap((kind) => {
    const { input, spec, after = [] } = placed[kind];
    return variants(stages.members[kind].options, spec).flatMap((one) =>
      built(
        said({ kind, ...one }),
        network(input, [{ kind, ...one }, ...after, { kind: "dense" }], toClasses),
        refused,
      ),
    );
  });
}

/** Around stages without a gate. */
const ofResidual = (refused: string[]): Named[] =>
  built("residual", network([UNITS], [{ kind: "residual", ...inner }, { kind: "dense" }], toClasses), refused);

function ofCells(refused: string[]): Named[] {
  const { members } = stages.members.recurrent.options.cell.family;
  return Object.entries(members).flatMap(([name, { options }]) =>
    variants(options, { name }, name === "lstm").flatMap((cell) => {
      const stage = { kind: "recurrent", cell, units: UNITS };
      return built(said({ cell }), network(sequence, [stage, { kind: "dense" }], toClasses), refused);
    }),
  );
}

/** A head of each kind, with the stage that it reads. The autoencoder's, `evidence`, has none: it scores samples alone. */
const headed: { readonly [K in Exclude<keyof typeof heads, "evidence">]: readonly [Spec, readonly number[]] } = {
  classes: [{ classes: 3 }, [6]],
  values: [{ shape: [2] }, [6]],
  gaussian: [{ shape: [2] }, [6]],
  bits: [{ shape: [2] }, [6]],
  "step-classes": [{ steps: STEPS, classes: 3 }, sequence],
  mixture: [{ steps: STEPS, components: 3 }, sequence],
};

const ofHeads = (refused: string[]): Named[] =>
  Object.entries(headed).flatMap(([kind, [spec, input]]) => {
    const last = input === sequence ? { kind: "per-step" } : { kind: "dense" };
    return built(kind, network(input, [last], { kind, ...spec }), refused);
  });

const ofPreprocess = (refused: string[]): Named[] =>
  preprocessNames.flatMap((name) => {
    const fitted = fitPreprocess(name, new NdArray(wave(7 * SIDE ** 2 * CHANNELS), [7, ...image]));
    const config = network(image, [{ kind: "conv", features: 3 }, { kind: "dense" }], toClasses);
    return built(name, { ...config, preprocess: fitted }, refused);
  });

/** All of them by where they are from, and what the library refused to build, with its reason. */
export function everyNetwork(): { networks: Readonly<Record<string, Named[]>>; refused: readonly string[] } {
  const refused: string[] = [];
  const networks = {
    stages: [...ofStages(refused), ...ofResidual(refused)],
    cells: ofCells(refused),
    heads: ofHeads(refused),
    "scaled inputs": ofPreprocess(refused),
  };
  return { networks, refused };
}
