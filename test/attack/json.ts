import { resolveConfig } from "../../src/config/index.ts";
import { planOf } from "../../src/experiments/own/file.ts";
import { type SweepPlan, sweepOf, trainingOf, trialOf, trialsIn } from "../../src/experiments/sweep/plan.ts";
import { parseJson } from "../../src/formats/json.ts";
import { sealed, unsealed } from "../../src/runs/sealed.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { mutateJson } from "./mutate.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";
import { examples } from "./targets/configs.ts";

const damaged = (text: string, draws: Draws): string =>
  Buffer.from(draws.of(Object.values(damages))(Buffer.from(text), draws)).toString("utf8");

const words = [
  "",
  "a",
  "b",
  "__proto__",
  "constructor",
  "toString",
  "ü",
  "\u0000",
  "\\",
  '"',
  "x".repeat(90),
  "\ud800",
];

/** A value of JSON. */
function drawn(draws: Draws, depth = 0): unknown {
  const kind = draws.below(depth > 4 ? 4 : 7);
  if (kind < 2) return draws.of([null, true, false, 0, -0, 1e300, -1.5, 5e-324, 2 ** 53, draws.share()]);
  if (kind < 4) return draws.of(words);
  const items = Array.from({ length: draws.below(4) }, () => drawn(draws, depth + 1));
  if (kind < 6) return items;
  return Object.fromEntries(items.map((item) => [draws.of(words), item]));
}

/** Levels of lists and objects within each other, and whether an object has a name twice, by counting brackets and names outside of strings. */
function formOf(text: string): { depth: number; twice: boolean } {
  let [depth, deepest, twice] = [0, 0, false];
  const names: Set<string>[] = [];
  for (const [token, string, after] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]/g)) {
    if (token === "[" || token === "{") {
      deepest = Math.max(deepest, ++depth);
      names.push(new Set());
    } else if (token === "]" || token === "}") {
      depth--;
      names.pop();
    } else if (after !== undefined) {
      const name = JSON.parse(string!) as string;
      twice ||= names.at(-1)!.has(name);
      names.at(-1)!.add(name);
    }
  }
  return { depth: deepest, twice };
}

/** A text of JSON, good or damaged: read as the engine reads it, or refused where that refuses it, or for two rules of ours. */
async function textCase(draws: Draws): Promise<string> {
  if (draws.oneIn(4)) return sealCase(draws);
  const nested = draws.oneIn(30) ? 1 << draws.below(14) : 0;
  const value = drawn(draws);
  let text = "[".repeat(nested) + JSON.stringify(value, undefined, draws.below(3)) + "]".repeat(nested);
  if (draws.oneIn(2)) text = damaged(text, draws);
  const found = await attempt(text.length, "f", () => [parseJson(text, "f")]);
  let expected: readonly [unknown] | undefined;
  try {
    expected = [JSON.parse(text)];
  } catch {}
  if (expected) {
    const { depth, twice } = formOf(text);
    if (depth > 100 || twice) expected = undefined;
  }
  if ((found === REFUSED) !== (expected === undefined))
    throw new Error(`${found === REFUSED ? "refused" : "read"} ${JSON.stringify(text.slice(0, 400))}`);
  if (found === REFUSED) return REFUSED;
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`read ${JSON.stringify(found)} from ${text}`);
  return "read";
}

/** An object with a checksum: read as it was written, or refused. */
async function sealCase(draws: Draws): Promise<string> {
  const value = { id: draws.of(words), value: drawn(draws), bad: draws.of([Number.NaN, -Infinity, 1]) };
  const good = sealed(value, draws.below(3));
  const isWhole = draws.oneIn(3);
  const text = isWhole ? good : damaged(good, draws);
  const found = await attempt(text.length, "f(:\\d+)*", () => unsealed(text, { name: "f", fix: "delete it" }));
  if (found === REFUSED) {
    if (isWhole) throw new Error(`refused ${good}`);
    return REFUSED;
  }
  if (sealed(found) !== sealed(value)) throw new Error(`read ${sealed(found)}, there is ${sealed(value)}`);
  return "read";
}

/** A config with something wrong: refused, or resolved to one that is resolved to itself. */
async function configCase(draws: Draws): Promise<string> {
  const example = draws.of(examples);
  const text = JSON.stringify(draws.oneIn(20) ? example : mutateJson(example, draws)) ?? "";
  const resolved = await attempt(100 * text.length, "f(:\\d+)*", () => resolveConfig(parseJson(text, "f"), "f"));
  if (resolved === REFUSED) return REFUSED;
  const [once, twice] = [resolved, resolveConfig(JSON.parse(JSON.stringify(resolved)), "f")].map((of) => JSON.stringify(of)); // biome-ignore format: one line
  if (once !== twice) throw new Error(`${text} is ${once}, and that is ${twice}`);
  return "resolved";
}

const plans = [
  { question: "which?", base: { epochs: 1 }, varies: { estimator: ["disarm", "st"], rate: [0.1, 0.01] }, seeds: 3 },
  { question: "which?", varies: [{ model: "mlp" }, { model: "gated-mlp", blocks: 6 }], seeds: [1, 2], metric: "nll" },
  { question: "?", base: { data: "mnist" }, varies: { units: [5, 6, 7] }, against: "units 5" },
];

/** An experiment's file with something wrong: refused, or as many trainings as it asks for, each with a config that holds. */
async function planCase(draws: Draws): Promise<string> {
  const given = draws.oneIn(20) ? draws.of(plans) : mutateJson(draws.of(plans), draws);
  const text = JSON.stringify(given) ?? "";
  const plan = await attempt(1000 * text.length, "f.json[^:]*(:\\d+)*", () =>
    planOf(parseJson(text, "f.json"), "f.json"),
  );
  if (plan === REFUSED) return REFUSED;
  for (const { config } of plan.networks) resolveConfig(JSON.parse(JSON.stringify(config)), "f");
  const { varies } = given as { varies: Record<string, unknown[]> | unknown[] };
  const count = Array.isArray(varies) ? varies.length : Object.values(varies).reduce((product, list) => product * list.length, 1); // biome-ignore format: one line
  if (plan.networks.length !== count) throw new Error(`${plan.networks.length} networks of ${text}`);
  return "planned";
}

const sweeps = [
  { base: { epochs: 9 }, space: { rate: { from: 0.01, to: 1, log: true }, hidden: [20, 40] }, points: 12, seed: 3 },
  { question: "which?", space: { hidden: { from: 5, to: 50, whole: true } }, search: "random", points: 4, seeds: 2 },
  {
    base: { epochs: 27 },
    space: { rate: { from: 0.01, to: 1 } },
    points: 9,
    halving: { eta: 3, least: 1 },
    metric: "nll",
  },
  { space: { estimator: ["disarm", "straight-through-slope"], rate: [0.1, 0.01] }, seeds: [1, 5] },
];

/** A sweep's file with something wrong: refused, or one whose first and last trials are the same from its plan as JSON, with configs that hold. */
async function sweepCase(draws: Draws): Promise<string> {
  const given = draws.oneIn(20) ? draws.of(sweeps) : mutateJson(draws.of(sweeps), draws);
  const text = JSON.stringify(given) ?? "";
  const plan = await attempt(1000 * text.length, "f.json[^:]*(:\\d+)*", () =>
    sweepOf(parseJson(text, "f.json"), "f.json"),
  );
  if (plan === REFUSED) return REFUSED;
  const stored: SweepPlan = JSON.parse(JSON.stringify(plan));
  for (const number of [0, trialsIn(plan) - 1]) {
    const trial = trialOf(plan, number);
    if (JSON.stringify(trial) !== JSON.stringify(trialOf(stored, number))) throw new Error(`${text}: trial ${number}`);
    const { work } = plan;
    if (work.kind === "train") await attempt(1000 * text.length, "f", () => trainingOf(work.base, trial.point, "f"));
  }
  return "planned";
}

const suite = (name: string, about: string, cases: number, one: (draws: Draws) => Promise<string>): Suite => ({
  ...{ name, about, cases, full: 100_000 },
  run: (options: RunOptions) => eachCase(options, (seed) => one(new Draws(seed))),
});

/** Files of JSON, read in this process. */
export const json: readonly Suite[] = [
  suite("json", "damaged JSON, plain and with a checksum, beside the engine's parser", 2000, textCase),
  suite("config-files", "config files with something wrong, resolved", 1000, configCase),
  suite("sweep-files", "files of sweeps with something wrong, planned", 500, sweepCase),
  suite("experiment-files", "files of experiments with something wrong, planned", 600, planCase),
];
