import type { OnLoadProgress } from "../data/index.ts";
import { COLUMNS, count, widthOf } from "../describe/format.ts";
import { isLive, type Output, type Terminal } from "./terminal.ts";

/** Where a long task stands: one line that is rewritten in a terminal, a line now and then in a pipe. */
export interface ProgressLine {
  /** Width of what it writes to, in characters. */
  readonly columns: number;
  /** Shows where it stands: `rest` follows `head` in a terminal as far as there is room. */
  update(...parts: readonly string[]): void;
  /** The same with lines above it, which a terminal alone shows. */
  updateBelow(above: readonly string[], ...parts: readonly string[]): void;
  /** Prints a line that stays. */
  line(text: string): void;
  /** Takes the live line away. */
  clear(): void;
}

const LIVE_MS = 100;
const PLAIN_MS = 10_000;

/** As many of the parts, in order and two spaces apart, as fit into `width` columns. */
export function fitting(parts: readonly string[], width: number): string {
  let text = "";
  for (const part of parts) {
    const longer = text === "" ? part : `${text}  ${part}`;
    if (widthOf(longer) > width) break;
    text = longer;
  }
  return text === ""
    ? Array.from(parts[0] ?? "")
        .slice(0, Math.max(0, width))
        .join("")
    : text;
}

/** All parts in as many lines as they need, two spaces apart; those of `last` follow as far as there is room in the last line. */
export function packed(parts: readonly string[], last: readonly string[], columns: number = COLUMNS): string {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 2 + widthOf(part) <= columns)
      lines[lines.length - 1] = `${line}  ${part}`;
    else lines.push(lines.length === 0 ? part : `  ${part}`);
  }
  return [...lines.slice(0, -1), fitting([lines.at(-1) ?? "", ...last], columns)].join("\n");
}

export function progressLine(
  stream: Output,
  env: Terminal["env"],
  now: () => number = () => performance.now(),
): ProgressLine {
  const live = isLive(stream, env);
  // Lines on the screen that are rewritten.
  let shown = 0;
  // In a pipe the first line is due after a while: a short task needs none.
  let last = live ? Number.NEGATIVE_INFINITY : now();
  const erasing = (): string => `\r${shown > 1 ? `\x1b[${shown - 1}A\x1b[J` : "\x1b[2K"}`;
  const clear = () => {
    if (shown > 0) stream.write(erasing());
    shown = 0;
  };
  const show = (above: readonly string[], parts: readonly string[]): void => {
    const time = now();
    if (time - last < (live ? LIVE_MS : PLAIN_MS)) return;
    last = time;
    const width = stream.columns || COLUMNS;
    if (!live) {
      stream.write(`${fitting(parts, width)}\n`);
      return;
    }
    // The last column stays free: some terminals wrap when it is written.
    const lines = [...above.map((line) => fitting([line], width - 1)), fitting(parts, width - 1)];
    stream.write(`${erasing()}${lines.join("\n")}`);
    shown = lines.length;
  };
  return {
    columns: stream.columns || COLUMNS,
    clear,
    update: (...parts) => show([], parts),
    updateBelow: (above, ...parts) => show(above, parts),
    line(text) {
      clear();
      stream.write(`${text}\n`);
      if (!live) last = now();
    },
  };
}

/** Shows how far the reading of a data set is. */
export const loading =
  (progress: ProgressLine): OnLoadProgress =>
  ({ what, done, total, perSecond }) =>
    progress.update(`reading ${count(done)} of ${count(total)} ${what}`, `${count(perSecond)} a second`);
