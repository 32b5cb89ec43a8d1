import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { shellWord } from "../../../describe/shell.ts";
import { UserError } from "../../../errors.ts";
import { parseJson } from "../../../formats/json.ts";
import { checkObject, show } from "../../../rules.ts";
import { fileError, readText, writeAtomically } from "../../../runs/index.ts";
import type { SweepPlan } from "../plan.ts";
import { type Address, addressOf, shownAddress } from "./address.ts";
import { type Connection, connect } from "./client.ts";
import type { ObjectiveFile } from "./errand.ts";
import { checkWritable } from "./refusals.ts";

/** In a sweep's folder: its name in the queue, and where that is. */
const QUEUE = "queue.json";

/** Where a sweep's trials are queued. */
export interface QueueFile {
  /** Its name in the queue, which no other sweep has. */
  readonly sweep: string;
  /** The address, without a password. */
  readonly redis: string;
  readonly prefix: string;
}

/** The queue of the sweep in a folder; undefined where it has none. Throws UserError for a damaged file. */
export async function queueIn(folder: string): Promise<QueueFile | undefined> {
  const path = join(folder, QUEUE);
  const text = await readText(path);
  if (text === undefined) return undefined;
  const found = parseJson(text, path);
  checkObject(path, found, ["sweep", "redis", "prefix"]);
  const { sweep, redis, prefix } = found as Partial<QueueFile>;
  const { prefix: checked } = addressOf(path, redis, prefix);
  if (typeof sweep !== "string" || !/^[\w-]+$/.test(sweep))
    throw new UserError(`${path}: sweep must be a name of letters, digits, - and _, received ${show(sweep)}`);
  return { sweep, redis: redis!, prefix: checked };
}

/** The queue of a sweep, whose name is made and kept in its folder the first time. Throws UserError where it is queued elsewhere. */
export async function queueOf(plan: SweepPlan, folder: string, address: Address) {
  const at = { redis: shownAddress(address), prefix: address.prefix };
  const known = await queueIn(folder);
  if (known && (known.redis !== at.redis || known.prefix !== at.prefix))
    throw new UserError(
      `sweep: ${folder} is queued at ${known.redis}, prefix ${known.prefix}: give that one, cancel it there first (npx heaviside sweep cancel ${shellWord(folder)}), or choose another --out`,
    );
  if (known) return { ...known, resumed: true };
  const sweep = `${plan.name.replaceAll(/[^\w-]+/g, "-")}-${randomBytes(6).toString("hex")}`;
  const file: QueueFile = { sweep, ...at };
  await writeAtomically(join(folder, QUEUE), `${JSON.stringify(file, null, 2)}\n`);
  return { ...file, resumed: false };
}

/** A function's file with its checksum. Throws UserError where it can't be read. */
export async function objectiveFile(path: string): Promise<ObjectiveFile> {
  const bytes = await readFile(path).catch((error) => {
    throw fileError("read", path, error);
  });
  return { url: pathToFileURL(resolve(path)).href, sum: createHash("sha256").update(bytes).digest("hex") };
}

/** The function that a plan's trials call; undefined where they train. */
export const objectiveOf = async ({ work }: SweepPlan): Promise<ObjectiveFile | undefined> =>
  work.kind === "objective" ? objectiveFile(fileURLToPath(work.url)) : undefined;

/** A function that says each text once. */
export function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
}

/** Throws UserError where Redis doesn't answer, or can't be written to. */
export async function reach(subject: string, address: Address): Promise<void> {
  const connection = await connect(subject, address, { onLost: () => {}, onBack: () => {} });
  try {
    await checkWritable(connection, subject);
  } finally {
    await connection.close();
  }
}

/** Connects, and says on the screen when Redis is gone and when it is back. */
export const connectSaying = (subject: string, address: Address, say: (text: string) => void): Promise<Connection> =>
  connect(subject, address, {
    onLost: (why) => say(`Redis is gone (${why}): waiting for it at ${shownAddress(address)}`),
    onBack: () => say("Redis is back"),
  });

/** The command that serves a plan's trials. */
export function workerCommand(objective: ObjectiveFile | undefined, { prefix, ...at }: Address): string {
  const words = ["npx heaviside worker", `--redis ${shellWord(shownAddress(at))}`];
  if (prefix !== "heaviside") words.push(`--prefix ${shellWord(prefix)}`);
  if (objective) words.push(`--objective ${shellWord(fileURLToPath(objective.url))}`);
  return words.join(" ");
}
