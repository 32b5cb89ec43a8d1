import { figure, htmlTable, page } from "../../report/index.ts";
import { hand } from "./hand.ts";
import { curvesPicture, handPicture, learnedPicture, solvedPicture } from "./pictures.ts";
import { tracedProblem } from "./plan.ts";
import { nameOf } from "./problems.ts";
import type { NeuronsResults, TimesResult } from "./results.ts";
import { inBrief, notes, problemRows, timesRows, titleOf } from "./words.ts";

export const question =
  "Is an LSTM's forget gate a membrane whose time constant the input sets, and which recurrent cell solves which task?";

const paragraphs = (texts: readonly string[]): string => texts.map((text) => `<p class="quiet">${text}</p>`).join("");
const cards = (pictures: readonly string[]): string => `<div class="cards">${pictures.join("\n")}</div>`;

const handCaption = `Pulses of ${hand.pulse} meet a threshold of ${hand.threshold} (dashes); V is drawn after the reset. With τ = ${hand.short} steps only pulses that come close together make the unit fire; with τ = ${hand.long} every second pulse does: it counts. Between the halves nothing changes but the context. V decays exactly by e^(−1/τ) in a step. τ = 1/softplus(a) makes that share σ(−a), which is a forget gate: the LSTM with the same weights keeps the same share, to the last digit.`;

const learnedCaption = ({ variant, shown }: TimesResult): string =>
  `${titleOf(variant)}: of its units the one whose memory at the end varies most closely with the sum (correlation ${shown.correlation.toFixed(2)} over test examples).`;

/** The results as a page, pictures first. */
export async function neuronsPage(
  results: NeuronsResults,
  made: readonly (readonly [string, string])[],
): Promise<string> {
  const { plan, problems, times } = results;
  const problem = tracedProblem(plan);
  const learned = await Promise.all(
    times.map(async (found) => figure(await learnedPicture(found), learnedCaption(found))),
  );
  const curves = await Promise.all(
    problems.map(async (found) =>
      figure(await curvesPicture(found), `${found.name}; both axes' dashes: the baseline, and a tenth of it.`),
    ),
  );
  return page({
    title: "Gates as neurons",
    question,
    caveats: inBrief(results),
    sections: [
      { title: "A time constant that the input sets", html: figure(await handPicture(results), handCaption) },
      {
        title: "Which cell solves which task",
        html: `${figure(await solvedPicture(results), "Test error in per cent of the trivial baseline's. Filled: solved, a tenth or less in every seed.")}${paragraphs(notes(results, { tables: true }))}`,
      },
      ...(problem && learned.length > 0
        ? [
            {
              title: `What ${nameOf(problem)} teaches a unit`,
              html: `${htmlTable(timesRows(results))}${paragraphs(["Medians over test examples, units, steps, and then seeds. At a marked step a value is to be remembered."])}${cards(learned)}`,
            },
          ]
        : []),
      { title: "Learning curves", html: cards(curves) },
      ...problems.map((found) => ({
        title: `${found.name}: ${found.measures}, baseline ${Number(found.baseline.toPrecision(3))}`,
        html: htmlTable(problemRows(found)),
      })),
    ],
    made: [
      [
        "training",
        problems
          .map(({ name, problem: p }) => `${name}: ${p.units} units, batches of ${p.batch}, ${p.steps} steps`)
          .join("; "),
      ],
      ["seeds", `1 to ${plan.seeds}`],
      ...made,
    ],
  });
}
