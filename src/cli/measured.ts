import { join } from "node:path";
import { type Backend, UserError } from "../index.ts";
import type { Choice, MeasuredRow, Measurement } from "../measure/index.ts";
import { measurementReport } from "../report/index.ts";
import { made } from "../report/made.ts";
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

interface Results {
  readonly settings: unknown;
  readonly points: readonly (Pick<Point, "at" | "rows"> & Partial<Point>)[];
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
  const text = await readText(file);
  if (text !== undefined) await refuseLinks(path, { deep: false });
  const fix = "move it away, and it is measured again";
  const before = text === undefined ? undefined : (unsealed(text, { name: file, fix }) as Results);
  if (before && JSON.stringify(before.settings) !== JSON.stringify(asJson))
    throw new UserError(`measure: ${path} holds a measurement with other settings: choose another folder`);
  await clearUnfinished(path);
  const rowsAt = new Map(before?.points.map(({ at, rows }) => [at, rows]));
  const write = (results: object) => writeAtomically(file, `${sealed({ settings: asJson, ...results }, 1)}\n`);
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
