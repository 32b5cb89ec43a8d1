import { type Canvas, colours } from "./canvas.ts";

/** Half the height of an operation's circle. */
export const RADIUS = 17;
/** From one operation's edge to the next one's. */
const GAP = 50;
/** From one operation to the next. */
export const STEP = GAP + 2 * RADIUS;
/** The boxes of parameters: from the spine to their left edge. */
const BOX = { left: 406, width: 150, height: 48 };

export interface Flow {
  /** Drawn in grey: a derivative that nobody needs. */
  readonly quiet?: boolean;
  /** Half the height of the operation that the arrow leads to (default: a circle's). */
  readonly reach?: number;
  /** Where that operation stands (default: below, as close as the text allows). */
  readonly to?: number;
}

/** A value that flows into an operation from a box beside it, and its derivative that flows back. */
export interface Side {
  readonly letter: string;
  /** What is in the box below the letter, a line each. */
  readonly lines: readonly string[];
  /** Above the arrow. */
  readonly size?: string;
  /** Below the arrow; without any, nothing flows back. */
  readonly back: readonly string[];
}

/** Operations below each other: values flow down from one to the next, derivatives of the loss back up beside them. */
export class Spine {
  readonly canvas: Canvas;
  readonly x: number;
  /** From the spine to the derivatives. */
  readonly aside: number;
  /** Where the last operation stands, and half its height. */
  y: number;
  reach = RADIUS;

  constructor(canvas: Canvas, x: number, y: number, aside = 160) {
    this.canvas = canvas;
    this.x = x;
    this.y = y;
    this.aside = aside;
  }

  /** The arrow to the next operation: what flows down it, and what flows back. */
  flow(label: string, back: readonly string[] = [], { quiet = false, reach = RADIUS, to }: Flow = {}): void {
    const { canvas, x, y } = this;
    const colour = quiet ? colours.quiet : colours.back;
    const next = to ?? y + this.reach + GAP + 17 * Math.max(0, back.length - 2) + reach;
    const [from, end] = [y + this.reach, next - reach];
    const middle = (from + end) / 2;
    canvas.arrow(x, from, x, end - 1);
    canvas.text(x + 12, middle + 5, label);
    if (back.length > 0) canvas.back(x + this.aside, end, x + this.aside, from + 2, colour);
    back.forEach((line, i) => {
      canvas.text(x + this.aside + 12, middle + 5 + 17 * (i - (back.length - 1) / 2), line, { colour });
    });
    this.y = next;
    this.reach = reach;
  }

  /** The circle of an operation, where the spine stands or at `y`. */
  circle(sign: string, y = this.y): void {
    this.canvas.circle(this.x, y, RADIUS, sign);
  }

  /** What is said of the operation, on its left. */
  leftText(lines: readonly string[]): void {
    lines.forEach((line, i) => {
      this.canvas.text(this.x - RADIUS - 10, this.y + 5 + 16 * (i - (lines.length - 1) / 2), line, { anchor: "end" });
    });
  }

  /** What is said of the operation on its right, beyond its edge: values, and derivatives in their colour. */
  rightText(values: readonly string[], derivatives: readonly string[] = [], edge = RADIUS): void {
    const lines = values.length + derivatives.length;
    [...values, ...derivatives].forEach((line, i) => {
      const colour = i < values.length ? colours.flow : colours.back;
      this.canvas.text(this.x + edge + 10, this.y + 5 + 16 * (i - (lines - 1) / 2), line, { colour });
    });
  }

  /** A box on the left of the operation, whose edge is `edge` away from the spine; at `y` or where the spine stands. */
  side({ letter, lines, size, back }: Side, y = this.y, edge = RADIUS): void {
    const { canvas, x } = this;
    const height = BOX.height + 15 * (lines.length - 1);
    const left = x - BOX.left;
    const [right, end] = [left + BOX.width, x - edge - 2];
    canvas.box(left, y - height / 2, BOX.width, height);
    canvas.text(left + BOX.width / 2, y - 3 - 7.5 * (lines.length - 1), letter, { anchor: "middle", size: 15 });
    lines.forEach((line, i) => {
      canvas.text(left + BOX.width / 2, y + 15 + 15 * i - 7.5 * (lines.length - 1), line, {
        anchor: "middle",
        size: 12,
      });
    });
    if (back.length === 0) {
      canvas.arrow(right, y, end, y);
      if (size !== undefined) canvas.text(right + 12, y - 8, size);
      return;
    }
    canvas.arrow(right, y - 4, end, y - 4);
    if (size !== undefined) canvas.text((right + end) / 2, y - 11, size, { anchor: "middle" });
    canvas.back(end, y + 5, right + 3, y + 5);
    back.forEach((line, i) => {
      canvas.text((right + end) / 2, y + 22 + 16 * i, line, { anchor: "middle", colour: colours.back });
    });
  }

  /** A box below the last operation, whose value flows up into it; its derivatives below the arrow. */
  below({ letter, lines, back }: Omit<Side, "size">): void {
    const { canvas, x } = this;
    const y = this.y + 64 + 15 * (lines.length - 1);
    const [left, top] = [x - BOX.left, y - BOX.height / 2];
    canvas.box(left, top, BOX.width, BOX.height + 15 * (lines.length - 1));
    [letter, ...lines].forEach((line, i) => {
      canvas.text(left + BOX.width / 2, y - 3 + 18 * Math.min(i, 1) + 15 * Math.max(0, i - 1), line, {
        ...{ anchor: "middle", size: i === 0 ? 15 : 12 },
      });
    });
    const right = left + BOX.width;
    canvas.line(right, y - 4, x, y - 4);
    canvas.arrow(x, y - 4, x, this.y + RADIUS + 1);
    canvas.back(x, y + 5, right + 3, y + 5);
    back.forEach((line, i) => {
      canvas.text((right + x) / 2, y + 22 + 16 * i, line, { anchor: "middle", colour: colours.back });
    });
    this.y = y;
  }

  /** A box on the spine in place of a circle, its lines in the middle and the first one bold. */
  box(lines: readonly string[], width: number): void {
    const { canvas, x, y, reach } = this;
    canvas.box(x - width / 2, y - reach, width, 2 * reach);
    lines.forEach((line, i) => {
      canvas.text(x, y + 5 + 17 * (i - (lines.length - 1) / 2), line, { anchor: "middle", bold: i === 0 });
    });
  }

  /** Goes on from a value that came out further up: a circle of its own below everything. */
  again(letter: string, text: string): void {
    this.y += this.reach + GAP + RADIUS;
    this.reach = RADIUS;
    this.circle(letter);
    this.leftText([text]);
  }
}
