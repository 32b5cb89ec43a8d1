import { colourOf, GREY, lineChart, matrixChart, type TracePanel, traceChart } from "../../plots/index.ts";
import { hand } from "./hand.ts";
import { timeConstantOf } from "./observe.ts";
import { SOLVED } from "./problems.ts";
import type { NeuronsResults, ProblemResult, TimesResult } from "./results.ts";
import { variants } from "./variants.ts";
import { shareText, titleOf } from "./words.ts";

/** The threshold lies below the spikes that are drawn above it. */
const VOLTAGES = [0, 1.35 * hand.threshold] as const;

const [BLUE, ORANGE, GREEN] = [0, 1, 2].map(colourOf) as [string, string, string];

/** Units with weights set by hand, on one input. */
export function handPicture({ hand: { input, traces } }: NeuronsResults): Promise<string> {
  const { fixed, modulated, lstm } = traces;
  const memories = [...fixed.memory, ...modulated.memory, ...lstm.memory];
  const range = [0, Math.max(1.1, ...memories)] as const;
  const constants = (kept: readonly number[]): number[] => kept.map(timeConstantOf);
  return traceChart(
    [
      { title: "input current", stems: { values: input.pulses }, range: [0, hand.pulse] },
      {
        title: `V, τ fixed at ${hand.fixed} steps; red: spikes`,
        ...{ lines: [{ values: fixed.memory, colour: BLUE }], spikes: fixed.spikes, level: hand.threshold },
        range: VOLTAGES,
      },
      {
        title: "V, τ set by the context; red: spikes",
        ...{ lines: [{ values: modulated.memory, colour: ORANGE }], spikes: modulated.spikes, level: hand.threshold },
        range: VOLTAGES,
      },
      { title: "an LSTM's c: no threshold, no reset", lines: [{ values: lstm.memory, colour: GREEN }], range },
      {
        title: "τ in steps (orange), −1 / ln f of the LSTM (dots)",
        lines: [
          { values: constants(fixed.kept), colour: BLUE, dashed: true },
          { values: constants(modulated.kept), colour: ORANGE },
          { values: constants(lstm.kept), colour: GREEN, dots: true },
        ],
        ...{ log: true, range: [1, 100] as const },
      },
      { title: "the LSTM's forget gate f", lines: [{ values: lstm.kept, colour: GREEN }], range: [0, 1] },
    ],
    {
      title:
        "A context that lengthens τ turns a detector of coincidences into a counter; an LSTM's forget gate does the same",
      x: "time (steps)",
      shaded: { from: hand.steps / 2, to: hand.steps - 1, label: "context on" },
    },
  );
}

/** The unit of a trained variant whose memory tells most about the sum, on a test example. */
export function learnedPicture({ variant, shown }: TimesResult): Promise<string> {
  const { trace, values, marked } = shown;
  const memory = variant.startsWith("lstm") ? "c" : variant === "janet" ? "h" : "V";
  const strong = marked.flatMap((is, t) => (is === 1 ? [t] : []));
  const gate = memory !== "V";
  const { cell, spikes = false } = variants[variant];
  const { threshold = 1 } = cell(values.length) as { readonly threshold?: number };
  const constants = trace.kept.map(timeConstantOf);
  const panels: TracePanel[] = [
    { title: "values; red: the two to add", stems: { values, strong }, range: [0, 1] },
    {
      title: `${memory} of unit ${shown.unit + 1}${spikes ? "; red: its spikes" : ""}`,
      ...{ lines: [{ values: trace.memory, colour: BLUE }], spikes: trace.spikes },
      ...(spikes && {
        level: threshold,
        range: [Math.min(0, ...trace.memory), 1.35 * Math.max(threshold, ...trace.memory)],
      }),
    },
    {
      title: gate ? "−1 / ln f, in steps" : "τ, in steps",
      lines: [{ values: constants, colour: ORANGE }],
      ...{ log: true, range: aroundAll(constants) },
    },
    {
      title: gate ? "forget gate f" : "share of V that a step keeps, e^(−1/τ)",
      ...{ lines: [{ values: trace.kept, colour: GREEN }], range: [0, 1] as const },
    },
  ];
  return traceChart(panels, { title: `${titleOf(variant)}: one unit, trained to add`, x: "time (steps)" });
}

/** Ends of a logarithmic axis with room around all values, a factor of four at least. */
function aroundAll(values: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1.2, Math.sqrt((4 * low) / high));
  return [low / room, high * room];
}

/** Which cell solves which task. */
export const solvedPicture = ({ plan, problems }: NeuronsResults): Promise<string> =>
  matrixChart(
    plan.variants.flatMap((variant, i) =>
      problems.map(({ name, cells }) => {
        const { share, solved } = cells[i]!;
        return { row: titleOf(variant), column: name, text: shareText(share), strong: solved };
      }),
    ),
    { title: solvedInWords(plan.variants, problems) },
  );

/** The finding of the table: how many tasks the cells solve. */
function solvedInWords(names: NeuronsResults["plan"]["variants"], problems: readonly ProblemResult[]): string {
  const solved = names.map((_, i) => problems.filter(({ cells }) => cells[i]!.solved).length);
  const most = Math.max(...solved);
  const best = names.filter((_, i) => solved[i] === most).map(titleOf);
  const few = best.length <= 3 ? best.join("; ") : `${best.length} cells`;
  return most === 0
    ? "No cell solves a task: test error in per cent of the trivial baseline's"
    : `${few} ${best.length === 1 ? "solves" : "solve"} most: ${most} of ${problems.length} tasks. Test error in % of the trivial baseline's`;
}

/** Validation errors of a problem as trainings go on. */
export const curvesPicture = ({ name, measures, baseline, cells }: ProblemResult): Promise<string> =>
  lineChart(
    [
      ...cells.map(({ variant, curve }) => ({
        name: titleOf(variant),
        points: curve.map(({ step, error }) => ({ x: step, y: error / baseline })),
      })),
      ...limits(cells.flatMap(({ curve }) => curve.map(({ step }) => step))),
    ],
    {
      title: `${name}: ${solversInWords(cells)}`,
      ...{ x: "training step", y: `${measures.split(",")[0]}, of the baseline's`, log: true },
    },
  );

/** Which cells solve a problem. */
function solversInWords(cells: ProblemResult["cells"]): string {
  const solvers = cells.filter(({ solved }) => solved).map(({ variant }) => titleOf(variant));
  return solvers.length === 0
    ? "no cell solves it"
    : `solved by ${solvers.length === cells.length ? "all cells" : solvers.join("; ")}`;
}

/** The baseline and a tenth of it, as dashes. */
function limits(steps: readonly number[]) {
  const ends = [Math.min(...steps), Math.max(...steps)];
  return [
    { name: "baseline", at: 1 },
    { name: "solved", at: SOLVED },
  ].map(({ name, at }) => ({ name, dashed: true, colour: GREY, points: ends.map((x) => ({ x, y: at })) }));
}
