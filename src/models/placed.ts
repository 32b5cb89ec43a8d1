import { UserError } from "../errors.ts";
import { type Shape, sameShape } from "../graph/index.ts";
import { inPart } from "../graph/part.ts";
import { checkSize } from "../graph/size.ts";
import { show } from "../rules.ts";
import type { Head } from "./head.ts";
import { checkLayer, draws, type Stage, type StagePlace, type StageSpec } from "./stage.ts";

/** A stage in its place: its number, and where its rows begin. */
export interface Placed {
  readonly stage: Stage;
  readonly i: number;
  readonly first: number;
  readonly last: number;
  /** The row of its units. */
  readonly unit: number;
  /** How many stages it stands in, such as residual ones. */
  readonly within: number;
}

/** A stage that is to be built, in the order of the network. */
interface InLine {
  readonly spec: StageSpec;
  /** Names it in errors. */
  readonly subject: string;
  readonly within: number;
}

/** Stages stand in each other at most so deep. */
const DEEPEST = 8;

/** Throws UserError, naming the stage, where it stands in more others than it may. */
export function checkDepth(subject: string, within: number): void {
  if (within > DEEPEST)
    throw new UserError(`${subject}: stages may stand in at most ${DEEPEST} others, received ${within}`);
}

/** The stages one after the other: of one around others what begins it, those others, and the stage itself. Throws UserError for what is no stage. */
export const inLine = (stages: readonly StageSpec[], subject: (i: number) => string, within = 0): InLine[] =>
  stages.flatMap((spec, i): InLine[] => {
    if (typeof spec?.build !== "function")
      throw new UserError(`${subject(i)} must be a stage, such as dense({ units: 100 }), received ${show(spec)}`);
    const own = { spec, subject: subject(i), within };
    checkDepth(subject(i), within);
    if (!spec.around) return [own];
    const { begin, stages: inside } = spec.around;
    const named = inLine(inside, (j) => `${subject(i)}.stages[${j}]`, within + 1);
    return [{ ...own, spec: begin }, ...named, own];
  });

/** Builds the stages, each told the shape that the one before it outputs, and what it joins. */
export function placedStages(
  stages: readonly InLine[],
  first: Pick<Stage, "output" | "sendsSpikes">,
  told: (i: number) => Pick<StagePlace, "wanted" | "uncontrolled" | "estimator" | "cell">,
): Placed[] {
  const placed: Placed[] = [];
  const kept: Shape[] = [];
  const numbers = new Map<string, number>();
  let readsSequence = false;
  for (const [i, { spec, subject, within }] of stages.entries()) {
    const number = (numbers.get(spec.kind) ?? 0) + 1;
    numbers.set(spec.kind, number);
    const { output: input, sendsSpikes: readsSpikes = false } = placed.at(-1)?.stage ?? first;
    const readsDraws = placed.some(({ stage }) => draws(stage));
    const joined = spec.around && kept.pop();
    const stage = spec.build({
      ...{ ...told(i), subject, input, readsSpikes, readsDraws, readsSequence },
      ...{ place: i, number, stages: stages.length },
      ...(joined && { joined }),
    });
    readsSequence = stage.sendsSequence ?? (readsSequence && sameShape(stage.output, input));
    checkSize(`${subject}: what it outputs of an example is`, stage.output);
    if (stage.keeps) kept.push(input);
    if (stage.estimator) checkLayer(subject, stage.estimator, stage.units);
    const row = (placed.at(-1)?.last ?? -1) + 1;
    const last = row + stage.rows.length - 1;
    const unit = stage.unitRow === undefined ? last : row + stage.unitRow;
    placed.push({ stage, i, first: row, last, unit, within });
  }
  return placed;
}

/** What the stages were made from, those within another one among its options. */
export function configsOf(placed: readonly Placed[]): Stage["config"][] {
  const open: Stage["config"][][] = [[]];
  for (const { stage } of placed) {
    if (stage.keeps) open.push([]);
    else if (stage.joins) {
      const stages = open.pop()!;
      open.at(-1)!.push({ ...stage.config, stages });
    } else open.at(-1)!.push(stage.config);
  }
  return open[0]!;
}

/** A stage in words, by its rows of the table; of one more than there are, the head. */
export function partAt(
  { placed, head }: { readonly placed: readonly Placed[]; readonly head: Head },
  i: number,
): string {
  const { stage } = placed[i] ?? {};
  return stage ? stage.rows.map(({ name }) => name).join(" and ") || stage.kind : `the head ${head.kind}`;
}

/** What `f` gives; the tensors that it makes belong to a stage, or to the head. */
export const inStage = <T>(parts: Parameters<typeof partAt>[0], i: number, f: () => T): T =>
  inPart(() => partAt(parts, i), f);
