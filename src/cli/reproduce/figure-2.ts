import { backendNames, startBackend } from "../../backends/select.ts";
import { loadDataset } from "../../data/index.ts";
import { alignColumns } from "../../describe/table.ts";
import { changed, type Plan, quickPlan, standardPlan } from "../../experiments/figure-2/plan.ts";
import { type Results, resultsOf } from "../../experiments/figure-2/results.ts";
import { study, type TrialRecord } from "../../experiments/figure-2/study.ts";
import { claimsInWords, inBrief, table } from "../../experiments/figure-2/words.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { benchmarkFolder } from "../benchmark/shared.ts";
import { jsonLine, wrap } from "../format.ts";
import { made } from "../made.ts";
import { progressLine } from "../progress.ts";
import { keepFindings, recordedStudy } from "../study.ts";
import { STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { figure2Page } from "./figure-2-page.ts";

export interface Figure2Flags {
  readonly quick?: boolean;
  readonly beat?: boolean;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly limit?: string;
  readonly rows?: string;
  readonly dataDir?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly json?: boolean;
  readonly out: string;
}

const QUICK =
  "--quick trains on few examples for few epochs, each row with its first setting: it shows that all seven rows run, and nothing about their order.";

/** The table of Bengio, Léonard and Courville 2013 with seeds and paired tests; goes on where it was stopped. */
export async function figure2Command(flags: Figure2Flags, terminal: Terminal, plan?: Plan): Promise<number> {
  const number = (text: string | undefined) => (text === undefined ? undefined : (numberOrText(text) as number));
  const asked = changed(plan ?? (flags.quick ? quickPlan : standardPlan), {
    seeds: number(flags.seeds),
    epochs: number(flags.epochs),
    limit: number(flags.limit),
    rows: flags.rows,
    beat: flags.beat,
  });
  const threads = number(flags.threads) ?? 1;
  checkNumber("reproduce figure-2: --threads", threads, { whole: true, atLeast: 1, atMost: 64 });
  const chosen = flags.backend ?? "auto";
  checkChoice("reproduce figure-2: --backend", chosen, backendNames);
  const stream = flags.json ? terminal.err : terminal.out;
  const { bold } = styleFor(stream, terminal.env);
  const progress = progressLine(stream, terminal.env);
  progress.update("reading MNIST");
  const data = await loadDataset("mnist", { dir: flags.dataDir, limit: asked.limit });
  const on = await startBackend(chosen, { threads });
  try {
    // Rows and seeds can be added to what is there: a training's numbers depend on the rest of the plan alone.
    const { rows: _, seeds: __, ...same } = asked;
    const folder = flags.out;
    await benchmarkFolder("reproduce figure-2", folder, {
      "figure-2": same,
      data: data.name,
      dir: flags.dataDir,
      backend: on.info().name,
    });
    const found = await recordedStudy<TrialRecord, TrialRecord[]>(
      terminal,
      {
        folder,
        progress,
        pace: (work) => `${(60 * work).toFixed(1)} epochs/min`,
        opening: (done) => [
          bold("Figure 2 of Bengio, Léonard and Courville 2013, with seeds"),
          ...(flags.quick ? [wrap(QUICK, stream.columns)] : []),
          ...(done > 0 ? [`going on with ${folder}: ${done} trainings are done`] : []),
        ],
      },
      (options) => study(asked, data, { ...options, backend: on }),
    );
    if (!found) return STOPPED;
    const results = resultsOf(found, asked);
    const about = made(on);
    const json = jsonLine({ command: commandOf(flags), ...results, made: Object.fromEntries(about) });
    const report = await keepFindings(folder, { json, page: await figure2Page(results, about) });
    stream.write(`${summary(results, bold, stream.columns)}\n\npictures and all figures: ${bold(report)}\n`);
    if (flags.json) terminal.out.write(`${json}\n`);
    return 0;
  } finally {
    await on.close();
  }
}

/** What makes the same numbers again. */
function commandOf({ quick, beat, rows, epochs, seeds, limit }: Figure2Flags): string {
  const switches = Object.entries({ quick, beat }).flatMap(([name, on]) => (on ? [`--${name}`] : []));
  const values = Object.entries({ rows, epochs, seeds, limit }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  return ["npx heaviside reproduce figure-2", ...switches, ...values].join(" ");
}

function summary(results: Results, bold: (text: string) => string, columns: number | undefined): string {
  const { cells, numbers } = table(results.rows);
  const [head, ...rows] = alignColumns(cells, numbers);
  return [
    wrap(inBrief(results), columns),
    [bold(head!), ...rows].join("\n"),
    claimsInWords(results)
      .map((text) => wrap(text, columns))
      .join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
