import { classes } from "../../../models/index.ts";
import type { Report, ReportedRun } from "../../report.ts";
import type { Block } from "../block.ts";

/** One validation of a made-up training. */
function validation(epoch: number, error: number) {
  const score = { nll: error / 10, error };
  const gates = [{ open: 0.5 / epoch, dead: 1 }];
  const valid = { deterministic: { ...score, gates }, stochastic: { nll: error / 8, error: error + 1, gates } };
  return { ...{ epoch, step: 10 * epoch, train: score, valid }, ...{ ranOn: [], examplesPerSecond: 1000, seconds: 1 } };
}

/** A training that never was: all that a report reads of one, in numbers that are easy to follow. */
export function madeUpRun(given: Partial<ReportedRun> = {}): ReportedRun {
  const history = [validation(1, 20), validation(2, 12.5)];
  const { train, valid } = history[1]!;
  return {
    ...{ name: "net", cards: [], config: { seed: 7 }, selectedEpoch: 2, history, insides: undefined },
    result: {
      ...{ run: null, seed: 7, epochs: 2, parameters: 9, train, valid: valid.deterministic, test: valid },
      ...{ examplesPerSecond: 1000, seconds: 2.5, ranOn: [] },
    },
    ...given,
  };
}

/** A report of some runs. */
export const madeUpReport = (runs: readonly ReportedRun[], inputShape: readonly number[] = [2, 2]): Report => ({
  ...{ title: "t", question: "", caveats: [], runs, head: classes(2), inputShape, made: [] },
});

/** What a block draws of some runs, as one text. */
export async function drawn(
  block: Block,
  runs: readonly ReportedRun[],
  inputShape?: readonly number[],
): Promise<string> {
  const sections = await block.draw(madeUpReport(runs, inputShape));
  return sections.map(({ title, html }) => `<h2>${title}</h2>\n${html}`).join("\n");
}
