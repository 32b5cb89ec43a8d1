import { type Canvas, colours } from "./canvas.ts";

/** Width of the picture, and from its left edge to the spine: text of 13 can be read where the picture is shown 400 wide. */
export const WIDTH = 470;
export const CENTRE = 216;
/** Room at the picture's edges. */
const EDGE = 8;
/** Half the height of an operation's circle. */
export const RADIUS = 17;
/** Size of text, and from one line to the next. */
export const TEXT = 13;
const LINE = 17;
/** How far a line that goes on is set in. */
const SET_IN = 10;
/** Least distance from one operation's edge to the next one's. */
const GAP = 44;
/** From the spine to the arrow of derivatives, and to the texts beside both. */
const [BACK, BESIDE] = [12, 22];
/** From one line of what goes around operations to the next, at the right edge; between it and its derivatives; above where it leaves. */
const [LANE, APART, LEAVES] = [20, 7, 24];
/** The boxes of parameters, from the left edge of the picture. */
const BOX = { left: EDGE, width: 162, padding: 7 };

export interface Flow {
  /** Drawn in grey: a derivative that nobody needs. */
  readonly quiet?: boolean;
  /** Half the height of the operation that the arrow leads to (default: a circle's). */
  readonly reach?: number;
}

/** A value that flows into an operation from a box beside it, and its derivative that flows back. */
export interface Side {
  readonly letter: string;
  /** What is in the box below the letter, a line each. */
  readonly lines: readonly string[];
  /** The value's dimensions, the last line in the box. */
  readonly size?: string;
  /** Below the box; without any, nothing flows back. */
  readonly back: readonly string[];
}

interface Coloured {
  readonly text: string;
  /** Whether it continues the line above. */
  readonly isSetIn: boolean;
  readonly colour: string;
}

/** About how wide a text is, in pixels. */
const widthOf = (text: string): number => 0.6 * TEXT * Array.from(text.replace(/\p{M}/gu, "")).length;

/** Where a text may be broken: at spaces outside of parentheses, or at any space of a part that is too long. */
function partsOf(text: string, width: number): string[] {
  const parts: string[] = [];
  let depth = 0;
  for (const word of text.split(" ")) {
    if (parts.length > 0 && depth > 0) parts[parts.length - 1] += ` ${word}`;
    else parts.push(word);
    for (const c of word) depth += "([⟨".includes(c) ? 1 : ")]⟩".includes(c) ? -1 : 0;
  }
  return parts.flatMap((part) => (widthOf(part) > width - SET_IN ? part.split(" ") : [part]));
}

/** A text or a formula in lines of at most `width` pixels, all but the first of which are set in. */
export function linesOf(text: string, width: number): string[] {
  const lines = [""];
  for (const part of partsOf(text, width)) {
    const last = lines.at(-1)!;
    const longer = last === "" ? part : `${last} ${part}`;
    if (last !== "" && widthOf(longer) > width - (lines.length > 1 ? SET_IN : 0)) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Texts in lines with their colour. */
const wrapped = (texts: readonly string[], width: number, colour: string = colours.flow): Coloured[] =>
  texts.flatMap((text) => linesOf(text, width).map((line, i) => ({ text: line, isSetIn: i > 0, colour })));

/** Operations below each other: values flow down from one to the next, derivatives of the loss back up beside them. */
export class Spine {
  readonly canvas: Canvas;
  readonly x = CENTRE;
  /** Where the last operation stands, and half its height. */
  y: number;
  reach = RADIUS;
  /** Where texts end: those on the left, and those on the right of the last operation. */
  #left = 0;
  #right = 0;
  /** Where values leave that go around operations, the first to come back last. */
  readonly #leaving: number[] = [];
  #frame = 0;

  constructor(canvas: Canvas, y: number) {
    this.canvas = canvas;
    this.y = y;
  }

  /** Where texts on the right end. */
  get #edge(): number {
    return WIDTH - EDGE - LANE * this.#leaving.length;
  }

  /** The arrow to the next operation: what flows down it, and what flows back. */
  flow(label: string, back: readonly string[] = [], { quiet = false, reach = RADIUS }: Flow = {}): void {
    const { canvas, x, y } = this;
    const colour = quiet ? colours.quiet : colours.back;
    const room = this.#edge - x - BESIDE;
    const lines = [...wrapped([label], room), ...wrapped(back, room, colour)];
    const from = y + this.reach;
    const top = Math.max(from + 4, this.#right);
    const end = Math.max(from + GAP, top + LINE * lines.length + 9, this.#left + 24 - reach);
    const middle = (top + end) / 2;
    canvas.arrow(x, from, x, end - 1);
    if (back.length > 0) canvas.back(x + BACK, end, x + BACK, from + 2, colour);
    this.#write(lines, x + BESIDE, middle - (LINE * (lines.length - 1)) / 2 + 5);
    this.y = end + reach;
    this.reach = reach;
    this.#right = 0;
  }

  #write(lines: readonly Coloured[], x: number, baseline: number, anchor: "start" | "end" = "start"): void {
    lines.forEach(({ text, colour, isSetIn }, i) => {
      const left = isSetIn && anchor === "start" ? x + SET_IN : x;
      this.canvas.text(left, baseline + LINE * i, text, { anchor, colour, size: TEXT });
    });
  }

  /** The circle of an operation, where the spine stands. */
  circle(sign: string): void {
    this.canvas.circle(this.x, this.y, RADIUS, sign);
  }

  /** What is said of the operation, on its left. */
  leftText(texts: readonly string[]): void {
    const lines = wrapped(texts, this.x - RADIUS - 8 - EDGE);
    const half = (LINE * (lines.length - 1)) / 2;
    this.#write(lines, this.x - RADIUS - 8, this.y + 5 - half, "end");
    this.#left = Math.max(this.#left, this.y + half + LINE);
  }

  /** What is said of the operation on its right and below: values, and derivatives in their colour. */
  rightText(values: readonly string[], derivatives: readonly string[] = []): void {
    const x = this.x + Math.max(RADIUS + 8, BESIDE);
    const room = this.#edge - x;
    const lines = [...wrapped(values, room), ...wrapped(derivatives, room, colours.back)];
    this.#write(lines, x, this.y + 5);
    this.#right = Math.max(this.#right, this.y + LINE * lines.length);
  }

  /** Texts in the left column, right-aligned beside a line at `right` and around `y`: values, and derivatives. */
  column(values: readonly string[], derivatives: readonly string[], y: number, right: number): void {
    const room = right - 18 - EDGE;
    const lines = [...wrapped(values, room), ...wrapped(derivatives, room, colours.back)];
    this.#write(lines, right - 16, y + 5 - (LINE * (lines.length - 1)) / 2, "end");
  }

  /** What is said below the operation, on the right of the spine: a value, and derivatives in their colour. */
  note(text: string, derivatives: readonly string[] = []): void {
    const x = this.x + BESIDE;
    const top = Math.max(this.y + this.reach, this.#right);
    const room = this.#edge - x;
    const lines = [...wrapped([text], room), ...wrapped(derivatives, room, colours.back)];
    this.#write(lines, x, top + LINE);
    this.#right = top + LINE * (lines.length + 0.5);
  }

  /** A box on the left of the operation, whose edge is `edge` away from the spine. */
  side(side: Side, edge = RADIUS): void {
    const { canvas, x } = this;
    const lines = boxLines(side);
    const height = heightOf(lines);
    const y = Math.max(this.y, this.#left + 8 + height / 2);
    this.#box(side, y - height / 2);
    const [right, end] = [BOX.left + BOX.width, x - edge - 2];
    const at = Math.min(this.y, y + height / 2 - 8);
    const isLevel = Math.abs(y - this.y) < height / 2;
    const level = isLevel ? this.y : at;
    if (side.back.length === 0) canvas.arrow(right, level, end, level);
    else {
      canvas.arrow(right, level - 4, end, level - 4);
      canvas.back(end, level + 5, right + 3, level + 5);
    }
  }

  /** A box of which the picture's left column has the next free place, with its derivatives below it. */
  #box(side: Side, top: number): void {
    const { canvas } = this;
    const lines = boxLines(side);
    const height = heightOf(lines);
    canvas.box(BOX.left, top, BOX.width, height);
    canvas.text(BOX.left + BOX.width / 2, top + BOX.padding + 14, side.letter, { anchor: "middle", size: 15 });
    lines.forEach((line, i) => {
      const y = top + BOX.padding + 14 + 16 * (i + 1);
      canvas.text(BOX.left + BOX.width / 2, y, line, { anchor: "middle", size: TEXT });
    });
    const back = wrapped(side.back, this.x - RADIUS - 6 - BOX.left, colours.back);
    this.#write(back, BOX.left, top + height + 16);
    this.#left = top + height + (back.length > 0 ? LINE * back.length + 6 : 0);
  }

  /** A box below the last operation, whose value flows up into it. */
  below(side: Omit<Side, "size">): void {
    const { canvas, x } = this;
    const height = heightOf(boxLines(side));
    const top = Math.max(this.y + this.reach + 24, this.#left + 12);
    this.#box(side, top);
    const [right, y] = [BOX.left + BOX.width, top + height / 2];
    const foot = Math.max(this.y + RADIUS, this.#right) + 1;
    canvas.line(right, y - 4, x, y - 4);
    canvas.arrow(x, y - 4, x, foot);
    canvas.back(x, y + 5, right + 3, y + 5);
    this.y = top + height / 2;
    this.#right = 0;
  }

  /** A box in place of a circle, from a little left of the spine to the right, its lines below each other and the first one bold. */
  box(texts: readonly string[]): void {
    const { canvas, x, y, reach } = this;
    const left = x - BOX_EDGE;
    canvas.box(left, y - reach, WIDTH - EDGE - left, 2 * reach);
    texts.forEach((line, i) => {
      canvas.text(left + 10, y + 5 + LINE * (i - (texts.length - 1) / 2), line, { bold: i === 0, size: TEXT });
    });
  }

  /** Goes on from a value that came out further up: a circle of its own below everything. */
  again(letter: string, text: string): void {
    this.y = Math.max(this.y + this.reach + GAP, this.#left + 20, this.#right + 20) + RADIUS;
    this.reach = RADIUS;
    this.#right = 0;
    this.circle(letter);
    this.rightText([text]);
  }

  /** From here a value goes around the next operations, down the right edge, until `join`. */
  branch(): void {
    const { canvas, x } = this;
    const from = this.y + this.reach;
    this.y = Math.max(from, this.#right) + LEAVES;
    this.reach = 0;
    this.#right = 0;
    canvas.line(x, from, x, this.y);
    canvas.dot(x, this.y);
    this.#leaving.push(this.y);
  }

  /** What left last comes back into this operation, and its derivative goes the same way up, where it is needed. */
  join(isNeeded: boolean): void {
    const { canvas, x, y } = this;
    const left = this.#leaving.pop()!;
    const [lane, near] = [this.#edge - LANE + APART, x + RADIUS + 2];
    canvas.path(`M${x} ${left}H${lane}V${y - 4}H${near}`, { end: "flow" });
    if (!isNeeded) return;
    canvas.path(`M${near} ${y + 6}H${lane + APART}V${left - APART}H${x + BACK + 4}`, {
      stroke: colours.back,
      end: "back",
    });
    canvas.back(x + BACK, left - 2, x + BACK, left - LEAVES + 2);
  }

  /** Begins a frame around what follows, with a line that says what it stands for. */
  openFrame(title: string): void {
    const from = Math.max(this.y + this.reach, this.#left - 8, this.#right) + 14;
    const { canvas } = this;
    canvas.line(this.x, this.y + this.reach, this.x, from);
    this.#frame = from;
    const lines = linesOf(title, this.x - 2 * RADIUS - EDGE);
    lines.forEach((line, i) => canvas.text(EDGE + 6, from + 19 + LINE * i, line, { bold: true, size: TEXT }));
    this.#left = from + 14 + LINE * lines.length;
    [this.y, this.reach, this.#right] = [from, 0, from];
  }

  /** Ends it. */
  closeFrame(): void {
    const [top, bottom, left] = [this.#frame, this.bottom + 8, EDGE / 2];
    this.canvas.path(`M${left} ${top}H${WIDTH - left}V${bottom}H${left}Z`, { stroke: colours.quiet });
    [this.#left, this.#right] = [bottom, bottom + 6];
  }

  /** The lower end of all that is drawn. */
  get bottom(): number {
    return Math.max(this.y + this.reach, this.#left, this.#right);
  }
}

/** From the spine to the left edge of a box in place of a circle. */
export const BOX_EDGE = 24;

const boxLines = ({ lines, size }: Omit<Side, "back">): string[] =>
  [...lines, ...(size === undefined ? [] : [size])].flatMap((line) => linesOf(line, BOX.width - 4));
const heightOf = (lines: readonly string[]): number => 2 * BOX.padding + 18 + 16 * lines.length;
