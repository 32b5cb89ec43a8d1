import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { type LabelledDatasetName, labelledDatasetNames, loadDataset } from "../../data/index.ts";
import { quickWidePlan, type WidePlan, widePlan } from "../../experiments/wide/plan.ts";
import { resultsOf } from "../../experiments/wide/results.ts";
import { study, type WideRecord } from "../../experiments/wide/study.ts";
import { checkChoice } from "../../rules.ts";
import { train, type Warning } from "../../train/index.ts";
import { count, jsonLine } from "../format.ts";
import { made } from "../made.ts";
import { progressLine } from "../progress.ts";
import { checkpointIn } from "../series.ts";
import { keepFindings, recordedStudy } from "../study.ts";
import { STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { benchmarkFolder, folderOf, type MachineFlags, machineOf, numberFlag } from "./shared.ts";
import { widePage, wideText } from "./wide-report.ts";

export interface WideFlags extends MachineFlags {
  readonly quick?: boolean;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly out: string;
  readonly json?: boolean;
}

const subject = "benchmark wide";

/** Trains a wide network of gated blocks and a dense one as wide, times both, and ends with a table and a page. */
export async function wideCommand(flags: WideFlags, terminal: Terminal, given?: WidePlan): Promise<number> {
  const usual = given ?? (flags.quick ? quickWidePlan : widePlan);
  const plan: WidePlan = {
    ...usual,
    seeds: numberFlag(subject, "seeds", flags.seeds, usual.seeds, { whole: true, atLeast: 1, atMost: 10_000 }),
    epochs: numberFlag(subject, "epochs", flags.epochs, usual.epochs, { whole: true, atLeast: 1 }),
    data: flags.data?.split(",") ?? usual.data,
  };
  for (const name of plan.data) checkChoice(`${subject}: --data`, name, labelledDatasetNames);
  const machine = machineOf(subject, flags);
  // Further seeds and data sets add to what is there.
  const { seeds: _, data: __, ...same } = plan;
  await benchmarkFolder(subject, flags.out, { benchmark: "wide", ...same });
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  const start = (name: string) => startBackend(name as never, { threads: machine.threads });
  const on = await start(machine.name);
  try {
    const found = await recordedStudy<WideRecord, WideRecord[]>(
      terminal,
      {
        folder: flags.out,
        progress,
        pace: (work) => `${count(work / 1e6)} M multiply-adds/s`,
        said: (id, record) => (record.kind === "times" ? id : `${id}: validation error ${record.valid.toFixed(2)}%`),
      },
      (options) =>
        study(plan, {
          ...options,
          load: (name, limit) => loadDataset(name as LabelledDatasetName, { dir: flags.dataDir, limit }),
          async train(name, model, data, training) {
            const runFolder = join(flags.out, folderOf(name));
            const resume = await checkpointIn(runFolder);
            const { signal } = options;
            const onWarning = ({ message }: Warning) => progress.line(`warning: ${message}`);
            return train(model, data, {
              ...{ ...training, backend: on, signal, runFolder, resume, onWarning, checkpointSeconds: 300 },
            });
          },
          backend: start,
        }),
    );
    if (!found) return STOPPED;
    const { test } = await loadDataset(plan.data[0] as LabelledDatasetName, { dir: flags.dataDir });
    const results = resultsOf(found, plan, test.size);
    const out = { ...results, made: Object.fromEntries(made(on)) };
    const report = await keepFindings(flags.out, { json: jsonLine(out), page: await widePage(results, made(on)) });
    stream.write(`${wideText(results, styleFor(stream, terminal.env).bold)}\n\npicture: ${report}\n`);
    if (flags.json) terminal.out.write(`${jsonLine(out)}\n`);
    return 0;
  } finally {
    await on.close();
  }
}
