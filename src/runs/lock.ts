import { link, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { FileError, fileError, temporaryEnd } from "./atomic.ts";
import { bytesIn } from "./growing.ts";

/** The names of lock files: the number tells a lock from the stale one that it replaces. */
const NAME = /^\.lock-(\d+)$/;
export const isLock = (name: string): boolean => NAME.test(name);

/**
 * A lock of another machine, whose processes can't be asked for, is stale when nobody has touched it for so long, by the clock of the file
 * system. A clock may jump: whoever takes such a lock watches it first for longer than its holder waits between two touches.
 */
const STALE_MS = 5 * 60_000;
const TOUCH_MS = 10_000;
const WATCH_MS = 15_000;
/** A lock file without contents is one that is just being written, unless it is older. */
const WRITTEN_MS = 10_000;

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as its system counts; undefined where the system doesn't say. */
  readonly process: string | undefined;
  /** When the lock was taken. */
  readonly since: string;
}

/** A folder that is this process's until it is released. */
export interface Lock {
  /** Throws FileError where another process has taken the folder since: a machine that stood still for minutes counts as dead. */
  check(): Promise<void>;
  /** Aborted with that error when it is seen, within seconds. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** A folder that another process works in. */
export class InUse extends UserError {}

/**
 * Takes a folder for this process. A lock of a process that is dead is replaced, so that no crash makes a folder unusable.
 * Throws UserError naming the process that holds the folder, or where the folder can't be written.
 */
export async function lockFolder(path: string): Promise<Lock> {
  const [latest] = await locksIn(path);
  if (latest && (await isKept(path, latest))) throw refusal(path, latest);
  const number = (latest?.number ?? 0) + 1;
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    process: await startOf(process.pid),
    since: new Date().toISOString(),
  };
  const file = join(resolve(path), `.lock-${number}`);
  const text = `${JSON.stringify({ ...holder, lock: crypto.randomUUID() })}\n`;
  let isMade = false;
  try {
    await create(file, text);
    isMade = true;
    // Who listed the folder before others came and went may have another number than one who came since: both step back then.
    const others = (await locksIn(path)).filter((lock) => lock.number !== number);
    for (const lock of others) if (await isKept(path, lock)) throw refusal(path, lock);
    for (const lock of others) await rm(lock.file, { force: true });
  } catch (error) {
    // Where it isn't made, the file of this name is another process's.
    if (isMade) await rm(file, { force: true }).catch(() => {});
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster, or has taken away what this one was writing in a folder that is its own.
    const [other] = code === "EEXIST" || code === "ENOENT" ? await locksIn(path) : [];
    throw other ? refusal(path, other) : fileError("write", file, error);
  }
  return held(path, file, text);
}

/** The lock of a file that this process has made. */
function held(path: string, file: string, text: string): Lock {
  const lost = new AbortController();
  const touching = setInterval(() => {
    check(touch).catch(() => {});
  }, TOUCH_MS);
  touching.unref();
  async function check(look: typeof touch): Promise<void> {
    // A file system that fails for a while takes no lock away.
    const isOwn = await look(file, text).catch(() => true);
    if (isOwn || lost.signal.aborted) return lost.signal.throwIfAborted();
    clearInterval(touching);
    const error = await taken(path);
    lost.abort(error);
    throw error;
  }
  return {
    check: () => check(isStill),
    lost: lost.signal,
    async release() {
      clearInterval(touching);
      if (await isStill(file, text).catch(() => true)) await rm(file, { force: true }).catch(() => {});
    },
  };
}

/** Says who took a folder from this process. */
async function taken(path: string): Promise<FileError> {
  const [latest] = await locksIn(path).catch(() => []);
  const how = latest?.holder
    ? `was taken over by process ${latest.holder.pid} on ${latest.holder.host}, which found no sign of this one for minutes`
    : "has lost its lock, somebody has deleted it";
  return new FileError(`runs: ${path} ${how}: this process stops, and writes nothing more there`);
}

/** Whether a lock's file is still the one with this text: another process may have one of the same name since. */
const isStill = (file: string, text: string): Promise<boolean> =>
  readFile(file, "utf8").then(
    (found) => found === text,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );

/**
 * Writes a file's text where it lies, so that the file system gives it its own time: this machine's clock may be wrong. Gives whether the file is
 * still this process's, and leaves it alone otherwise.
 */
async function touch(file: string, text: string): Promise<boolean> {
  if (!(await isStill(file, text))) return false;
  const handle = await open(file, "r+");
  try {
    // What is open stays the same file, whatever has its name meanwhile.
    if ((await handle.readFile("utf8")) !== text) return false;
    await handle.write(text, 0);
    return true;
  } finally {
    await handle.close();
  }
}

/** The time by the clock of the file system of a folder; this machine's where nothing can be written there. */
async function timeIn(path: string): Promise<number> {
  const file = join(path, `.lock-time.${crypto.randomUUID()}${temporaryEnd}`);
  try {
    await written(file, "");
    return (await stat(file)).mtimeMs;
  } catch {
    return Date.now();
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** Whether a lock must be left to its holder. Takes long where the holder is on another machine and seems to have ended. */
async function isKept(path: string, lock: Found): Promise<boolean> {
  const isForeign = lock.holder !== undefined && lock.holder.host !== hostname();
  if (await isHeld(lock, isForeign || !lock.holder ? await timeIn(path) : 0)) return true;
  if (!isForeign) return false;
  await new Promise((done) => setTimeout(done, WATCH_MS));
  const [before, now] = [lock.touched, await stat(lock.file).catch(() => undefined)];
  return now !== undefined && now.mtimeMs !== before;
}

/**
 * Takes a folder as lockFolder does. Where another machine has it, waits to see whether that is alive: it touches its lock then, and the
 * folder is refused; a lock that nobody touches becomes stale after five minutes.
 * @param onWait called once, with what is waited for
 * @param pause milliseconds between two looks
 */
export async function lockFolderOfDead(path: string, onWait: (why: string) => void, pause = 5000): Promise<Lock> {
  const [first] = await locksIn(path);
  for (let waits = 0; ; waits++) {
    try {
      return await lockFolder(path);
    } catch (error) {
      const [latest] = await locksIn(path);
      // It may have been released since.
      if (!latest && waits > 0) return lockFolder(path);
      const isElsewhere = latest?.holder !== undefined && latest.holder.host !== hostname();
      if (!isElsewhere || latest.number !== first?.number || latest.touched !== first.touched) throw error;
      if (waits === 0)
        onWait(`${path} was in use on ${latest.holder.host}: waiting until that is seen to run, or for five minutes`);
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

/** Whether a process works in a folder. */
export const isLocked = async (path: string): Promise<boolean> => (await holderOf(path)) !== undefined;

/** Which process works in a folder: of this machine, or of another one. */
export async function holderOf(path: string): Promise<{ readonly pid: number; readonly isHere: boolean } | undefined> {
  const locks = await locksIn(path).catch(() => []);
  for (const lock of locks)
    if (await isHeld(lock, Date.now())) return { pid: lock.holder?.pid ?? 0, isHere: lock.holder?.host === hostname() };
  return undefined;
}

/** Errors of file systems that give a file one name only. */
const noLinks: readonly (string | undefined)[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Makes a file that wasn't there, in one step where the system can: a process that is killed meanwhile leaves no lock without contents. */
async function create(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${crypto.randomUUID()}${temporaryEnd}`;
  try {
    await written(unfinished, text);
    await link(unfinished, file).catch((error: NodeJS.ErrnoException) => {
      if (!noLinks.includes(error.code)) throw error;
      return written(file, text);
    });
  } finally {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

async function written(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

interface Found {
  readonly number: number;
  readonly file: string;
  /** Undefined where the file has no contents. */
  readonly holder: Holder | undefined;
  /** When it was touched last, in milliseconds since 1970. */
  readonly touched: number;
}

/** The lock files of a folder, the highest number first. */
async function locksIn(path: string): Promise<Found[]> {
  const names = await readdir(path).catch((error) => {
    throw fileError("read", path, error);
  });
  const found = await Promise.all(
    names.filter(isLock).map(async (name): Promise<Found | undefined> => {
      const file = join(path, name);
      try {
        const [bytes, { mtimeMs }] = await Promise.all([bytesIn(file), stat(file)]);
        const holder = bytes && parse(new TextDecoder().decode(bytes));
        return bytes && { number: Number(NAME.exec(name)![1]), file, holder, touched: mtimeMs };
      } catch (error) {
        if (error instanceof UserError) throw error;
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw fileError("read", file, error);
      }
    }),
  );
  return found.filter((lock) => lock !== undefined).sort((a, b) => b.number - a.number);
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, process, since } = JSON.parse(text);
    const isText = (value: unknown): boolean => typeof value === "string";
    const isHolder = Number.isSafeInteger(pid) && pid > 0 && isText(host) && (since === undefined || isText(since));
    return isHolder ? { pid, host, process, since } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a lock's holder lives, as far as can be seen at once. A time in the future is as far away as one in the past. */
async function isHeld({ holder, touched }: Found, time: number): Promise<boolean> {
  const age = Math.abs(time - touched);
  if (!holder) return age < WRITTEN_MS;
  if (holder.host !== hostname()) return age < STALE_MS;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  // The number may have been given to another process since, to this one even, as in a container that was started again.
  const now = await startOf(holder.pid);
  return now === undefined || holder.process === undefined || now === holder.process;
}

/** When a process started, in ticks since its system did; undefined where the system doesn't say. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name, in parentheses, may hold spaces; the state follows, and 19 fields later the start.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

function refusal(path: string, lock: Found | undefined): InUse {
  const holder = lock?.holder;
  if (!holder) return new InUse(`runs: ${path} is just being taken by another process`);
  const here = holder.host === hostname();
  const who = holder.pid === process.pid && here ? "this process" : `process ${holder.pid}`;
  const where = here ? "" : ` on ${holder.host}`;
  const fix = here ? "" : `; where it no longer runs, delete ${lock.file}`;
  return new InUse(
    `runs: ${path} is in use by ${who}${where} since ${holder.since}: wait for it, or choose another folder${fix}`,
  );
}
