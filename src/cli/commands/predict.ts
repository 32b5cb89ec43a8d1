import { backendNames } from "../../backends/select.ts";
import { jsonLine, wrap } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { numberOrText } from "../../options/text.ts";
import type { Prediction } from "../../predict/prediction.ts";
import { predictor } from "../../predict/predictor.ts";
import { checkChoice } from "../../rules.ts";
import { examplesIn } from "../examples-file.ts";
import { imageFilesIn, imagesAt } from "../image-files.ts";
import { predictionsCsv, predictionsText } from "../predictions-text.ts";
import { roomFor, styleFor, type Terminal } from "../terminal.ts";

export interface PredictFlags {
  readonly passes?: string;
  readonly seed?: string;
  readonly backend?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** Predicts the examples of a file, or images in several files and folders, with a trained network: a table, or all of it as CSV or JSON. */
export async function predictCommand(
  source: string,
  given: readonly string[],
  flags: PredictFlags,
  terminal: Terminal,
): Promise<number> {
  if (flags.csv && flags.json) throw new UserError("predict: output is either CSV or JSON, received --csv and --json");
  const { backend = "auto" } = flags;
  checkChoice("predict: --backend", backend, backendNames);
  const number = (name: "passes" | "seed"): number | undefined =>
    flags[name] === undefined ? undefined : (numberOrText(flags[name]) as number);
  const options = { passes: number("passes"), seed: number("seed") };
  if (options.seed !== undefined && options.passes === undefined)
    throw new UserError("predict: --seed is of the passes' noise, received it without --passes");
  const predict = await predictor<Prediction>(source, { backend });
  try {
    const files = await imageFilesIn(given);
    const warn = (text: string) => terminal.err.write(`${wrap(`warning: ${text}`, terminal.err.columns)}\n`);
    const file = given[0]!;
    const examples = files ? await imagesAt(files, predict.spec) : await examplesIn(file, predict.spec, warn);
    const predictions = predict.batch(examples, options);
    const passes = options.passes !== undefined;
    if (flags.json) {
      const named = predictions.map((prediction, i) => (files ? { file: files[i], ...plain(prediction) } : prediction));
      const from = given.length === 1 ? { file } : { files: given };
      terminal.out.write(`${jsonLine({ model: source, ...from, predictions: named })}\n`);
    } else if (flags.csv) terminal.out.write(`${predictionsCsv(predictions, predict.spec, { passes, files })}\n`);
    else {
      const { bold } = styleFor(terminal.out, terminal.env);
      terminal.out.write(
        `${predictionsText(predictions, predict.spec, { columns: roomFor(terminal.out, false), bold, passes, files })}\n`,
      );
    }
    return 0;
  } finally {
    await predict.close();
  }
}

/** As JSON has it. */
const plain = (prediction: Prediction): object => JSON.parse(jsonLine(prediction)) as object;
