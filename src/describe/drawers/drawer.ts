import { type Shape, showShape, sizeOf } from "../../graph/ndarray.ts";
import type { LayerSummary, StageSummary } from "../../models/model.ts";
import { backThroughUnits } from "../notation.ts";
import type { Spine } from "../spine.ts";

/** A value on the spine, which the next stage or the head reads. */
export interface Value {
  readonly letter: string;
  /** The letter of its size; its numbers alone where absent. */
  readonly size?: string | undefined;
  readonly shape: Shape;
  /** Why nobody needs the loss's derivative by it. */
  readonly unneeded?: string | undefined;
  /** Whether something above has read it already, so that several derivatives add up. */
  readonly branches?: boolean;
}

/** Letters of a last affine map, and of what the head compares with. */
export interface Ending {
  readonly weight: string;
  readonly bias: string;
  readonly target: string;
}

/** A stage in its place in the diagram. */
export interface Place {
  readonly letters: Ending;
  readonly stage: StageSummary;
  readonly input: Value;
  /** Of a stage that goes around others, what it reads beside their output: what the first of them reads. */
  readonly around?: Value | undefined;
  /** What its letters carry where the diagram has others like them: "₂", or nothing. */
  readonly number: string;
  /** Whether it is the network's first, or last, stage. */
  readonly first: boolean;
  readonly last: boolean;
  /** Whether a stage or the head reads its output; else its losses are all that is read. */
  readonly isRead: boolean;
  /** Whether the head has a function of its own before the loss. */
  readonly activated: boolean;
}

/** What a stage leaves behind in the diagram. */
export interface Drawn {
  readonly output: Value;
  /** Letters of sizes: "m = 500 hidden units". */
  readonly sizes: readonly string[];
  /** Sentences below the picture; one that two stages have is written once. */
  readonly notes: readonly string[];
  /** The letter of its own loss. */
  readonly loss?: string | undefined;
}

/** Draws one kind of stage down the spine, from the arrow of what it reads to its last operation. */
export interface Drawer {
  draw(spine: Spine, place: Place): Drawn;
}

/** What += says where a value is read twice. */
export const ADDS = "+= adds to the derivative that the other way back brought.";

/** "h  [m] = 500", or "h  [500]" where its size has no letter. */
export const sized = ({ letter, size, shape }: Value): string =>
  size === undefined ? `${letter}  ${showShape(shape)}` : `${letter}  [${size}] = ${sizeOf(shape)}`;

/** The arrow into a stage: what it reads, and the derivative by it, which nobody needs where that is said. */
export function flowIn(spine: Spine, input: Value, slope: string, flow: { readonly reach?: number } = {}): void {
  const { letter, unneeded, branches } = input;
  const back = [`∂L/∂${letter} ${branches ? "+=" : "="} ${slope}`, ...(unneeded === undefined ? [] : [unneeded])];
  spine.flow(sized(input), back, { ...flow, quiet: unneeded !== undefined });
}

/** Why the derivative by a layer's output isn't needed, if it isn't. */
export const unneededOf = ({ estimator }: LayerSummary): string | undefined =>
  estimator && !estimator.card.readsPath ? "not needed: the estimator above reads L alone" : undefined;

/** Which units they are, and what they output: their sample where they draw noise. */
export function unitLines(
  { estimator, activation }: LayerSummary,
  { before, after }: { readonly before: string; readonly after: string },
): string[] {
  const formula = estimator?.unit.formula?.replace(/(?<!\p{L})a(?!\p{L})/gu, before);
  return [
    estimator?.card.title ?? activation,
    ...(formula ? [`${after} = ${formula}`] : []),
    ...(estimator?.unit.stochastic && !formula ? ["with fresh noise"] : []),
  ];
}

/** What the noise in a unit's formula is. */
export function noiseNotes({ estimator }: LayerSummary): string[] {
  const { stochastic = false, formula = "" } = estimator?.unit ?? {};
  if (!stochastic) return [];
  return [
    ...(formula.includes("u <")
      ? ["u: uniform in [0, 1), a fresh draw for each unit and example. 1[…] is 1 where … holds, else 0."]
      : []),
    ...(formula.includes("z") ? ["z: noise, a fresh draw for each unit and example."] : []),
  ];
}

/** The units behind a map, if any: h′ goes in and h comes out, or h is what the map outputs. */
export interface Units {
  readonly row: LayerSummary;
  readonly number: string;
  readonly before: string;
  readonly output: Value;
  readonly notes: readonly string[];
}

/** The letters of a row's units. */
export function ofUnits(row: LayerSummary, number: string, shape: Shape): Units {
  const letter = `h${number}`;
  return {
    ...{ row, number, before: row.estimator ? `${letter}′` : letter, notes: noiseNotes(row) },
    output: { letter, shape, unneeded: unneededOf(row) },
  };
}

/** Draws the units behind a map, if any, and gives what comes out. */
export function drawUnits(spine: Spine, { row, number, before, output }: Units): Value {
  if (!row.estimator) return output;
  const [units, after] = [`f${number}`, output.letter];
  spine.flow(sized({ letter: before, shape: output.shape }), backThroughUnits(row, { before, after, function: units }));
  spine.circle(units);
  spine.leftText(unitLines(row, { before, after }));
  return output;
}
