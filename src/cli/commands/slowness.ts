import { type BackendName, startBackend } from "../../backends/select.ts";
import { loadDataset } from "../../data/index.ts";
import { alignColumns } from "../../describe/table.ts";
import { answer, claimInWords, described, formInWords, interval, percent } from "../../experiments/slowness/answer.ts";
import { inBrief } from "../../experiments/slowness/brief.ts";
import { reasons } from "../../experiments/slowness/decomposition.ts";
import { changed, checkFits, type Plan, partNames, quickPlan, standardPlan } from "../../experiments/slowness/plan.ts";
import { type ArmResult, type Results, resultsOf } from "../../experiments/slowness/results.ts";
import { type StudyRecord, study } from "../../experiments/slowness/study.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import { count, jsonLine, wrap } from "../format.ts";
import { made } from "../made.ts";
import { progressLine } from "../progress.ts";
import { series } from "../series.ts";
import { slownessPage } from "../slowness-page.ts";
import { keepFindings, recordedStudy } from "../study.ts";
import { STOPPED, styleFor, type Terminal } from "../terminal.ts";

export interface SlownessFlags {
  readonly quick?: boolean;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly units?: string;
  readonly limit?: string;
  readonly dataDir?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly json?: boolean;
  readonly out: string;
}

/** Why binary stochastic units train slowly: trains the arms, goes on where it was stopped, ends with tables and a report. */
export async function slownessCommand(flags: SlownessFlags, terminal: Terminal, plan?: Plan): Promise<number> {
  const number = (text: string | undefined) => (text === undefined ? undefined : (numberOrText(text) as number));
  const asked = changed(plan ?? (flags.quick ? quickPlan : standardPlan), {
    seeds: number(flags.seeds),
    epochs: number(flags.epochs),
    units: number(flags.units),
    limit: number(flags.limit),
  });
  const threads = number(flags.threads);
  if (threads !== undefined) checkNumber("slowness: --threads", threads, { whole: true, atLeast: 1 });
  const stream = flags.json ? terminal.err : terminal.out;
  const { bold } = styleFor(stream, terminal.env);
  const progress = progressLine(stream, terminal.env);
  progress.update("reading MNIST");
  const data = await loadDataset("mnist", { dir: flags.dataDir });
  checkFits(asked, data.train.size);
  const on = await startBackend((flags.backend ?? "auto") as BackendName, threads === undefined ? {} : { threads });
  try {
    const { name } = on.info();
    const { folder, resumed } = await series(flags.out, {
      slowness: asked,
      data: data.name,
      dir: flags.dataDir,
      backend: name,
    });
    const found = await recordedStudy<StudyRecord, StudyRecord[]>(
      terminal,
      {
        folder,
        progress,
        pace: (work) => `${count(work)} steps/s`,
        opening: () => [
          bold("Why do binary stochastic units train slowly?"),
          ...(resumed ? [`going on with ${folder}`] : []),
        ],
      },
      (options) => study(asked, data, { ...options, backend: on }),
    );
    if (!found) return STOPPED;
    const results = resultsOf(found, asked, data);
    const json = jsonLine(rounded(results));
    const report = await keepFindings(folder, { json, page: await slownessPage(results, made(on)) });
    stream.write(`${summary(results, bold, stream.columns)}\n\npictures and all figures: ${bold(report)}\n`);
    if (flags.json) terminal.out.write(`${json}\n`);
    return 0;
  } finally {
    await on.close();
  }
}

/** Numbers to six digits: the seeds differ in the second. What only pictures need is left to the records. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, v) => {
      if (key === "shown") return undefined;
      return typeof v === "number" && Number.isFinite(v) ? Number(v.toPrecision(6)) : v;
    }),
  );

function summary(results: Results, bold: (text: string) => string, columns: number | undefined): string {
  const { shares, parts, plan, steps } = results;
  const measures = [shares.nll, shares.readout, shares.logSteps];
  const [head, ...rows] = alignColumns(
    [
      ["share of the gap", "loss with coins", "loss with p", "log steps"],
      ["the gap itself", ...measures.map(({ gap }) => interval(gap))],
      ...reasons.map((reason, i) => [described[reason], ...measures.map(({ shares: all }) => percent(all[i]!.share))]),
    ],
    [1, 2, 3],
  );
  return [
    ...new Set([inBrief(results), answer(results)].map((text) => wrap(text, columns))),
    [bold(head!), ...rows].join("\n"),
    ...partNames.map((name) =>
      [
        bold(
          `${name}: 784-${plan.parts[name].hidden.join("-")}-10 after ${count(steps[name])} steps, ${plan.seeds} seeds`,
        ),
        armLines(parts[name]),
      ].join("\n"),
    ),
    ...formInWords(results).map((text) => wrap(text, columns)),
    wrap(claimInWords(results), columns),
  ].join("\n\n");
}

function armLines(arms: readonly ArmResult[]): string {
  return alignColumns(
    [
      ["arm", "rate", "training NLL", "− sigmoid", "with p", "− sigmoid", "test % with p"],
      ...arms.map((r) => [
        r.name,
        `${r.rate}${r.edge ? "*" : ""}`,
        r.nll.value.toFixed(3),
        r.arm === "sigmoid" ? "" : interval(r.against.nll),
        r.readoutNll.value.toFixed(3),
        r.arm === "sigmoid" ? "" : interval(r.against.readoutNll),
        r.readoutTestError.value.toFixed(2),
      ]),
    ],
    [1, 2, 3, 4, 5, 6],
  )
    .concat(arms.some(({ edge }) => edge) ? ["* the smallest or largest rate of the grid"] : [])
    .join("\n");
}
