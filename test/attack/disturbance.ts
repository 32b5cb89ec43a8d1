/** What is done to a command while it runs. Calls are those of the file system whose path lies in a folder, from 1. */
export interface Disturbance {
  /** The folder (default: all paths). */
  readonly within?: string;
  /** Kills the process before this call of those that change something; a write counts twice, and the second kill comes when half of it is done. */
  readonly killAt?: number;
  /** Calls, from one on, that fail with an error of the system; a write leaves its first half. A full disk can still be read. */
  readonly fail?: { readonly code: string; readonly from: number; readonly calls?: number };
  /** Milliseconds by which each call takes longer. */
  readonly slowMs?: number;
  readonly clock?: ClockFault;
  /** Where the numbers of calls are written at the end. */
  readonly report?: string;
}

/** What a clock does: stands still, goes back by an hour or forward by a year at every tenth look, or is a hundred years behind. */
export type ClockFault = "still" | "back" | "forward" | "behind";

/** What a disturbed process leaves in `report`. */
export interface Counted {
  readonly changing: number;
  readonly all: number;
  /** Writes of a file that began while another one of the same file was under way. */
  readonly overlaps: readonly string[];
}
