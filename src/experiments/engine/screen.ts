/** Text set off by weight or brightness, where it is shown on a terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

/** What an experiment sees of whoever started it: where it is shown how far it is, and what stops it. */
export interface Screen extends Style {
  /** Width in characters. */
  readonly columns: number;
  /** Shows where it stands, in a line that the next one replaces; where there is little room, without the last parts. */
  update(...parts: readonly string[]): void;
  /** The same with lines above it, where there is a terminal. */
  updateBelow(above: readonly string[], ...parts: readonly string[]): void;
  /** Shows text that stays, with a line feed at its end. */
  line(text: string): void;
  /** Says what went wrong, or why it ends. */
  complain(text: string): void;
  /** Gives the results as one line of JSON to a program. */
  result(json: string): void;
  /** Runs `work` with a signal that is aborted when it is to stop, after `onStop` was called. */
  stoppable<T>(onStop: () => void, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** The share of some work that is done, as a bar of `width` characters and in per cent. */
export function bar(share: number, width = 20): string {
  const done = Math.min(width, Math.max(0, Math.floor(width * share)));
  return `${"█".repeat(done)}${"░".repeat(width - done)} ${String(Math.floor(100 * share)).padStart(2)}%`;
}
