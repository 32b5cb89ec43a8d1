import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderOf, lockFolder } from "../../../runs/index.ts";
import { addressOf, shownAddress } from "./address.ts";
import { consume } from "./consumer.ts";
import { connectSaying, objectiveFile } from "./open.ts";
import { checkWritable } from "./refusals.ts";

/** What `heaviside worker --redis` is given. */
export interface ConsumerSettings {
  readonly redis: string;
  readonly prefix: string;
  /** The file of the function that trials call. */
  readonly objective: string | undefined;
  readonly workers: number;
  readonly threads: number;
  /** Seconds. */
  readonly silence: number;
  say(text: string): void;
  /** Called at the end where what waits for a Redis that is gone holds this process. */
  onHeld(): void;
}

/** Serves trials that sweeps queue until the signal. Throws UserError where Redis isn't there, or this machine lacks what trials need. */
export async function consumeTrials(settings: ConsumerSettings, signal: AbortSignal): Promise<void> {
  const { redis, prefix, objective, ...options } = settings;
  const { say, workers } = options;
  const address = addressOf("worker: --redis", redis, prefix);
  const file = objective === undefined ? undefined : await objectiveFile(objective);
  const connection = await connectSaying("worker", address, say);
  try {
    await checkWritable(connection, "worker");
    say(`serving ${shownAddress(address)}, ${workers} ${workers === 1 ? "trial" : "trials"} at a time; Ctrl-C ends it`);
    const place = await ownFolder();
    try {
      await consume(connection, { ...options, objective: file, folder: place.path }, signal);
    } finally {
      await place.remove();
    }
  } finally {
    await connection.close();
  }
}

const BEGINNING = "heaviside-worker-";
/** Milliseconds after which a folder without a lock has lost its worker: one that is just being made has none either. */
const NEW_MS = 60_000;

/** A folder of this worker's own for what it trains. Those of workers that were killed are removed. */
async function ownFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), BEGINNING));
  const lock = await lockFolder(path);
  for (const name of await readdir(tmpdir())) {
    const other = join(tmpdir(), name);
    if (!name.startsWith(BEGINNING) || other === path) continue;
    const { mtimeMs } = await stat(other).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs < NEW_MS || (await holderOf(other))) continue;
    await rm(other, { recursive: true, force: true }).catch(() => {});
  }
  return {
    path,
    async remove() {
      await lock.release();
      await rm(path, { recursive: true, force: true });
    },
  };
}
