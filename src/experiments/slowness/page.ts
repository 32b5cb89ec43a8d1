import { colourOf, escapeXml, lineChart, scatter, waterfall } from "../../plots/index.ts";
import { figure, htmlTable, lowestInWords, page } from "../../report/index.ts";
import { studentQuantile } from "../../statistics/student.ts";
import { answer, claimInWords, described, formInWords, interval, percent } from "./answer.ts";
import { type ArmName, arms } from "./arms.ts";
import { inBrief } from "./brief.ts";
import { type Decomposition, reasons, routes } from "./decomposition.ts";
import type { PartName } from "./plan.ts";
import type { ArmResult, FormResult, Results } from "./results.ts";

/** The answer, what it rests on, and pictures, as one page. */
export async function slownessPage(results: Results, made: readonly (readonly [string, string])[]): Promise<string> {
  const { parts, plan, shares } = results;
  const [brief, full] = [inBrief(results), answer(results)];
  const layers = (name: PartName): string => `784-${plan.parts[name].hidden.join("-")}-10`;
  const paragraphs = (texts: readonly string[]): string => texts.map((text) => `<p>${escapeXml(text)}</p>`).join("\n");
  return page({
    title: "Why do binary stochastic units train slowly?",
    question: brief,
    caveats: [
      "The question names three reasons: noise in the gradient; the information that is lost where p becomes 0 or 1; and a derivative that is pretended. Each arm below differs from another in one of them. All start from the same weights and see the same batches, seed by seed; each chose its learning rate among the same few, with a seed that no result is from.",
      "A share says how the loss after a fixed number of steps changes when one reason is taken away, on this network and these data. It depends on the order in which they are taken away; all orders are shown.",
    ],
    sections: [
      ...(brief === full ? [] : [{ title: "The answer with its figures", html: paragraphs([full]) }]),
      {
        title: `Taken apart: ${layers("small")}, where every pattern of the units can be summed over`,
        html: [
          await fall("Training loss as the units output: coins and all (nats)", shares.nll),
          await fall("Training loss with p in the place of the coins (nats)", shares.readout),
          sharesTable(results),
          `<p class="quiet">${escapeXml(`Sigmoid + noise: the deterministic gradient plus (g₁ − g₂)/√2, g₁ and g₂ two independent straight-through × σ′ gradients at the same weights on the same batch; that has the mean 0 and exactly the covariance of the binary network's gradient. Exact: the gradient of the expected loss, by enumeration. K = ∞: straight-through × σ′ averaged over all patterns. Shares by Fieller's interval; the last columns take logs of the steps to the best level that all arms reach.`)}</p>`,
          await curves(parts.small, "nll", "training NLL as the units output (nats)"),
          armTable(parts.small),
        ].join("\n"),
      },
      {
        title: `A larger network: ${layers("large")}`,
        html: [
          await curves(parts.large, "nll", "training NLL as the units output (nats)"),
          await curves(parts.large, "readout", "training NLL with p in place of decisions (nats)"),
          armTable(parts.large),
        ].join("\n"),
      },
      {
        title: "The form of the noise",
        html: `${paragraphs(formInWords(results))}\n${await formPictures(results.forms)}`,
      },
      {
        title: "Does it regularise?",
        html: [
          paragraphs([claimInWords(results)]),
          await curves(parts.regulariser, "readout", "training NLL with p in place of decisions (nats)"),
          armTable(parts.regulariser),
        ].join("\n"),
      },
    ],
    made,
  });
}

const fall = async (title: string, { from, to, shares }: Decomposition): Promise<string> =>
  figure(
    await waterfall(
      shares.map(({ reason, step }, i) => ({ name: `+ ${reason}`, ...step, colour: colourOf(i + 1) })),
      {
        title: largestStep(shares),
        x: title,
        from: { name: "sigmoid", value: from.value },
        to: { name: "binary, K = 1", value: to.value },
      },
    ),
    `${title}. Each reason's step is the mean over the orders in which the three can be taken; lines are 95% intervals over the seeds.`,
  );

/** Which reason adds most on the way from the sigmoid to binary units. */
function largestStep(shares: Decomposition["shares"]): string {
  const [first] = [...shares].sort((a, b) => b.step.value - a.step.value);
  return `The largest step from sigmoid to binary units is ${first!.reason}: ${first!.step.value < 0 ? "−" : "+"}${Math.abs(first!.step.value).toFixed(3)} nats`;
}

/** Shares by each route and on average, for each measure of slowness. */
function sharesTable({ shares }: Results): string {
  const measures = [shares.nll, shares.readout, shares.logSteps];
  const rows = routes.flatMap((route, r) =>
    reasons.map((reason) => [
      `${described[reason]}, ${["first", "second", "third"][route.findIndex(([name]) => name === reason)]} of ${route.map(([name]) => name).join(", ")}`,
      ...measures.map(({ routes: all }) => percent(all[r]!.find((share) => share.reason === reason)!.share)),
    ]),
  );
  const means = reasons.map((reason, i) => [
    `${described[reason]}, mean over the orders`,
    ...measures.map(({ shares: all }) => percent(all[i]!.share)),
  ]);
  return htmlTable([
    ["share of the gap, with 95% interval", "loss with coins", "loss with p", "log steps"],
    ["the gap itself", ...measures.map(({ gap }) => interval(gap))],
    ...means,
    ...rows,
  ]);
}

const armTable = (results: readonly ArmResult[]): string =>
  htmlTable([
    [
      "arm",
      "rate",
      "training NLL",
      "… − sigmoid",
      "NLL with p",
      "… − sigmoid",
      "steps × sigmoid's",
      "test error %",
      "with p %",
      "… − sigmoid",
    ],
    ...results.map((r) => [
      r.name,
      `${r.rate}${r.edge ? " (end of grid)" : ""}`,
      r.nll.value.toFixed(3),
      r.arm === "sigmoid" ? "" : interval(r.against.nll),
      r.readoutNll.value.toFixed(3),
      r.arm === "sigmoid" ? "" : interval(r.against.readoutNll),
      r.arm === "sigmoid" ? "" : interval(r.times, 2),
      r.testError.value.toFixed(2),
      r.readoutTestError.value.toFixed(2),
      r.arm === "sigmoid" ? "" : interval(r.against.readoutTestError, 2),
    ]),
  ]) +
  `<p class="quiet">${results.map(({ name, arm }) => escapeXml(`${name}: ${arms[arm].what}.`)).join(" ")} With p: p in the place of every decision; the steps are to the best such training NLL that all arms here reach. Means over the seeds; differences are seed by seed, with 95% t intervals. Test error: of class probabilities averaged over the units' noise.</p>`;

/** Arms whose curves are drawn: those between them would hide them. */
const DRAWN: readonly ArmName[] = ["sigmoid", "sigmoidNoise", "exact", "expected", "unbiased", "k1", "threshold"];
/** Before this step all curves are one. */
const FIRST = 5;

const curves = async (results: readonly ArmResult[], which: "nll" | "readout", y: string): Promise<string> =>
  figure(
    await lineChart(
      results
        .filter(({ arm }) => DRAWN.includes(arm))
        .map(({ name, curve }) => ({
          name,
          points: curve
            .filter(({ step }) => step >= FIRST)
            .map((point) => {
              const { value, low, high } = point[which];
              return { x: point.step, y: value, low, high };
            }),
        })),
      {
        title: lowestInWords(
          `loss after the last step${which === "readout" ? ", with p" : ""} (nats)`,
          results
            .filter(({ arm, curve }) => DRAWN.includes(arm) && curve.length > 0)
            .map(({ name, curve }) => ({ name, value: curve.at(-1)![which].value })),
        ),
        x: "training step",
        y,
        log: true,
        logX: true,
      },
    ),
    `${y}, mean over the seeds with its 95% interval; both axes logarithmic.`,
  );

async function formPictures(forms: readonly FormResult[]): Promise<string> {
  const one = forms[0]!;
  const pairs = one.at.at(-1)!.shown.spread;
  const slope = one.at.at(-1)!.slope.value;
  const centre = (of: (pair: readonly [number, number]) => number) =>
    pairs.reduce((t, pair) => t + Math.log(of(pair)), 0) / pairs.length;
  const [cx, cy] = [centre(([pq]) => pq), centre(([, variance]) => variance)];
  const xs = pairs.map(([pq]) => pq);
  const at = (x: number): [number, number] => [x, Math.exp(cy + slope * (Math.log(x) - cx))];
  const spreads = await scatter(
    one.at.map(({ step, shown }) => ({ name: `step ${step}`, points: shown.spread })),
    {
      title: `The variance of a unit's gradient grows as p(1 − p) to the power ${slope.toFixed(2)}`,
      x: "p(1 − p)",
      y: "variance of ĝ",
      log: true,
      line: { from: at(Math.min(...xs)), to: at(Math.max(...xs)) },
    },
  );
  const { single, batch } = one.at.at(-1)!.shown;
  const quantiles = await scatter(
    [
      { name: "one example", points: normalPairs(single) },
      { name: "mean over the batch", points: normalPairs(batch) },
    ],
    {
      title: "How close the gradient's noise is to a normal distribution: on the line, it is one",
      x: "normal quantile",
      y: "quantile of the noise, standardised",
      line: { from: [-3, -3], to: [3, 3] },
    },
  );
  const deep = forms.filter(({ hidden }) => hidden.length > 1);
  const depth = await Promise.all(
    deep.map(async ({ hidden, at }) =>
      figure(
        await lineChart(
          at.map(({ step, layers }) => ({
            name: `step ${step}`,
            points: layers.map(({ perExample: { value, low, high } }, l) => ({ x: l + 1, y: value, low, high })),
          })),
          {
            title: `Noise to signal of the gradient by depth, ${hidden.join("-")} units`,
            x: "hidden layer, 1 is next to the input",
            y: "noise variance / signal², one example",
            log: true,
          },
        ),
        `Noise to signal of one example's gradient in each hidden layer of a ${hidden.join("-")} network, with 95% intervals over the seeds.`,
      ),
    ),
  );
  return [
    figure(
      spreads,
      `Variance of ĝ over repeats for pairs of an example and a unit, ${one.hidden.join("-")} units, seed 1; the line has the slope ${slope.toFixed(2)} of the last step.`,
    ),
    figure(
      quantiles,
      "A typical pair's ĝ and the batch mean of the same unit, at the last step: normal values lie on the line.",
    ),
    ...depth,
  ].join("\n");
}

/** Sorted values beside the quantiles that as many normal values would have. */
function normalPairs(sorted: readonly number[]): [number, number][] {
  // Student's with many degrees of freedom is the normal distribution to four digits.
  const every = Math.max(1, Math.floor(sorted.length / 100));
  return sorted.flatMap((value, i): [number, number][] =>
    i % every === 0 ? [[studentQuantile((i + 0.5) / sorted.length, 1e5), value]] : [],
  );
}
