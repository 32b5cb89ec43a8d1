import { UserError } from "../../errors.ts";
import { allocate, requireMemory } from "../../formats/memory.ts";
import { NdArray } from "../../graph/index.ts";
import { checkNumber, show } from "../../rules.ts";
import type { Dataset, Split, SplitName } from "../dataset.ts";
import { penDrawing } from "../drawing.ts";
import { limited } from "../limit.ts";
import { stratifiedParts } from "../split.ts";

export type Point = readonly [x: number, y: number];
/** The points of a pen from where it is put down to where it is lifted; x grows to the right and y downwards. */
export type Line = readonly Point[];

/** What a pen wrote. */
export interface Drawing {
  /** Its file, for errors. */
  readonly name: string;
  readonly lines: readonly Line[];
}

export interface PenOptions {
  /** Distance of points along a line, by which lines are resampled (default: as they are). */
  readonly spacing?: number | undefined;
  /** The most steps: longer drawings are omitted (default: as many as the longest has). */
  readonly steps?: number | undefined;
  /** Train on `limit` training examples only, the first ones as they are drawn; validation and test stay whole. */
  readonly limit?: number | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

export type PenDataset = Dataset<"x" | "y" | "lengths">;

/** A product, whose last bit no engine computes otherwise; of powers and Math.hypot it may differ. */
const square = (x: number): number => x * x;

const partsOf = (line: Line): number[] =>
  line.slice(1).map(([x, y], i) => Math.sqrt(square(x - line[i]![0]) + square(y - line[i]![1])));
const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0);

/** A line with its points at equal distances along it, as near to `spacing` as its length allows. */
export function resampled(line: Line, spacing: number): Line {
  const ends = partsOf(line);
  const length = total(ends);
  if (length === 0) return [line[0]!];
  const parts = Math.max(1, Math.round(length / spacing));
  const points: Point[] = [];
  let [segment, before] = [0, 0];
  for (let i = 0; i < parts; i++) {
    const at = (length * i) / parts;
    while (before + ends[segment]! <= at && segment < ends.length - 1) before += ends[segment++]!;
    const share = (at - before) / ends[segment]!;
    const [[x, y], [toX, toY]] = [line[segment]!, line[segment + 1]!];
    points.push([x + (toX - x) * share, y + (toY - y) * share]);
  }
  return [...points, line.at(-1)!];
}

/** Three numbers a point: the way from the point before, (0, 0) for the first one, and whether the pen is lifted after it. */
function stepsOf({ lines }: Drawing): Float64Array {
  const steps = new Float64Array(3 * lines.reduce((sum, line) => sum + line.length, 0));
  let [at, fromX, fromY] = [0, lines[0]![0]![0], lines[0]![0]![1]];
  for (const line of lines)
    line.forEach(([x, y], i) => {
      steps.set([x - fromX, y - fromY, i === line.length - 1 ? 1 : 0], 3 * at++);
      [fromX, fromY] = [x, y];
    });
  return steps;
}

/**
 * Drawings as sequences: x [T, 3] is a point of the pen at each step, as its distance dx to the right and dy downwards from the point before, and
 * 1 where the pen is lifted after it; y [T, 3] is the next point; `lengths` [] counts the steps of a drawing, after which x and y are 0. Distances
 * are divided by one number, so that those of the training examples have a mean square of 1. Groups are split as wholes, a sixth each to
 * validate and to test with. Graves, arXiv:1308.0850, 2013.
 * Throws UserError for drawings of less than two points, and for too few of them.
 */
export function penDataset(
  name: string,
  groups: readonly (readonly Drawing[])[],
  { spacing, steps: most, limit, splitSeed = 0 }: PenOptions,
  what: string,
): PenDataset {
  const subject = `data: ${name}`;
  if (spacing !== undefined) checkNumber(`${subject}: spacing`, spacing, { above: 0 });
  if (most !== undefined) checkNumber(`${subject}: steps`, most, { whole: true, atLeast: 1 });
  checkNumber(`${subject}: splitSeed`, splitSeed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const all = groups.map((group) => group.map((drawing) => respaced(subject, drawing, spacing)));
  const kept = all
    .map((group) => group.filter(({ steps }) => most === undefined || steps.length / 3 - 1 <= most))
    .filter((group) => group.length > 0);
  const [found, left] = [all.flat().length, kept.flat().length];
  const sixth = Math.max(1, Math.floor(kept.length / 6));
  if (kept.length < 3) {
    const rule = most === undefined ? "" : ` of at most ${most} steps`;
    throw new UserError(`${subject} needs at least 3 ${what}${rule}, received ${kept.length}`);
  }
  const sizes = [sixth, sixth, kept.length - 2 * sixth];
  const [test, valid, train] = stratifiedParts(new Int32Array(kept.length), 1, sizes, splitSeed).map((rows) =>
    [...rows].flatMap((row) => kept[row]!),
  );
  const offered = train!.length;
  const { trained: count, note, warnings } = limited(subject, limit, offered);
  const trained = train!.slice(0, count);
  const steps = most ?? Math.max(...kept.flat().map((drawing) => drawing.steps.length / 3 - 1));
  requireMemory(`${subject}, with ${left} drawings of up to ${steps} steps,`, 24 * steps * left);
  const scale = scaleOf(subject, trained);
  const part = (split: SplitName, drawings: readonly Stepped[]) => partOf(split, drawings, steps, scale);
  return {
    name,
    fields: {
      x: { shape: [steps, 3], dtype: "float32" },
      y: { shape: [steps, 3], dtype: "float32" },
      lengths: { shape: [], dtype: "int32" },
    },
    splitNote: `${left} drawings: ${trained.length} to train on, ${valid!.length} to validate, ${test!.length} to test, drawn by seed ${splitSeed}${groups.length < found ? `, ${what} as wholes` : ""}.${found > left ? ` ${found - left} of more than ${steps} steps are omitted.` : ""}${note} Distances are divided by ${Number(scale.toPrecision(4))}.`,
    drawing: penDrawing(trained[0]!.lines),
    ...(warnings.length > 0 && { warnings }),
    ...{ train: part("train", trained), valid: part("valid", valid!), test: part("test", test!) },
  };
}

interface Stepped extends Drawing {
  /** [points, 3] */
  readonly steps: Float64Array;
}

/** Pens write on paper and tablets: a coordinate farther out than this is damage, and its square may be no number. */
const FARTHEST = 1e6;
/** Points of a drawing. */
const MOST_POINTS = 100_000;

/** Throws UserError for a coordinate that no pen reaches, and for a spacing that makes more points than a drawing may have. */
function checkDrawing(subject: string, { name, lines }: Drawing, spacing: number | undefined): void {
  const far = lines.flat(2).find((value) => !(Math.abs(value) <= FARTHEST));
  if (far !== undefined)
    throw new UserError(`${subject}: ${name}: coordinates must lie within ±${FARTHEST}, received ${show(far)}`);
  if (spacing === undefined) return;
  const points = lines.reduce((sum, line) => sum + total(partsOf(line)) / spacing, 0);
  if (points > MOST_POINTS)
    throw new UserError(
      `${subject}: spacing must leave at most ${MOST_POINTS} points of a drawing, received ${show(spacing)}, which makes ${Math.round(points)} of ${name}`,
    );
}

function respaced(subject: string, { name, lines }: Drawing, spacing: number | undefined): Stepped {
  checkDrawing(subject, { name, lines }, spacing);
  const drawing = { name, lines: spacing === undefined ? lines : lines.map((line) => resampled(line, spacing)) };
  const points = drawing.lines.reduce((sum, line) => sum + line.length, 0);
  if (points < 2) throw new UserError(`${subject}: ${name} must have at least 2 points, received ${points}`);
  return { ...drawing, steps: stepsOf(drawing) };
}

/** The root of the mean square of the distances; the first points have none. */
function scaleOf(subject: string, drawings: readonly Stepped[]): number {
  let [sum, count] = [0, 0];
  for (const { steps } of drawings)
    for (let at = 3; at < steps.length; at += 3) {
      sum += square(steps[at]!) + square(steps[at + 1]!);
      count += 2;
    }
  if (sum === 0) throw new UserError(`${subject}: the pen must move, all points of the training examples are the same`);
  return Math.sqrt(sum / count);
}

function partOf(name: SplitName, drawings: readonly Stepped[], steps: number, scale: number) {
  const size = drawings.length;
  const zeros = () => allocate(`data: ${name}`, 12 * size * steps, () => new Float32Array(3 * size * steps));
  const [x, y] = [zeros(), zeros()];
  drawings.forEach(({ steps: points }, i) => {
    const scaled = points.map((value, at) => (at % 3 === 2 ? value : value / scale));
    x.set(scaled.subarray(0, -3), 3 * i * steps);
    y.set(scaled.subarray(3), 3 * i * steps);
  });
  const lengths = Int32Array.from(drawings, (drawing) => drawing.steps.length / 3 - 1);
  const shape = [size, steps, 3];
  const fields = { x: new NdArray(x, shape), y: new NdArray(y, shape), lengths: new NdArray(lengths, [size]) };
  return { name, size, fields } satisfies Split<"x" | "y" | "lengths">;
}
