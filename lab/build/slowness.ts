import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { arms } from "../../src/experiments/slowness/arms.ts";
import { inBrief, roughly, times } from "../../src/experiments/slowness/brief.ts";
import { routeArms, routes } from "../../src/experiments/slowness/decomposition.ts";
import { standardPlan } from "../../src/experiments/slowness/plan.ts";
import type { Results } from "../../src/experiments/slowness/results.ts";
import type { Figure } from "../../src/statistics/figure.ts";
import type { PageArm, PageFindings } from "../src/slowness.ts";

const NAME = "virtual:slowness";
const results = new URL("../../bench/results/slowness.json", import.meta.url);

/** What `npx heaviside experiment slowness` found, as a module of the page. */
export function slowness(): Plugin {
  return {
    name: "slowness",
    resolveId: (name) => (name === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? `export const findings = ${JSON.stringify(findings())};` : undefined),
  };
}

/** To four digits: the pictures don't show more, and the seeds differ in the second. */
const short = (x: number): number => Number(x.toPrecision(4));
const figure = ({ value, low, high }: Figure): Figure => ({ value: short(value), low: short(low), high: short(high) });

/** What the page shows of the committed results. Throws where they aren't those of the standard plan. */
export function findings(): PageFindings {
  const found = JSON.parse(readFileSync(results, "utf8")) as Results;
  if (JSON.stringify(found.plan) !== JSON.stringify(standardPlan))
    throw new Error(`${results.pathname} must be of the standard plan: run npx heaviside experiment slowness again`);
  const { nll, readout, logSteps } = found.shares;
  return {
    plan: {
      hidden: found.plan.parts.small.hidden,
      seeds: found.plan.seeds,
      batch: found.plan.batch,
      steps: found.steps.small,
    },
    at: found.parts.small[0]!.curve.map(({ step }) => step),
    arms: routeArms.map((arm) => armOf(found, arm)),
    gap: figure(nll.gap),
    readGap: figure(readout.gap),
    times: figure({
      value: Math.exp(logSteps.gap.value),
      low: Math.exp(logSteps.gap.low),
      high: Math.exp(logSteps.gap.high),
    }),
    shares: nll.shares.map(({ reason, share }) => ({ reason, share: figure(share) })),
    inWords: { share: roughly(nll.shares[0]!.share.value), times: times(Math.exp(logSteps.gap.value)) },
    brief: inBrief(found).replace(/^In brief: (.)/, (_, first: string) => first.toUpperCase()),
    large: found.parts.large
      .filter(({ arm }) => arm !== "sigmoid")
      .map(({ name, against }) => ({
        name,
        sampled: figure(against.nll),
        read: figure(against.readoutNll),
      })),
  };
}

/** Values and halves of intervals by turns, as whole numbers that are short to send. */
const thousandths = (figures: readonly Figure[]): number[] =>
  figures.flatMap(({ value, high }) => [value, high - value].map((x) => Math.round(1000 * x)));

function armOf({ parts }: Results, arm: (typeof routeArms)[number]): PageArm {
  const { name, rate, nll, readoutNll, curve } = parts.small.find((result) => result.arm === arm)!;
  const route = routes.find((steps) => steps.some(([, passed]) => passed === arm)) ?? [];
  const place = route.findIndex(([, passed]) => passed === arm);
  return {
    ...{ arm, name, what: arms[arm].what, rate },
    reasons: route.slice(0, place + 1).map(([reason]) => reason),
    sampled: figure(nll),
    read: figure(readoutNll),
    sampledCurve: thousandths(curve.map(({ nll }) => nll)),
    readCurve: thousandths(curve.map(({ readout }) => readout)),
  };
}
