/**
 * Loaded into a command with `--require`: its calls of the file system kill the process, fail or take long, and its clock jumps, as
 * HEAVISIDE_DISTURB says.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import { disturbClock } from "./disturb-clock.ts";
import type { Disturbance } from "./disturbance.ts";

type Call = (...args: never[]) => Promise<unknown>;

const disturbance: Disturbance = JSON.parse(process.env.HEAVISIDE_DISTURB ?? "{}");
const { within = "/", killAt, fail, slowMs = 0, report } = disturbance;

/** Calls so far: of those that change something, and of all. */
const counts = { changing: 0, all: 0 };
/** Calls that failed. */
let failed = 0;
/** Files that are being written, by what they will be called. */
const writing = new Map<string, string>();
const overlaps: string[] = [];

const kill = (): void => {
  process.kill(process.pid, "SIGKILL");
};

const errorOf = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: injected, '${path}'`), { code, path });

/** What a call is done to: the name that an unfinished file will have. */
const finalName = (path: string): string => path.replace(/\.[0-9a-f-]{36}\.unfinished$/, "");

/** Whether an error can come from a call of this name. What a full disk refuses is to take more: it can be read, and files removed. */
function canFail(code: string, name: string, changes: boolean): boolean {
  if (["ENOSPC", "EDQUOT"].includes(code)) return changes && /^(open|write|append|mkdir|link|copy)/.test(name);
  if (code === "EMFILE") return /^(open|writeFile|appendFile|readFile|readdir|copy)/.test(name);
  return code === "EIO" || changes;
}

/** Begins a call: counts it, waits, and says whether it fails. `half` does half of a write, which a kill or an error can leave. */
async function begun(name: string, path: string, changes: boolean, half?: () => Promise<unknown>): Promise<void> {
  if (slowMs > 0) await new Promise((done) => setTimeout(done, slowMs));
  for (const step of changes && half ? [undefined, half] : [undefined]) {
    counts.all++;
    if (changes) counts.changing++;
    const dies = changes && counts.changing === killAt;
    const fails =
      fail && counts.all >= fail.from && failed < (fail.calls ?? counts.all) && canFail(fail.code, name, changes);
    if (!dies && !fails) continue;
    await step?.();
    if (dies) kill();
    failed++;
    throw errorOf(fail!.code, path);
  }
}

const isWithin = (path: unknown): path is string =>
  typeof path === "string" && (resolve(path) === within || resolve(path).startsWith(`${within}/`));

const changesBy = (name: string, args: readonly unknown[]): boolean =>
  name === "open" ? args[1] !== undefined && args[1] !== "r" : !/^(stat|lstat|access|read|realpath)/.test(name);

/** Of a write, the first half of its bytes. */
function halfOf(data: unknown): Uint8Array {
  const bytes = typeof data === "string" ? Buffer.from(data) : (data as Uint8Array);
  return bytes.subarray(0, bytes.length >> 1);
}

const promises = fs.promises as unknown as Record<string, Call>;
const paths = new WeakMap<object, string>();

function disturbFunctions(): void {
  const names =
    "open rename rm rmdir mkdir appendFile writeFile utimes unlink link copyFile truncate chmod chown stat lstat access readdir readFile realpath readlink";
  for (const name of names.split(" ")) {
    const plain = promises[name] as (...args: unknown[]) => Promise<unknown>;
    promises[name] = (async (...args: unknown[]) => {
      const [path, data] = args;
      if (!isWithin(path)) return plain(...args);
      const changes = changesBy(name, args);
      const torn = name === "appendFile" || name === "writeFile";
      await begun(name, path, changes, torn ? () => plain(path, halfOf(data)) : undefined);
      const named = finalName(resolve(path));
      if (name === "open" && changes) {
        const other = writing.get(named);
        if (other !== undefined) overlaps.push(`${path} while ${other} is written`);
        writing.set(named, path);
      }
      if (name === "rename" || name === "rm") writing.delete(named);
      const result = await plain(...args);
      if (name === "open") {
        paths.set(result as object, path);
        if (changes && resolve(path) === named) endsWithClose(result as fs.promises.FileHandle, named);
      }
      return result;
    }) as Call;
  }
}

/** A file that is written where it lies is written until its handle is closed. */
function endsWithClose(handle: fs.promises.FileHandle, name: string): void {
  const close = handle.close;
  handle.close = () => close().finally(() => writing.delete(name));
}

async function disturbHandles(): Promise<void> {
  const handle = await fs.promises.open(__filename, "r");
  const prototype = Object.getPrototypeOf(handle) as Record<string, (...args: unknown[]) => Promise<unknown>>;
  await handle.close();
  for (const name of ["writeFile", "appendFile", "write", "truncate", "sync", "chown", "chmod", "read", "stat"]) {
    const plain = prototype[name]!;
    prototype[name] = async function (this: object, ...args: unknown[]) {
      const path = paths.get(this);
      if (path === undefined) return plain.apply(this, args);
      const torn = /^(write|append)/.test(name);
      const half = halfOf(torn ? args[0] : "");
      const rest = name === "write" ? [0, half.length, args[3]] : [];
      await begun(
        name,
        path,
        name !== "read" && name !== "stat",
        torn ? () => plain.call(this, half, ...rest) : undefined,
      );
      return plain.apply(this, args);
    };
  }
}

if (isMainThread && process.env.HEAVISIDE_DISTURB !== undefined) {
  if (disturbance.clock) disturbClock(disturbance.clock);
  disturbFunctions();
  syncBuiltinESMExports();
  // The first call of a file's own comes long after.
  void disturbHandles();
  process.on("exit", () => {
    if (report) fs.writeFileSync(report, JSON.stringify({ ...counts, overlaps }));
  });
}
