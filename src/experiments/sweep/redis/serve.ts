import { rm } from "node:fs/promises";
import { addressOf, shownAddress } from "./client.ts";
import { consume } from "./consumer.ts";
import { connectSaying, objectiveFile } from "./open.ts";

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
  /** An empty folder of this worker's own, which is removed at the end. */
  readonly folder: string;
  say(text: string): void;
}

/** Serves trials that sweeps queue until the signal. Throws UserError where Redis isn't there, or this machine lacks what trials need. */
export async function consumeTrials(settings: ConsumerSettings, signal: AbortSignal): Promise<void> {
  const { redis, prefix, objective, say, ...options } = settings;
  try {
    const address = addressOf("worker: --redis", redis, prefix);
    const file = objective === undefined ? undefined : await objectiveFile(objective);
    const connection = await connectSaying("worker", address, say);
    try {
      const { workers } = options;
      say(
        `serving ${shownAddress(address)}, ${workers} ${workers === 1 ? "trial" : "trials"} at a time; Ctrl-C ends it`,
      );
      await consume(connection, { ...options, objective: file, say }, signal);
    } finally {
      await connection.close();
    }
  } finally {
    await rm(options.folder, { recursive: true, force: true });
  }
}
