import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { Backend } from "../../src/backends/backend.ts";
import { startBackend } from "../../src/backends/select.ts";
import { measurementFolder } from "../../src/cli/measured.ts";
import { footnotes, measurementTable } from "../../src/cli/measurement.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { choose, type Measurement, measureProblem, toyProblem } from "../../src/measure/index.ts";
import { sealed } from "../../src/runs/sealed.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { mutateJson } from "./mutate.ts";
import { pipeIn } from "./pipe.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Folders that `heaviside measure` has left, with something wrong: taken up with the rows that they hold, or refused, and nothing written outside of them. */
export const measurements: Suite = {
  name: "measurements",
  about: "folders of measurements with something wrong, opened, resumed and finished",
  cases: 200,
  full: 100_000,
  async run(options) {
    const on = await startBackend("reference", {});
    try {
      const measured = await measurement(on);
      return await eachCase(options, (seed) => oneCase(new Draws(seed), { home: options.folder, on, measured }));
    } finally {
      await on.close();
    }
  },
};

const problem = toyProblem({ target: 0.45, units: 3 });
const estimators = ["disarm", "straight-through", { name: "rebar", temperature: 0.5 }, "sigmoid"] as const;
const settings = { target: 0.45, units: 3, options: { estimators, replicates: 40, seed: 7, words: ["NaN", "Infinity"] } }; // biome-ignore format: one line

const measurement = (backend: Backend): Promise<Measurement> =>
  measureProblem(problem, { estimators, replicates: 40, warmup: 0, seed: 7, backend });

interface Setting {
  readonly home: string;
  readonly on: Backend;
  /** What all folders hold rows of. */
  readonly measured: Measurement;
}
type Rows = Measurement["rows"];
type Points = readonly { readonly at: number; readonly rows: Rows }[];

/** What a file holds of a value: JSON, with words for numbers that it lacks. */
const inFile = <T>(value: T): T => (JSON.parse(sealed({ value })) as { value: T }).value;
const asText = (value: unknown): string => JSON.stringify(value);

/** What a file says, with the checksum of that. */
const withChecksum = (found: object): string =>
  JSON.stringify({ ...found, checksum: crc32(new TextEncoder().encode(JSON.stringify(found))) }, undefined, 1);

/** Everything beside a folder, by name and contents: nobody is to change it. */
const SECRET = "nobody writes this";

async function oneCase(draws: Draws, setting: Setting): Promise<string> {
  const { home } = setting;
  const folder = mkdtempSync(join(home, "measured-"));
  const secret = join(home, `secret-${basename(folder)}`);
  writeFileSync(secret, SECRET);
  try {
    const written = inFile(await begun(folder, draws, setting));
    const wanted = changed(folder, written, draws, { home, secret });
    const outcome = await resumed(folder, wanted, draws, setting);
    if (readFileSync(secret, "utf8") !== SECRET) throw new Error("a file beside the folder has changed");
    return outcome;
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(secret);
  }
}

/** Leaves a folder as a measurement does that was stopped, or as one that came to its end. */
async function begun(folder: string, draws: Draws, { on, measured }: Setting): Promise<Points> {
  const kept = await measurementFolder(folder, settings);
  const points: { at: number; rows: Rows }[] = [];
  for (const at of [0, 100, 2000].slice(0, draws.below(4))) {
    const rows = measured.rows.slice(0, 1 + draws.below(measured.rows.length));
    await kept.keep(at, rows);
    points.push({ at, rows });
  }
  if (draws.oneIn(60) && points.length > 0)
    await kept.finish(points.map((point) => ({ ...measured, ...point })), undefined, on); // biome-ignore format: one line
  await kept.close();
  return points;
}

/** What a folder must be taken up with: rows of some steps; "refused"; or either, where a rule of the reader decides. */
type Wanted = Points | typeof REFUSED | { readonly either: Points };

/** Does something to a folder, or nothing. */
function changed(
  folder: string,
  points: Points,
  draws: Draws,
  { home, secret }: { home: string; secret: string },
): Wanted {
  // biome-ignore format: one line
  const file = join(folder, "results.json");
  const isThere = points.length > 0;
  const text = isThere ? readFileSync(file, "utf8") : sealed({ settings, points: [] }, 1);
  const instead = (put: () => void): typeof REFUSED => {
    rmSync(file, { force: true });
    put();
    return REFUSED;
  };
  const beside = (put: () => void, wanted: Wanted): Wanted => {
    put();
    return wanted;
  };
  const lock = join(folder, `.lock-${draws.of([1, 2, 9])}`);
  const kinds: (() => Wanted)[] = [
    ...Array.from({ length: 6 }, () => () => points),
    ...Array.from({ length: 4 }, () => () => renumbered(file, text, draws)),
    () => damaged(file, text, draws, points),
    () => damaged(file, text, draws, points),
    () => forged(file, text, draws),
    () => forged(file, text, draws),
    () => forged(file, text, draws),
    () => forged(file, text, draws),
    () => instead(() => linkSync(pipeIn(home), file)),
    () => instead(() => mkdirSync(file)),
    () => instead(() => symlinkSync(secret, file)),
    () => instead(() => symlinkSync(join(home, "nowhere"), file)),
    () => instead(() => symlinkSync(secret, join(folder, "other.html"))),
    () => beside(() => writeFileSync(join(folder, "results.json.1.unfinished"), text.slice(0, 50)), points),
    () => beside(() => mkdirSync(join(folder, "folder.unfinished")), { either: points }),
    () => beside(() => writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: "nowhere", since: "" })), REFUSED),
    () => beside(() => writeFileSync(lock, draws.of(["{", "[]", "null", '{"pid":"x"}', "\0"])), { either: points }),
    () => beside(() => linkSync(pipeIn(home), lock), REFUSED),
    () => beside(() => mkdirSync(lock), REFUSED),
  ];
  return draws.of(kinds)();
}

/** Damage is found by the checksum, unless what is left is the same JSON. */
function damaged(file: string, text: string, draws: Draws, points: Points): Wanted {
  const bytes = draws.of(Object.values(damages))(Buffer.from(text), draws);
  writeFileSync(file, bytes);
  try {
    if (JSON.stringify(JSON.parse(Buffer.from(bytes).toString())) === JSON.stringify(JSON.parse(text))) return points;
  } catch {}
  return REFUSED;
}

/** A file that says something else, with the checksum of what it says. */
function forged(file: string, text: string, draws: Draws): Wanted {
  const { checksum: _, ...results } = JSON.parse(text);
  const other = mutateJson(results, draws) as { settings?: unknown; points?: Points };
  writeFileSync(file, withChecksum(typeof other === "object" && other !== null ? other : { other }));
  if (asText(other?.settings) !== asText(inFile(settings))) return REFUSED;
  return Array.isArray(other.points) ? { either: other.points } : REFUSED;
}

/** The same rows with other numbers: nothing is wrong with them but that nobody measured them. */
function renumbered(file: string, text: string, draws: Draws): Wanted {
  const strange = [0, -1, 1e308, -1e-320, 0.5, 3, "NaN", "Infinity", "-Infinity"];
  const isFigure = (key: string) => ["value", "low", "high", "biasP", "mm", "mg", "gg", "variance", "p"].includes(key);
  const { checksum: _, ...results } = JSON.parse(text, (key, value) =>
    isFigure(key) && typeof value === "number" && draws.oneIn(30) ? draws.of(strange) : value,
  );
  writeFileSync(file, withChecksum(results));
  return results.points;
}

/** Opens a folder again, looks at what it is taken up with, and goes on. */
async function resumed(folder: string, wanted: Wanted, draws: Draws, { on, measured }: Setting): Promise<string> {
  const own = "measure|runs|[^:]*results\\.json(:\\d+)*";
  const kept = await attempt(100_000, own, () => measurementFolder(folder, settings));
  if (kept === REFUSED) {
    if (Array.isArray(wanted)) throw new Error("refused a good folder");
    return REFUSED;
  }
  try {
    if (wanted === REFUSED) throw new Error("opened a folder that is none of this measurement");
    const points = "either" in wanted ? wanted.either : wanted;
    for (const { at, rows } of points) {
      const last = points.findLast((point) => point.at === at)!.rows;
      if (asText(inFile(kept.rows(at))) !== asText(last)) throw new Error(`step ${at} has ${asText(kept.rows(at))}, not ${asText(rows)}`); // biome-ignore format: one line
    }
    if (kept.rows(12_345).length > 0) throw new Error("a step that was never measured has rows");
    const at = draws.of([0, 100, 2000]);
    const known = kept.rows(at);
    // What a measurement does with rows that it has. One that is missing takes long.
    const isAll = measured.rows.every(({ estimator }) => known.some((row) => row.estimator === estimator));
    const point = isAll || draws.oneIn(50) ? await measureProblem(problem, { estimators, replicates: 40, warmup: 0, seed: 7, backend: on, known }) : { ...measured, rows: known }; // biome-ignore format: one line
    measurementTable(point.rows, { columns: 20 + draws.below(200) });
    footnotes(point);
    if (point.rows.length > 0)
      await attempt(100_000, "budget", () => choose(point.rows, { unit: "seconds", value: draws.share() }));
    if (point.rows.length > 0 && draws.oneIn(25)) await kept.finish([{ at, ...point }], undefined, on);
    else await kept.keep(at, point.rows);
    await kept.close();
    const again = await measurementFolder(folder, settings);
    const found = asText(inFile(again.rows(at)));
    await again.close();
    if (found !== asText(inFile(point.rows))) throw new Error(`${found} came back for ${asText(inFile(point.rows))}`);
    const others = readdirSync(folder).filter((name) => name.includes("unfinished") || name.startsWith(".lock"));
    if (others.length > 0) throw new Error(`the folder is left with ${others}`);
    return "resumed";
  } finally {
    await kept.close();
  }
}
