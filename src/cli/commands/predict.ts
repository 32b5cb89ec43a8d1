import { backendNames } from "../../backends/select.ts";
import { jsonLine } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { numberOrText } from "../../options/text.ts";
import type { Prediction } from "../../predict/prediction.ts";
import { predictor } from "../../predict/predictor.ts";
import { checkChoice } from "../../rules.ts";
import { examplesIn } from "../examples-file.ts";
import { predictionsCsv, predictionsText } from "../predictions-text.ts";
import { roomFor, styleFor, type Terminal } from "../terminal.ts";

export interface PredictFlags {
  readonly passes?: string;
  readonly seed?: string;
  readonly backend?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** Predicts the examples of a file with a trained network: a table, or all of it as CSV or JSON. */
export async function predictCommand(
  source: string,
  file: string,
  flags: PredictFlags,
  terminal: Terminal,
): Promise<number> {
  if (flags.csv && flags.json) throw new UserError("predict: output is either CSV or JSON, received --csv and --json");
  const { backend = "auto" } = flags;
  checkChoice("predict: --backend", backend, backendNames);
  const given = (name: "passes" | "seed"): number | undefined =>
    flags[name] === undefined ? undefined : (numberOrText(flags[name]) as number);
  const options = { passes: given("passes"), seed: given("seed") };
  if (options.seed !== undefined && options.passes === undefined)
    throw new UserError("predict: --seed is of the passes' noise, received it without --passes");
  const predict = await predictor<Prediction>(source, { backend });
  try {
    const predictions = predict.batch(await examplesIn(file, predict.spec), options);
    const passes = options.passes !== undefined;
    if (flags.json) terminal.out.write(`${jsonLine({ model: source, file, predictions })}\n`);
    else if (flags.csv) terminal.out.write(`${predictionsCsv(predictions, predict.spec, passes)}\n`);
    else {
      const { bold } = styleFor(terminal.out, terminal.env);
      terminal.out.write(
        `${predictionsText(predictions, predict.spec, { columns: roomFor(terminal.out, false), bold, passes })}\n`,
      );
    }
    return 0;
  } finally {
    await predict.close();
  }
}
