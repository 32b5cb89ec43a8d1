import { join } from "node:path";
import { type Backend, UserError } from "../index.ts";
import { type Choice, isRow, type MeasuredRow, type Measurement } from "../measure/index.ts";
import { measurementReport } from "../report/index.ts";
import { made } from "../report/made.ts";
import { show } from "../rules.ts";
import {
  clearUnfinished,
  ensureFolder,
  type Lock,
  lockFolder,
  readText,
  refuseLinks,
  writeAtomically,
} from "../runs/index.ts";
import { sealed, unsealed } from "../runs/sealed.ts";
import { footnotes, measurementTable } from "./measurement.ts";

const RESULTS = "results.json";
const PAGE = "measure.html";

/** A measurement at a step of a training. */
export interface Point extends Measurement {
  readonly at: number;
}

/** The folder of a measurement: what is done is kept after every estimator, and taken up again by the same command. */
export interface Kept {
  readonly path: string | undefined;
  /** The rows that were measured at this step before. */
  rows(at: number): readonly MeasuredRow[];
  keep(at: number, rows: readonly MeasuredRow[]): Promise<void>;
  /** Everything, and a page to look at. */
  finish(points: readonly Point[], choices: readonly Choice[] | undefined, on: Backend): Promise<void>;
  /** Releases the folder, which is this process's until then. */
  close(): Promise<void>;
}

/** What is known of a step. */
type Known = Pick<Point, "at" | "rows">;

/** The points of a file. Throws UserError, naming it and what is wrong, where they are none: a checksum shows damage, and not who wrote the file. */
function pointsIn(points: unknown, file: string, fix: string): readonly Known[] {
  const refuse = (what: string, rule: string, value: unknown): never => {
    throw new UserError(`${file}: ${what} must be ${rule}, received ${show(value)}: ${fix}`);
  };
  if (!Array.isArray(points)) return refuse("points", "a list", points);
  return points.map((point: Partial<Known> | null, i) => {
    const { at, rows } = point ?? {};
    if (!Number.isSafeInteger(at) || at! < 0) refuse(`points[${i}].at`, "a whole number of steps", at);
    if (!Array.isArray(rows)) return refuse(`points[${i}].rows`, "a list", rows);
    const wrong = rows.findIndex((row) => !isRow(row));
    if (wrong >= 0) refuse(`points[${i}].rows[${wrong}]`, "what was measured of an estimator", rows[wrong]);
    return { at: at!, rows };
  });
}

/**
 * Opens the folder, or makes it. Without a path nothing is kept. Throws UserError where it holds a measurement with other settings, or
 * can't be read or written.
 */
export async function measurementFolder(path: string | undefined, settings: unknown): Promise<Kept> {
  if (path === undefined)
    return { path, rows: () => [], keep: async () => {}, finish: async () => {}, close: async () => {} };
  await ensureFolder(path);
  const lock = await lockFolder(path);
  try {
    return await keptIn(path, settings, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function keptIn(path: string, settings: unknown, lock: Lock): Promise<Kept> {
  const file = join(path, RESULTS);
  const asJson = JSON.parse(JSON.stringify(settings)) as unknown;
  await refuseLinks(path, { deep: false });
  const text = await readText(file);
  const fix = "move it away, and it is measured again";
  const before: { settings?: unknown; points?: unknown } | undefined =
    text === undefined ? undefined : unsealed(text, { name: file, fix });
  // In the form that is kept: NaN differs from itself.
  if (before && sealed({ of: before.settings }) !== sealed({ of: asJson }))
    throw new UserError(`measure: ${path} holds a measurement with other settings: choose another folder`);
  const known = before ? pointsIn(before.points, file, fix) : [];
  await clearUnfinished(path);
  const rowsAt = new Map(known.map(({ at, rows }) => [at, rows]));
  const write = async (results: object): Promise<void> => {
    await lock.check();
    await writeAtomically(file, `${sealed({ settings: asJson, ...results }, 1)}\n`);
  };
  return {
    path,
    rows: (at) => rowsAt.get(at) ?? [],
    async keep(at, rows) {
      rowsAt.set(at, [...rows]);
      await write({ points: [...rowsAt].map(([step, known]) => ({ at: step, rows: known })) });
    },
    async finish(points, choices, on) {
      await write({ made: Object.fromEntries(made(on)), points, choices });
      const html = await measurementReport({
        title: `Gradient estimators on ${points[0]!.problem.name}`,
        points,
        choices,
        notes: footnotes(points.at(-1)!),
        table: measurementTable,
        made: made(on),
      });
      await writeAtomically(join(path, PAGE), html);
    },
    close: () => lock.release(),
  };
}
