import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../../errors.ts";
import { type Address, databaseOf, shownAddress, withoutUser } from "./address.ts";
import type { Bull, Redis, RedisClient } from "./packages.ts";
import { refusalOf } from "./refusals.ts";

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
  /** Ends all connections, also those that are being made: what waits for Redis rejects. */
  close(): Promise<void>;
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
  hideUser(address);
  const all: Redis[] = [];
  let [lost, closing] = [false, false];
  /** Keeps a connection, and those that BullMQ makes like it. */
  const watched = (one: Redis): Redis => {
    all.push(one);
    one.on("error", () => {});
    const copy = one.duplicate.bind(one);
    one.duplicate = (options) => watched(copy(options));
    if (closing) one.disconnect();
    return one;
  };
  const open = (): Redis =>
    watched(
      new Client(shownAddress(address), {
        ...accessOf(address),
        ...{ maxRetriesPerRequest: null, enableReadyCheck: true },
        retryStrategy: (times) => (closing ? null : Math.min(AGAIN_MS[0] * 2 ** Math.min(times, 10), AGAIN_MS[1])),
      }),
    );
  const redis = open();
  await firstAnswer(subject, redis, address);
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
  return {
    ...{ address, bull, redis },
    another: open,
    key: (...parts) => [address.prefix, ...parts].join(":"),
    async close() {
      closing = true;
      for (const one of all) one.disconnect();
    },
  };
}

/** User and password of an address, or the password of the environment. */
function accessOf({ url }: Address): { readonly username?: string; readonly password?: string } {
  const [username, password] = [new URL(url).username, new URL(url).password].map(decodeURIComponent);
  const given = password === "" ? process.env[PASSWORD] : password;
  return { ...(username !== "" && { username: username! }), ...(given !== undefined && { password: given }) };
}

/** Takes a password that was typed out of the list of processes. */
function hideUser({ url }: Address): void {
  if (shownAddress({ url }).length >= url.length) return;
  const words = process.argv.slice(2).map((word) => (word.includes("//") ? withoutUser(word) : word));
  process.title = ["heaviside", ...words].join(" ");
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
  // A database that isn't there would be database 0 without a word.
  const answer = redis.ping().then(() => redis.select(databaseOf(address)));
  try {
    await Promise.race([answer, refused]);
  } catch (error) {
    answer.catch(() => {});
    redis.disconnect();
    throw new UserError(`${subject}: cannot use Redis at ${shownAddress(address)}: ${reasonOf(error as Error)}`);
  } finally {
    clearTimeout(timer);
    refused.catch(() => {});
  }
}

/** Why Redis can't be used, and what to do. */
function reasonOf(error: Error): string {
  const { message } = error;
  if (/ECONNREFUSED/.test(message)) return `${message}: is it running? (apt install redis-server brings and starts it)`;
  if (/DB index/.test(message)) return `${message}: the number behind the last / must be below its setting databases`;
  const refusal = refusalOf(error);
  return refusal?.fix === undefined ? message : `${message}: ${refusal.fix}`;
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
