import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../../errors.ts";
import { show } from "../../../rules.ts";
import type { Bull, Redis, RedisClient } from "./packages.ts";

/** Where the queue of trials is. */
export interface Address {
  /** `redis://user:password@host:port/db`; `rediss://` is TLS. */
  readonly url: string;
  /** All keys begin with it: sweeps and workers with another one see nothing of each other. */
  readonly prefix: string;
}

export const PREFIX = "heaviside";

/** The environment's variable for a password: a list of processes shows what is in an address. */
const PASSWORD = "HEAVISIDE_REDIS_PASSWORD";

/** Milliseconds that Redis has for its first answer, as where both are just being started. */
const PATIENCE_MS = 5000;
/** Milliseconds between attempts to reach it again. */
const AGAIN_MS = [50, 2000] as const;

/** Redis, as a sweep and its workers use it. */
export interface Connection {
  readonly address: Address;
  readonly bull: Bull;
  readonly redis: Redis;
  /** A connection of its own for what waits in Redis. */
  another(): Redis;
  /** A key of this prefix. */
  key(...parts: readonly string[]): string;
  close(): Promise<void>;
}

/** Throws UserError, naming `subject`, for what is no address of a Redis. */
export function addressOf(subject: string, url: unknown, prefix: unknown = PREFIX): Address {
  if (typeof url !== "string") throw new UserError(`${subject} must be a text, received ${show(url)}`);
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {}
  if (!parsed || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "")
    throw new UserError(`${subject} must be an address such as redis://127.0.0.1:6379, received ${show(url)}`);
  if (typeof prefix !== "string" || !/^[\w.{}-]+$/.test(prefix))
    throw new UserError(`${subject}: prefix must be of letters, digits, . - _ { }, received ${show(prefix)}`);
  return { url, prefix };
}

/** An address without its password, for messages and files. */
export function shownAddress({ url }: Pick<Address, "url">): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

/**
 * Connects to Redis. A connection that is lost later is made again, for as long as it takes; `onLost` and `onBack` say so.
 * Throws UserError where the packages aren't installed, or nobody answers in five seconds, or Redis refuses.
 */
export async function connect(
  subject: string,
  address: Address,
  { onLost, onBack }: { onLost(why: string): void; onBack(): void },
): Promise<Connection> {
  const [bull, Client] = [
    packageOf<Bull>(subject, "bullmq"),
    packageOf<{ readonly Redis: RedisClient }>(subject, "ioredis").Redis,
  ];
  const password = process.env[PASSWORD];
  const open = (): Redis => {
    const redis = new Client(address.url, {
      ...(password !== undefined && new URL(address.url).password === "" && { password }),
      ...{ maxRetriesPerRequest: null, enableReadyCheck: true },
      retryStrategy: (times) => Math.min(AGAIN_MS[0] * 2 ** Math.min(times, 10), AGAIN_MS[1]),
    });
    redis.on("error", () => {});
    return redis;
  };
  const redis = open();
  await firstAnswer(subject, redis, address);
  let lost = false;
  redis.on("error", ({ message }) => {
    if (!lost) onLost(message);
    lost = true;
  });
  redis.on("close", () => {
    if (!lost && !closing) onLost("the connection was closed");
    lost = true;
  });
  redis.on("ready", () => {
    if (lost) onBack();
    lost = false;
  });
  let closing = false;
  const all = [redis];
  return {
    ...{ address, bull, redis },
    another() {
      const one = open();
      all.push(one);
      return one;
    },
    key: (...parts) => [address.prefix, ...parts].join(":"),
    async close() {
      closing = true;
      for (const one of all) one.disconnect();
    },
  };
}

async function firstAnswer(subject: string, redis: Redis, address: Address): Promise<void> {
  let why = `it gave no answer within ${PATIENCE_MS / 1000} s`;
  let timer: NodeJS.Timeout | undefined;
  const refused = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why)), PATIENCE_MS);
    redis.on("error", (error) => {
      why = error.message;
      // Waiting mends neither a name nor a password.
      if (/WRONGPASS|NOAUTH|NOPERM|ENOTFOUND|certificate|SSL|protocol/i.test(why)) reject(error);
    });
  });
  try {
    await Promise.race([redis.ping(), refused]);
  } catch (error) {
    redis.disconnect();
    const { message } = error as Error;
    const hint = /ECONNREFUSED/.test(message) ? ": is it running? (apt install redis-server brings and starts it)" : "";
    throw new UserError(`${subject}: cannot use Redis at ${shownAddress(address)}: ${message}${hint}`);
  } finally {
    clearTimeout(timer);
  }
}

/** A package that only sweeps over Redis need, from beside this library or from where the command was given. */
function packageOf<T>(subject: string, name: string): T {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json"))]) {
    const require = createRequire(from);
    try {
      require.resolve(name);
    } catch {
      continue;
    }
    return require(name) as T;
  }
  throw new UserError(`${subject}: Redis needs the packages bullmq and ioredis: npm install bullmq ioredis`);
}
