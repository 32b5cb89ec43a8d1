import type { StageSummary } from "../models/model.ts";

/** A stage, with those that a residual one goes around. */
export interface Nested {
  readonly stage: StageSummary;
  /** First to last; none where it goes around nothing. */
  readonly inside: readonly Nested[];
}

/** The stages of a network in line, as a tree: those between what keeps its input and what joins it stand inside of the latter. */
export function nested(stages: readonly StageSummary[]): Nested[] {
  const open: Nested[][] = [[]];
  for (const stage of stages) {
    if (stage.keeps) open.push([]);
    else {
      const inside = stage.joins ? open.pop()! : [];
      open.at(-1)!.push({ stage, inside });
    }
  }
  return open[0]!;
}

/** What two stages that are alike have in common: all but their names and numbers. */
const signatureOf = ({ stage, inside }: Nested): string =>
  JSON.stringify([
    { ...stage.config, name: undefined },
    stage.rows.map(({ kind, input, output, parameters }) => ({ kind, input, output, parameters })),
    inside.map(signatureOf),
  ]);

/** Stages that follow each other and are alike, as one run; each of any other a run of its own. */
export function runsOf(stages: readonly Nested[]): (readonly Nested[])[] {
  const runs: Nested[][] = [];
  for (const stage of stages) {
    const before = runs.at(-1);
    if (before && signatureOf(before[0]!) === signatureOf(stage)) before.push(stage);
    else runs.push([stage]);
  }
  return runs;
}
