import { UserError } from "../../../errors.ts";
import { shownAddress } from "./address.ts";
import type { Connection } from "./client.ts";

/** A command that Redis refused. */
export interface Refusal {
  /** The first word of its answer, such as OOM. */
  readonly code: string;
  /** What to do about it; undefined: unknown. */
  readonly fix: string | undefined;
  /** Whether it may be mended while sweep and workers wait. */
  readonly passes: boolean;
}

/** What Redis answers, what to do about it, and whether waiting is of use meanwhile. */
const known: readonly (readonly [pattern: RegExp, fix: string, passes: boolean])[] = [
  [/\bOOM\b/, "it is full: raise its maxmemory, or remove keys that nobody needs", true],
  [/MISCONF/, "it can't save its data: see its log, and whether its disk is full", true],
  [/NOREPLICAS/, "too few of its replicas answer", true],
  [/READONLY/, "it is a read-only replica: give the address of its primary", false],
  [/NOPERM/, "its user needs all commands for the keys of the prefix", false],
  [/NOAUTH|WRONGPASS/, "give the password as HEAVISIDE_REDIS_PASSWORD", false],
  [/WRONGTYPE/, "another program uses a key of the prefix: give another --prefix, or remove that key", false],
  [/MOVED|CROSSSLOT/, "it is part of a cluster: give a Redis of one node", false],
  [/unknown command/i, "it must be Redis 6.2 or newer with all of its commands", false],
];

/** What Redis refused; undefined for any other error, such as a connection that is lost. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || error.name !== "ReplyError") return undefined;
  const found = known.find(([pattern]) => pattern.test(error.message));
  const code = found?.[0].exec(error.message)?.[0] ?? error.message.split(" ", 1)[0]!;
  return { code, fix: found?.[1], passes: found?.[2] ?? true };
}

/** The user's view of an error that Redis answers with; any other error as it is. */
export function refusedBy({ address }: Pick<Connection, "address">, subject: string, error: unknown): unknown {
  const refusal = refusalOf(error);
  if (!refusal) return error;
  const [message] = (error as Error).message.split("\n");
  const fix = refusal.fix === undefined ? "" : `: ${refusal.fix}`;
  return new UserError(`${subject}: Redis at ${shownAddress(address)} refuses a command: ${message}${fix}`);
}

/** Throws UserError, naming `subject`, where Redis lets nobody write for good. */
export async function checkWritable(connection: Connection, subject: string): Promise<void> {
  try {
    // Removes nothing, and is refused where anything is.
    await connection.redis.unlink(connection.key("nothing"));
  } catch (error) {
    if (refusalOf(error)?.passes) return;
    throw refusedBy(connection, subject, error);
  }
}

/** Says each refusal once, and when it has passed. Where waiting is of no use, `onEnd` is called. */
export class Refusals {
  readonly #connection: Connection;
  readonly #subject: string;
  readonly #say: (text: string) => void;
  readonly #onEnd: (error: unknown) => void;
  #said: string | undefined;

  constructor(
    connection: Connection,
    subject: string,
    { say, onEnd }: { say(text: string): void; onEnd(error: unknown): void },
  ) {
    [this.#connection, this.#subject, this.#say, this.#onEnd] = [connection, subject, say, onEnd];
  }

  /** An error of a command. One that is no refusal is the connection's, which says so by itself. */
  hear(error: unknown): void {
    const refusal = refusalOf(error);
    if (!refusal) return;
    const seen = refusedBy(this.#connection, this.#subject, error) as UserError;
    if (!refusal.passes) this.#onEnd(seen);
    else if (this.#said !== refusal.code) this.#say(`${seen.message.slice(this.#subject.length + 2)}; waiting`);
    this.#said = refusal.code;
  }

  /** A command that writes was taken. */
  passed(): void {
    if (this.#said !== undefined) this.#say("Redis takes commands again");
    this.#said = undefined;
  }
}
