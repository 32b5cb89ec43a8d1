import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { alignColumns, markdownTable } from "../../describe/table.ts";
import { estimatorFor, estimatorNames, resolveEstimator } from "../../estimators/index.ts";
import { type Verdict, verdicts } from "../../experiments/orderings.ts";
import { type ToyOptions, type ToyRun, toyFor, toys } from "../../experiments/toys.ts";
import { trainsBinaryUnits } from "../../models/binary-units.ts";
import { lineChart } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import { writeAtomically } from "../../runs/index.ts";
import { jsonLine } from "../format.ts";
import { made } from "../made.ts";
import { progressLine } from "../progress.ts";
import { interruptible, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { benchmarkFolder, contestants, type MachineFlags, machineOf, numberFlag, times } from "./shared.ts";

export interface ToysFlags extends MachineFlags {
  readonly estimators?: string;
  readonly steps?: string;
  readonly repeats?: string;
  readonly seed?: string;
  readonly out: string;
  readonly json?: boolean;
}

interface ToyResult extends ToyRun {
  readonly label: string;
  readonly config: object;
  readonly units: number;
  readonly target: number;
}

const subject = "benchmark toys";

/** Estimators of binary units that can enumerate neither 200 bits nor flip each of them. */
const tooDear: readonly string[] = ["exact", "local-expectation"];

/** Every estimator that trains binary units, in the order of the table. */
const applicable = (): string =>
  estimatorNames.filter((name) => !tooDear.includes(name) && trainsBinaryUnits(estimatorFor(name))).join(",");

/** Trains each estimator on the toys, and ends with tables and a report. */
export async function toysCommand(flags: ToysFlags, terminal: Terminal): Promise<number> {
  const options = {
    ...toys,
    steps: numberFlag(subject, "steps", flags.steps, toys.steps, { whole: true, atLeast: toys.points - 1 }),
    repeats: numberFlag(subject, "repeats", flags.repeats, toys.repeats, { whole: true, atLeast: 1, atMost: 10_000 }),
    seed: numberFlag(subject, "seed", flags.seed, 1, { whole: true, atLeast: 0, atMost: 2 ** 32 - 1 }),
  };
  const entrants = contestants(subject, flags.estimators ?? applicable());
  const machine = machineOf(subject, flags);
  await benchmarkFolder(subject, flags.out, { benchmark: "toys", ...options, estimators: entrants });
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  const on = await startBackend(machine.name, { threads: machine.threads });
  const results: ToyResult[] = [];
  const all = entrants.length * toys.units.length;
  try {
    await interruptible(
      terminal,
      () => progress.line("stopping"),
      async (signal) => {
        for (const [i, { label, config }] of entrants.entries())
          for (const [j, units] of toys.units.entries()) {
            const run = toyFor(config, units, on, options);
            for (const target of toys.targets) {
              progress.update(`${i * toys.units.length + j + 1}/${all} ${label}`, `${units} bits`, `t = ${target}`);
              results.push({
                label,
                config: resolveEstimator(config),
                units,
                target,
                ...(await run(target, signal)),
              });
            }
          }
      },
    );
    progress.clear();
    const { bold } = styleFor(stream, terminal.env);
    const out = { settings: options, results };
    await writeAtomically(join(flags.out, "results.json"), `${JSON.stringify(out)}\n`);
    const tables = [...toys.units.map((units) => tableOf(results, units)), orderTable(results)];
    await writeAtomically(join(flags.out, "results.md"), `${tables.map((rows) => markdownTable(rows)).join("\n\n")}\n`);
    await writeAtomically(join(flags.out, "report.html"), await reportOf(results, options, made(on)));
    for (const units of toys.units) stream.write(`${bold(titleOf(units))}\n${aligned(tableOf(results, units))}\n\n`);
    stream.write(`${notes(options).join("\n")}\n\n${aligned(orderTable(results))}\n\n`);
    stream.write(`curves: ${join(flags.out, "report.html")}\n`);
    if (flags.json) terminal.out.write(`${jsonLine(out)}\n`);
    return 0;
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    progress.clear();
    terminal.err.write("heaviside: stopped, nothing was kept; the same command begins again\n");
    return STOPPED;
  } finally {
    await on.close();
  }
}

const aligned = (rows: readonly (readonly string[])[]): string =>
  alignColumns(rows, [1, 2, 3, 4, 5, 6, 7, 8]).join("\n");
const titleOf = (units: number): string =>
  `${units} ${units === 1 ? "bit" : "bits"}: E[f] after the last step, and the gradient's variance at logits 0`;

function tableOf(results: readonly ToyResult[], units: number): string[][] {
  const here = results.filter((result) => result.units === units);
  const labels = [...new Set(here.map(({ label }) => label))];
  const of = (label: string, target: number) =>
    here.find((result) => result.label === label && result.target === target)!;
  return [
    ["estimator", ...toys.targets.map((t) => `t = ${t}`), ...toys.targets.map((t) => `variance, ${t}`)],
    [
      "the best",
      ...toys.targets.map((t) => Math.min(t, 1 - t) ** 2).map((loss) => loss.toFixed(6)),
      ...toys.targets.map(() => ""),
    ],
    ...labels.map((label) => [
      label,
      ...toys.targets.map((t) => of(label, t).points.at(-1)!.loss.toFixed(6)),
      ...toys.targets.map((t) => of(label, t).settled.variance.toExponential(2)),
    ]),
  ];
}

const notes = ({ steps, repeats, rate, estimates, settling }: ToyOptions): string[] => [
  `f(b) = 1/D Σ (bᵢ − t)²: the mean over the bits. Adam with rate ${rate}, ${steps} steps of one sample, means of ${repeats} trainings.`,
  `Variance: of one estimate of a bit's gradient, mean over the bits, from ${estimates} estimates, at logits 0 after ${settling} steps there without learning, in which averages and learned control variates settle.`,
];

const nameOf = ({ name, samples }: Verdict["lower"]): string => (samples === undefined ? name : `${name} (${samples})`);

/** The orders that papers report, where all estimators stand at the same logits. */
function orderTable(results: readonly ToyResult[]): string[][] {
  return [
    ["reported order of variances", "bits", "t", "here", "times"],
    ...toys.units.flatMap((units) =>
      toys.targets.flatMap((target) =>
        verdicts(
          results
            .filter((result) => result.units === units && result.target === target)
            .map(({ config, settled }) => ({ config, at: settled })),
        ).map(({ lower, higher, verdict, ratio }) => [
          `${nameOf(lower)} below ${nameOf(higher)}`,
          String(units),
          String(target),
          verdict,
          times(ratio),
        ]),
      ),
    ),
  ];
}

async function reportOf(
  results: readonly ToyResult[],
  options: ToyOptions,
  how: readonly (readonly [string, string])[],
): Promise<string> {
  const chart = (units: number, target: number, what: "loss" | "variance") =>
    lineChart(
      results
        .filter((result) => result.units === units && result.target === target)
        .map(({ label, points }) => ({ name: label, points: points.map((p) => ({ x: p.step, y: p[what] })) })),
      {
        title: what,
        x: "step",
        y: what === "loss" ? "E[f]" : "gradient variance",
        log: what === "variance",
        width: 860,
        height: 460,
      },
    );
  const sections = await Promise.all(
    toys.units.map(async (units) => ({
      title: titleOf(units),
      html: [
        htmlTable(tableOf(results, units)),
        ...(await Promise.all(
          toys.targets.map(
            async (t) =>
              figure(await chart(units, t, "loss"), `E[f], exactly, at the logits; ${units} bits, t = ${t}.`) +
              figure(
                await chart(units, t, "variance"),
                `Variance of one estimate along each estimator's own training; ${units} bits, t = ${t}; logarithmic axis, on which 0 can't be shown.`,
              ),
          ),
        )),
      ].join("\n"),
    })),
  );
  return page({
    title: "Toys: minimise E[(b − t)²]",
    question: "Which estimators find the signal of a bit whose two values are almost equally good?",
    caveats: notes(options),
    sections: [...sections, { title: "Orders that papers report, at logits 0", html: htmlTable(orderTable(results)) }],
    made: how,
  });
}
