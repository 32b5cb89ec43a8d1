import type { Ran } from "./training.svelte.ts";

/** A run with what it is called beside the others. */
export interface Named {
  readonly name: string;
  /** Its settings, as `runText` writes them. */
  readonly text: string;
  readonly ran: Ran | undefined;
  readonly isKept: boolean;
}

/** The variable of the style sheet with the colour of the i-th run. */
export const lineColour = (i: number): string => `--c${i + 1}`;
