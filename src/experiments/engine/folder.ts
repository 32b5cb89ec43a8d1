import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { show } from "../../rules.ts";
import {
  clearUnfinished,
  ensureFolder,
  fileError,
  files,
  isLock,
  lockFolder,
  lockFolderOfDead,
  newFolder,
  readText,
  refuseLinks,
  removeFile,
  temporaryEnd,
  writeAtomically,
} from "../../runs/index.ts";
import { differences } from "./differences.ts";
import { RECORDS } from "./records.ts";

export const PLAN = "plan.json";
export const REPORT = "report.html";
/** Of the tasks that have ended, where the study was stopped. */
export const PARTIAL = "partial-report.html";
export const RESULTS = "results.json";
export const TABLES = "results.md";
export const FIGURES = "results.csv";
export const LATEX = "results.tex";
export const PICTURE = "figure.svg";
/** The same for a paper and for slides. */
export const PICTURE_PDF = "figure.pdf";
export const PICTURE_PNG = "figure.png";

/** The folder of a study, which is this process's until it is released. */
export interface StudyFolder {
  readonly path: string;
  /** Whether a study with the same plan was begun there. */
  readonly resumed: boolean;
  /** Writes the plan, where it isn't there: nothing that was refused before leaves one. */
  begin(): Promise<void>;
  /** Throws FileError where another process has taken the folder since. */
  check(): Promise<void>;
  /** Aborted with that error, once it is seen. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface Asked {
  readonly path: string;
  readonly numbered: boolean;
  readonly plan: object;
  /** What the plan is of, in a word: "sweep". */
  readonly kind?: string | undefined;
  /** Whether this plan may take the place of another one: it resumes that study, and adds to it. */
  readonly isExtended?: ((before: object) => boolean) | undefined;
  /** Called where a lock of another machine is waited for. */
  readonly onWait?: ((why: string) => void) | undefined;
}

/**
 * Opens the folder of a study: `path` itself, or below it the one with the last number, where it has the same plan and no report yet,
 * otherwise one with the next number. Threads don't belong to a plan: they change no result.
 * A plan that extends the one that is there, or that finds no more than a plan there, takes its place.
 * Throws UserError, naming `subject`, where the folder is another study's or something else's, and where another process has it. With
 * `onWait`, waits first for the end of a lock whose machine may be dead.
 */
export async function openFolder(
  subject: string,
  { path, numbered, plan, onWait, kind = "experiment", isExtended = () => false }: Asked,
): Promise<StudyFolder> {
  const text = `${JSON.stringify(plan, (key, value) => (key === "threads" ? undefined : value), 2)}\n`;
  const at = numbered ? await lastOrNext(path, text) : path;
  if (!numbered) await ensureFolder(at);
  const lock = await (onWait ? lockFolderOfDead(at, onWait) : lockFolder(at));
  try {
    await refuseLinks(at, { deep: false });
    const before = await readText(join(at, PLAN));
    if (before === undefined) checkFree(subject, at, await entries(at));
    const old = before === undefined || before === text ? undefined : planIn(before, join(at, PLAN));
    const isBegun = before !== undefined && (before === text || !(await isEmpty(at)));
    if (old && isBegun && !isExtended(old))
      throw new UserError(
        `${subject}: ${at} holds another ${kind} (${differences(JSON.parse(text), old)}): restore that, or give another folder with --out`,
      );
    await clearUnfinished(at);
    return {
      ...{ path: at, resumed: isBegun },
      ...{ check: lock.check, lost: lock.lost, release: lock.release },
      async begin() {
        if (before !== text) await writeAtomically(join(at, PLAN), text);
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whether a folder has no more than a plan: a study was refused there before its first task. */
const isEmpty = async (path: string): Promise<boolean> =>
  (await entries(path)).every((name) => name === PLAN || name.endsWith(temporaryEnd));

function planIn(text: string, path: string): object {
  const plan = parseJson(text, path);
  if (typeof plan !== "object" || plan === null)
    throw new UserError(`${path} must be an object, received ${show(plan)}`);
  return plan;
}

/** The names of files that a study would write over, or that say that the folder is a training's. */
const taken: readonly string[] = [RECORDS, RESULTS, TABLES, FIGURES, REPORT, files.config, files.checkpoint];

function checkFree(subject: string, path: string, found: readonly string[]): void {
  const own = found.filter((name) => taken.includes(name));
  if (own.length > 0)
    throw new UserError(
      `${subject}: ${path} must be a study's folder or have none of its files, it holds ${own.join(", ")}: choose another folder`,
    );
}

async function lastOrNext(root: string, text: string): Promise<string> {
  const numbers = (await entries(root)).filter((name) => /^\d+$/.test(name)).map(Number);
  const last = Math.max(0, ...numbers);
  if (last > 0) {
    const folder = join(root, String(last));
    const found = await entries(folder);
    if (!found.includes(REPORT) && (await readText(join(folder, PLAN))) === text) return folder;
    // A process that was killed, or refused what it was given, before it wrote its plan left nothing else.
    if (found.every((name) => name.endsWith(temporaryEnd))) {
      for (const name of found) await removeFile(join(folder, name));
      return folder;
    }
  }
  return newFolder((i) => join(root, String(last + i)));
}

/** The names in a folder without locks; none where it doesn't exist. */
const entries = (folder: string): Promise<string[]> =>
  readdir(folder).then(
    (names) => names.filter((name) => !isLock(name)),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw fileError("read", folder, error);
    },
  );
