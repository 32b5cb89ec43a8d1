/** What is used of the packages bullmq and ioredis, which a user may not have: test/redis checks that theirs fit. */

/** A connection of ioredis. */
export interface Redis {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close" | "ready", listener: () => void): unknown;
  /** Another one like it, not yet used. */
  duplicate(options?: object): Redis;
  ping(): Promise<string>;
  select(database: number): Promise<unknown>;
  getBuffer(key: string): Promise<Buffer | null>;
  set(key: string, value: string | Buffer): Promise<unknown>;
  set(key: string, value: string, seconds: "EX", n: number): Promise<unknown>;
  exists(key: string): Promise<number>;
  unlink(...keys: string[]): Promise<number>;
  pttl(key: string): Promise<number>;
  sadd(key: string, member: string): Promise<number>;
  smembers(key: string): Promise<string[]>;
  srem(key: string, ...members: string[]): Promise<number>;
  mget(...keys: string[]): Promise<(string | null)[]>;
  scan(cursor: string, match: "MATCH", pattern: string, count: "COUNT", n: number): Promise<[string, string[]]>;
  disconnect(): void;
}

export type RedisClient = new (
  url: string,
  options: {
    readonly username?: string;
    readonly password?: string;
    readonly maxRetriesPerRequest: null;
    readonly enableReadyCheck: boolean;
    retryStrategy(times: number): number | null;
  },
) => Redis;

/** A job of BullMQ. */
export interface Job {
  readonly id?: string | undefined;
  readonly data: unknown;
  readonly returnvalue: unknown;
  readonly failedReason: string;
  getState(): Promise<string>;
  updateProgress(progress: number): Promise<void>;
  moveToWait(token?: string): Promise<unknown>;
  remove(): Promise<void>;
}

export interface JobOptions {
  readonly jobId: string;
  readonly attempts: number;
  readonly backoff: { readonly type: "exponential"; readonly delay: number };
}

export interface Queue {
  on(event: "error", listener: (error: Error) => void): unknown;
  add(name: string, data: unknown, options: JobOptions): Promise<unknown>;
  getJob(id: string): Promise<Job | undefined>;
  getJobCounts(...states: ("waiting" | "active" | "delayed")[]): Promise<{ [state: string]: number }>;
  remove(id: string): Promise<number>;
  close(): Promise<void>;
}

export interface QueueEvents {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "completed", listener: (args: { jobId: string; returnvalue: string }) => void): unknown;
  on(event: "failed", listener: (args: { jobId: string; failedReason: string }) => void): unknown;
  on(event: "progress", listener: (args: { jobId: string; data: unknown }) => void): unknown;
  /** A worker has taken a job. */
  on(event: "active", listener: (args: { jobId: string }) => void): unknown;
  /** A job waits for a worker: for the first time, given back, taken from one that fell silent, or to be retried. */
  on(event: "waiting" | "stalled" | "delayed", listener: (args: { jobId: string }) => void): unknown;
  close(): Promise<void>;
}

export interface Consumer {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

interface Shared {
  readonly connection: Redis;
  readonly prefix: string;
}

/** The classes of BullMQ. */
export interface Bull {
  readonly Queue: new (
    name: string,
    options: Shared & { readonly streams: { readonly events: { readonly maxLen: number } } },
  ) => Queue;
  readonly QueueEvents: new (name: string, options: Shared) => QueueEvents;
  readonly Worker: new (
    name: string,
    processor: (job: Job, token?: string, signal?: AbortSignal) => Promise<unknown>,
    options: Shared & {
      readonly concurrency: number;
      readonly lockDuration: number;
      readonly stalledInterval: number;
      readonly maxStalledCount: number;
    },
  ) => Consumer;
  readonly WaitingError: new () => Error;
}
