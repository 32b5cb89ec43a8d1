import { startBackend } from "../../backends/select.ts";
import { datasetFor, overlay, resolveConfig } from "../../config/index.ts";
import { inMemory } from "../../data/index.ts";
import { isTableFile } from "../../data/table-text.ts";
import { clock, count, jsonLine } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { type Baselines, crossValidate } from "../../explore/cross-validate.ts";
import { explore } from "../../explore/explore.ts";
import type { Feature } from "../../explore/features.ts";
import { exploreImages, imagesPage, imagesText } from "../../explore/images.ts";
import { explorationPage } from "../../explore/page.ts";
import { readTable } from "../../explore/read.ts";
import { sampleOf } from "../../explore/sample.ts";
import { baselinesText, explorationText } from "../../explore/text.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { writeAtomically } from "../../runs/index.ts";
import { Interrupted } from "../../train/index.ts";
import { loading, type ProgressLine, progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";

export interface ExploreFlags {
  readonly target?: string;
  readonly as?: "values" | "classes";
  readonly omit?: string;
  readonly sample?: string;
  readonly folds?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Rows that a page draws. */
const DRAWN = 5000;

/** Looks at a table or at images before modelling: what to mend, what each column holds, and what simple models reach. */
export async function exploreCommand(file: string, flags: ExploreFlags, terminal: Terminal): Promise<number> {
  const { as, out } = flags;
  if (out !== undefined && !/\.html?$/i.test(out))
    throw new UserError(`explore: --out must end in .html, received ${out}`);
  if (as !== undefined) checkChoice("explore: --as", as, ["values", "classes"] as const);
  if (as !== undefined && flags.target === undefined)
    throw new UserError(`explore: --as says how a target is taken, received ${as} without --target`);
  const { sample: _, folds: __, ...texts } = flags;
  const given = { ...texts, ...numbersOf(flags) };
  return interruptible(
    terminal,
    () => {},
    (signal) => {
      const around = { terminal, signal };
      return isTableFile(file) ? exploreTable(file, given, around) : exploreData(file, given, around);
    },
  ).catch((error) => {
    if (error instanceof Interrupted || (error instanceof Error && error.name === "AbortError")) return STOPPED;
    throw error;
  });
}

/** Images by the name of their data set, or of their folder. */
async function exploreData(name: string, flags: Numbered, { terminal, signal }: Surroundings): Promise<number> {
  const { out, json, ...ofTables } = flags;
  const [given] = Object.keys(ofTables);
  if (given !== undefined)
    throw new UserError(`explore: --${given} is for tables (.csv, .tsv, .arff, .jsonl), received it for ${name}`);
  const progress = progressLine(terminal.err, terminal.env);
  const config = resolveConfig(overlay({}, { data: name }), "data");
  const data = await inMemory(await datasetFor(config, loading(progress)));
  signal.throwIfAborted();
  const found = exploreImages(data);
  progress.clear();
  const { bold } = styleFor(terminal.out, terminal.env);
  const text = json ? jsonLine(found) : imagesText(found, { columns: roomFor(terminal.out, false), bold });
  terminal.out.write(`${text}\n`);
  if (out !== undefined) {
    await writeAtomically(out, await imagesPage(data, found));
    if (!json) terminal.out.write(`\npage: ${out}\n`);
  }
  return 0;
}

/** Where a command writes, and what stops it. */
interface Surroundings {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The flags with their numbers read. */
type Numbered = Omit<ExploreFlags, "sample" | "folds"> & { readonly sample?: number; readonly folds?: number };

/** The numbers among the flags; throws UserError for those that aren't. */
function numbersOf({ sample, folds }: ExploreFlags): { sample?: number; folds?: number } {
  const read = (name: string, text: string, atLeast: number): number => {
    const value = numberOrText(text);
    checkNumber(`explore: --${name}`, value, { whole: true, atLeast, atMost: name === "folds" ? 100 : 2 ** 31 });
    return value;
  };
  return {
    ...(sample !== undefined && { sample: read("sample", sample, 10) }),
    ...(folds !== undefined && { folds: read("folds", folds, 2) }),
  };
}

async function exploreTable(file: string, flags: Numbered, { terminal, signal }: Surroundings): Promise<number> {
  const progress = progressLine(terminal.err, terminal.env);
  const begun = performance.now();
  const onBytes = (done: number, total: number): void => {
    const left = (((performance.now() - begun) / 1000) * (total - done)) / done;
    progress.update(`reading ${count(done / 2 ** 20)} of ${count(total / 2 ** 20)} MiB`, `${clock(left)} left`);
    signal.throwIfAborted();
  };
  const table = await readTable(file, { omit: flags.omit?.split(","), onBytes });
  const { exploration, features, target } = explore(table, { target: flags.target, as: flags.as });
  progress.clear();
  const { bold } = styleFor(terminal.out, terminal.env);
  const setting = { columns: roomFor(terminal.out, false), bold };
  if (!flags.json) terminal.out.write(`${explorationText(exploration, setting)}\n`);
  const baselines = target && (await baselinesOf(features, target, flags, progress, signal));
  if (flags.json) terminal.out.write(`${jsonLine({ ...exploration, ...(baselines && { baselines }) })}\n`);
  else if (baselines) terminal.out.write(`\n${baselinesText(baselines, setting)}\n`);
  if (flags.out !== undefined) {
    const rows = sampleOf(table.rows, flags.sample ?? DRAWN);
    await writeAtomically(flags.out, await explorationPage({ table, exploration, features, target, baselines, rows }));
    if (!flags.json) terminal.out.write(`\npage: ${flags.out}\n`);
  }
  return 0;
}

/** Cross-validates the baselines, and says how long it still takes. */
async function baselinesOf(
  features: readonly Feature[],
  target: Feature,
  { sample, folds }: { readonly sample?: number; readonly folds?: number },
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<Baselines> {
  const backend = await startBackend();
  const begun = performance.now();
  const onFit = (name: string, done: number, total: number): void => {
    const left = (((performance.now() - begun) / 1000) * (total - done)) / done;
    progress.update(`baselines: ${done} of ${total} fits`, name, ...(done > 0 ? [`${clock(left)} left`] : []));
  };
  try {
    return await crossValidate(features, target, { sample, folds, backend, signal, onFit });
  } finally {
    progress.clear();
    await backend.close();
  }
}
