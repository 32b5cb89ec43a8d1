import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { backendNames, startBackend } from "../../backends/select.ts";
import { modelTitle } from "../../describe/architecture.ts";
import { count, jsonLine, percent, wrap } from "../../describe/format.ts";
import { metricText } from "../../describe/metrics.ts";
import { shownTable } from "../../describe/table.ts";
import type { Model } from "../../models/model.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { type PruningRow, pruningTable } from "../../train/index.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { trainedRun } from "../trained.ts";

export interface PruneFlags {
  readonly threshold?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly json?: boolean;
}

/** Signal-to-noise ratios below which weights are pruned. */
const THRESHOLDS = [0.1, 0.25, 0.5, 1, 2, 3];

/** Reports how good a network with learned weight noise is once its uncertain weights are 0. */
export async function pruneCommand(folder: string, flags: PruneFlags, terminal: Terminal): Promise<number> {
  const thresholds = flags.threshold === undefined ? THRESHOLDS : thresholdsIn(flags.threshold);
  const { backend: name = "auto" } = flags;
  const threads = numberOrText(flags.threads ?? "1");
  checkChoice("prune: --backend", name, backendNames);
  checkNumber("prune: --threads", threads, { whole: true, atLeast: 1, atMost: MOST_THREADS });
  const { model, data, snapshot } = await trainedRun("prune", folder);
  const { seed, samples } = snapshot.identity.training;
  const backend = await startBackend(name, { threads });
  const stream = flags.json ? terminal.err : terminal.out;
  try {
    stream.write(`${wrap(`${modelTitle(model)} of ${folder}`, stream.columns)}\n`);
    const rows = await interruptible(
      terminal,
      () => terminal.err.write("stopping\n"),
      (signal) => pruningTable(model, data, snapshot.best, [0, ...thresholds], { backend, seed, samples, signal }),
    );
    stream.write(
      `${pruningText(model, rows, { ...styleFor(stream, terminal.env), columns: roomFor(stream, false) })}\n`,
    );
    if (flags.json) terminal.out.write(`${jsonLine({ run: folder, rows })}\n`);
    return 0;
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    return STOPPED;
  } finally {
    await backend.close();
  }
}

/** How text is set. */
interface Setting {
  bold(text: string): string;
  /** The room in characters. */
  readonly columns: number;
}

/** The rows as aligned columns; the first is the network before it was pruned. */
function pruningText({ head }: Model, rows: readonly PruningRow<string>[], { columns, bold }: Setting): string {
  const chosen = head.metrics.find(({ name }) => name === head.select.metric)!;
  const { title = chosen.name } = chosen;
  const body = rows.map(({ threshold, weights, remaining, valid, test }) => [
    threshold === 0 ? "none" : `|μ|/σ < ${threshold}`,
    count(remaining),
    percent((100 * remaining) / weights),
    metricText(chosen, valid[chosen.name]),
    metricText(chosen, test[chosen.name]),
  ]);
  const top = ["pruned", "weights", "remaining", `validation ${title}`, `test ${title}`];
  return shownTable([top, ...body], { columns, bold, right: [1, 2, 3, 4] });
}

const thresholdsIn = (text: string): number[] =>
  text.split(",").map((part) => {
    const threshold = numberOrText(part.trim());
    checkNumber("prune: --threshold", threshold, { above: 0 });
    return threshold;
  });
