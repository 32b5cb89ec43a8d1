/** A dense net that was trained for comparison: its hidden units and its validation error in per cent. */
export interface DenseRun {
  readonly width: number;
  readonly error: number;
}

/** How wide a dense net must be to err as little. A width is undefined where the runs don't reach far enough to tell. */
export interface MatchedWidth {
  readonly width: number | undefined;
  /** The widths at one standard error more and one less. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** The standard error, in per cent, of an error rate in per cent over n examples. */
export const errorOfRate = (error: number, examples: number): number =>
  100 * Math.sqrt(((error / 100) * (1 - error / 100)) / examples);

/**
 * The width of a dense net with the given error, between the widths that were trained: errors are taken to be linear in the logarithm
 * of the width between the narrowest run that reaches the error and the next narrower one.
 * @param error         per cent
 * @param standardError of that error, per cent
 */
export function matchedWidth(runs: readonly DenseRun[], error: number, standardError: number): MatchedWidth {
  const sorted = [...runs].sort((a, b) => a.width - b.width);
  const at = (wanted: number): number | undefined => {
    const i = sorted.findIndex((run) => run.error <= wanted);
    if (i < 0) return undefined;
    const [reached, before] = [sorted[i]!, sorted[i - 1]];
    if (before === undefined) return reached.width;
    const share = (before.error - wanted) / (before.error - reached.error);
    return Math.round(before.width * (reached.width / before.width) ** share);
  };
  return { width: at(error), low: at(error + standardError), high: at(error - standardError) };
}
