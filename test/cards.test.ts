import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { codeLink, fileOf, filesOf } from "../scripts/code-of.ts";
import { page as headsPage, samples, sizes } from "../scripts/heads.ts";
import { page as optimizersPage } from "../scripts/optimizers.ts";
import { page as stagesPage } from "../scripts/stages.ts";
import { cells } from "../src/cells/index.ts";
import { estimators } from "../src/estimators/index.ts";
import { sparsities } from "../src/gating/sparsity/index.ts";
import { constant, leaves, NdArray, type Shape, type Tree } from "../src/graph/index.ts";
import { gaters } from "../src/layers/gaters/index.ts";
import { headCards } from "../src/models/heads/cards.ts";
import { classes } from "../src/models/heads/classes.ts";
import { evidence } from "../src/models/heads/evidence.ts";
import { network } from "../src/models/network.ts";
import type { StageSpec } from "../src/models/stage.ts";
import { stageCards } from "../src/models/stages/cards.ts";
import { stages } from "../src/models/stages/index.ts";
import { clipCards, decayCards, maxNormCard, optimizerCards, scheduleCards } from "../src/optimizers/cards.ts";
import { optimizerFor } from "../src/optimizers/index.ts";
import type { PartCard } from "../src/options/index.ts";
import { read, root } from "./support/repository.ts";

test.each([
  ["docs/reference/optimizers.md", optimizersPage],
  ["docs/reference/heads.md", headsPage],
  ["docs/reference/stages.md", stagesPage],
])("%s is what the cards say", (path, page) => expect(read(path)).toBe(page()));

const cards: Readonly<Record<string, PartCard>> = {
  ...optimizerCards,
  ...scheduleCards,
  ...clipCards,
  ...decayCards,
  ...headCards,
  ...stageCards,
  maxNorm: maxNormCard,
};

test.each(Object.entries(cards))(
  "the card of %s says all there is to say; a source names a year and a place",
  (_, card) => {
    for (const text of [card.title, card.summary, card.formula]) expect(text.trim()).not.toBe("");
    expect(card.summary).toMatch(/^[A-Z].*\.$/s);
    if (card.source !== undefined) expect(card.source).toMatch(/ \d{4}, .*https:\/\//);
  },
);

/** Tables whose members have their card in their file, with the page that links to it. */
const tables: readonly (readonly [page: string, path: string, table: string, titles: Titles])[] = [
  ["estimators", "src/estimators/index.ts", "estimators", mapTitles(estimators)],
  ["cells", "src/cells/index.ts", "cells", mapTitles(cells)],
  ["gaters", "src/layers/gaters/index.ts", "gaters", mapTitles(gaters)],
  ["sparsity", "src/gating/sparsity/index.ts", "sparsities", mapTitles(sparsities)],
  ["heads", "src/models/heads/index.ts", "heads", headCards],
  ["stages", "src/models/stages/index.ts", "stages", stageCards],
];
type Titles = Readonly<Record<string, { readonly title: string }>>;
function mapTitles(table: Readonly<Record<string, { readonly card: { readonly title: string } }>>): Titles {
  return Object.fromEntries(Object.entries(table).map(([name, { card }]) => [name, card]));
}

test.each(tables)(
  "each card of docs/reference/%s.md links to the file that has its code",
  (page, path, table, titles) => {
    const files = filesOf(path, table);
    expect([...files.keys()]).toEqual(Object.keys(titles));
    const text = read(`docs/reference/${page}.md`);
    for (const [name, { title }] of Object.entries(titles)) {
      const [, section] = text.split(new RegExp(`^##+ ${name}$`, "m"));
      expect(section!.split(/^##/m)[0], name).toContain(codeLink(files.get(name)!));
      expect(read(files.get(name)!), name).toContain(`"${title}"`);
    }
  },
);

test("a member whose line names no file of its own is a fault of the table", () => {
  expect(() => filesOf("src/layers/codings.ts", "codings")).toThrow(
    "src/layers/codings.ts: codings.direct names no module",
  );
  expect(() => filesOf("src/cells/index.ts", "cellsOf")).toThrow("src/cells/index.ts has no table cellsOf");
  expect(fileOf("adam")).toBe("src/optimizers/adam.ts");
  expect(() => fileOf("nobody")).toThrow("heaviside/engine exports no nobody");
});

test("bundles hold no cards: only pages read them", async () => {
  const contents = `
    import { optimizerFor } from "./src/optimizers/index.ts";
    import { heads } from "./src/models/heads/index.ts";
    import { stages } from "./src/models/stages/index.ts";
    console.log(optimizerFor, heads, stages);`;
  const bundled = await build({
    ...{ stdin: { contents, resolveDir: root, loader: "ts" }, bundle: true, write: false, charset: "utf8" },
    ...{ platform: "node", format: "esm", logLevel: "error" },
  });
  const { text } = bundled.outputFiles[0]!;
  expect(/\boptimizerFor = /.test(text)).toBe(true);
  const held = Object.entries(cards).filter(([, { summary }]) => text.includes(summary));
  expect(held.map(([name]) => name)).toEqual([]);
});

test.each(Object.entries(optimizerCards))(
  "%s keeps as many numbers for each parameter as its card says",
  (name, { memory }) => {
    const shape = [3, 5];
    const state: Tree<NdArray> = optimizerFor({ name, rate: 0.1 } as never).init({ w: NdArray.zeros(shape) });
    const kept = leaves(state).filter(({ value }) => value.shape.length > 0);
    expect(kept.map(({ value }) => value.shape)).toEqual(Array.from({ length: memory }, () => shape));
  },
);

/** The shape that a card says in letters, such as "[B, T, 6M + 1]". */
function shapeOf(text: string, letters: Readonly<Record<string, number>>): Shape {
  const factor = (of: string): number => letters[of] ?? Number(of);
  const product = (of: string): number => (of.match(/\d+|[A-Z]/g) ?? []).reduce((n, each) => n * factor(each), 1);
  const lengths = text.slice(1, -1).split(",");
  return lengths.map((length) => length.split("+").reduce((sum, term) => sum + product(term), 0));
}

describe("a head", () => {
  test.each(Object.keys(headCards) as (keyof typeof headCards)[])(
    "%s reads and predicts what its card says",
    (kind) => {
      const { reads, predicts } = headCards[kind];
      const [head] = samples[kind];
      expect(head.kind).toBe(kind);
      const [B, ...input] = shapeOf(reads, sizes);
      if (head.input) expect(input).toEqual(head.input);
      const zeros = constant(NdArray.zeros([B!, ...input]));
      const own = Object.fromEntries(Object.entries(head.init?.() ?? {}).map(([name, x]) => [name, constant(x)]));
      const predicted = Object.entries(head.predict(zeros, own)).map(([name, x]): [string, Shape] => [name, x.shape]);
      const promised = Object.entries(predicts).map(([name, text]): [string, Shape] => [name, shapeOf(text, sizes)]);
      expect(Object.fromEntries(predicted)).toEqual(Object.fromEntries(promised));
    },
  );
});

describe("a stage", () => {
  const [B, N, T, I, H] = [2, 15, 5, 3, 7];
  const [R, C, M] = [5, 3, 1];
  const letters = { B, N, T, I, H, R, C, M, P: 2, Q: 1 };
  const estimator = "straight-through" as const;
  const made: { readonly [K in keyof typeof stages]: StageSpec } = {
    dense: stages.dense({ units: H, estimator }),
    conv: stages.conv({ features: H, estimator }),
    pool: stages.pool(),
    "global-pool": stages["global-pool"](),
    normalise: stages.normalise(),
    dropout: stages.dropout(),
    flatten: stages.flatten(),
    residual: stages.residual({ stages: [stages.dense({ units: N, estimator })] }),
    gated: stages.gated({ blocks: 4, output: H, gate: estimator }),
    "gated-conv": stages["gated-conv"]({ features: H, blocks: H, gate: estimator }),
    latent: stages.latent({ units: H, estimator: "disarm" }),
    recurrent: stages.recurrent({ cell: "gru", units: H }),
    "per-step": stages["per-step"]({ units: H }),
    encode: stages.encode({ steps: T, coding: { name: "direct" } }),
    "over-time": stages["over-time"]({ reduce: "mean" }),
  };

  test.each(Object.keys(made) as (keyof typeof made)[])("%s reads and outputs what its card says", (kind) => {
    const { reads, outputs } = stageCards[kind];
    const [, ...input] = shapeOf(reads, letters);
    const head = kind === "latent" ? evidence() : classes(2);
    const last = kind === "latent" ? [] : [stages.dense({})];
    const { stages: rows } = network<string>({ input, stages: [made[kind], ...last], head });
    expect([B, ...rows[0]!.output]).toEqual(shapeOf(outputs, letters));
  });
});
