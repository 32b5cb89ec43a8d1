import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { datasetFor, overlay, resolveConfig } from "../../config/index.ts";
import { type Dataset, inMemory } from "../../data/index.ts";
import { isTableFile } from "../../data/table-text.ts";
import { clock, count, jsonLine } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { describeImages, imagesPage, imagesText } from "../../explore/images.ts";
import { isArrayFile, isTable, readArrays } from "../../explore/read-arrays.ts";
import { studyTable } from "../../explore/study.ts";
import type { Table } from "../../explore/table.ts";
import { baselinesText } from "../../explore/text.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { writeAtomically } from "../../runs/index.ts";
import { Interrupted } from "../../train/index.ts";
import { loading, progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";

export interface ExploreFlags {
  readonly target?: string;
  readonly as?: "values" | "classes";
  readonly omit?: string;
  readonly test?: string;
  readonly sample?: string;
  readonly folds?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Looks at a table or at images before modelling: what to mend, what each column holds, and what simple models reach. */
export async function exploreCommand(file: string, flags: ExploreFlags, terminal: Terminal): Promise<number> {
  const { as, out } = flags;
  if (out !== undefined && !/\.html?$/i.test(out))
    throw new UserError(`explore: --out must end in .html, received ${out}`);
  if (out !== undefined && !(await stat(dirname(out)).catch(() => undefined))?.isDirectory())
    throw new UserError(`explore: --out needs a folder that exists, ${dirname(out)} does not`);
  if (as !== undefined) checkChoice("explore: --as", as, ["values", "classes"] as const);
  if (as !== undefined && flags.target === undefined)
    throw new UserError(`explore: --as says how a target is taken, received ${as} without --target`);
  const { sample: _, folds: __, ...texts } = flags;
  const given = { ...texts, ...numbersOf(flags) };
  return interruptible(
    terminal,
    () => {},
    async (signal) => {
      const around = { terminal, signal };
      if (isTableFile(file)) return exploreTable(file, given, around);
      if (!isArrayFile(file)) return exploreData(file, given, around);
      const read = await readArrays(file, given.omit?.split(","));
      return isTable(read) ? exploreTable(read, given, around) : exploreData(file, given, around, read);
    },
  ).catch((error) => {
    if (error instanceof Interrupted || (error instanceof Error && error.name === "AbortError")) return STOPPED;
    throw error;
  });
}

/** Images by the name of their data set, or of their folder, or those that were read. */
async function exploreData(
  name: string,
  flags: Numbered,
  { terminal, signal }: Surroundings,
  read?: Dataset,
): Promise<number> {
  const { out, json, ...ofTables } = flags;
  const [given] = Object.keys(ofTables);
  if (given !== undefined)
    throw new UserError(
      `explore: --${given} is for tables (.csv, .tsv, .arff, .jsonl, .parquet), received it for ${name}`,
    );
  const progress = progressLine(terminal.err, terminal.env);
  const data = await inMemory(
    read ?? (await datasetFor(resolveConfig(overlay({}, { data: name }), "data"), loading(progress))),
  );
  signal.throwIfAborted();
  const found = describeImages(data);
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

async function exploreTable(
  file: string | Table,
  flags: Numbered,
  { terminal, signal }: Surroundings,
): Promise<number> {
  const progress = progressLine(terminal.err, terminal.env);
  const { omit, out, json, ...asked } = flags;
  const left = timeLeft();
  const setting = { columns: roomFor(terminal.out, false), bold: styleFor(terminal.out, terminal.env).bold };
  const print = (text: string): void => {
    progress.clear();
    terminal.out.write(`${text}\n`);
  };
  try {
    const study = await studyTable(
      file,
      { ...asked, omit: omit?.split(",") },
      {
        signal,
        onBytes(done, total) {
          progress.update(`reading ${count(done / 2 ** 20)} of ${count(total / 2 ** 20)} MiB`, ...left(done, total));
          signal.throwIfAborted();
        },
        onDescribed: (text) => json || print(text(setting)),
        onFit: (name, done, total) =>
          progress.update(`baselines: ${done} of ${total} fits`, name, ...left(done, total)),
      },
    );
    const { exploration, baselines } = study;
    if (json) print(jsonLine({ ...exploration, ...(baselines && { baselines }) }));
    else if (baselines) print(`\n${baselinesText(baselines, setting)}`);
    if (out !== undefined) {
      await writeAtomically(out, await study.page());
      if (!json) print(`\npage: ${out}`);
    }
  } finally {
    progress.clear();
  }
  return 0;
}

/** How long something takes that begins when its first part is done; nothing before. */
function timeLeft(): (done: number, total: number) => string[] {
  let [begun, first] = [performance.now(), 0];
  return (done, total) => {
    if (done <= first) [begun, first] = [performance.now(), done];
    const rate = (done - first) / (performance.now() - begun);
    return rate > 0 && Number.isFinite(rate) ? [`${clock((total - done) / rate / 1000)} left`] : [];
  };
}
