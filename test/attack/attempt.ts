import { UserError } from "../../src/errors.ts";
import { checkMessage } from "./targets/target.ts";

export const REFUSED = "refused";
/** Bytes that a case may take beside ten times the file, for tables of codes, and milliseconds of processor time: a busy machine is slow. */
const [SMALL, LONG] = [400_000, 5000];

/**
 * What `read` gives, or REFUSED; any error but a UserError of a reader is passed on, and so are a hunger for memory and a hang.
 * @param bytes those of the file
 * @param readers what may stand at the beginning of the message, such as `data|gzip`
 */
export async function attempt<Result>(
  bytes: number,
  readers: string,
  read: () => Result | Promise<Result>,
): Promise<Result | typeof REFUSED> {
  const [before, began] = [process.memoryUsage().arrayBuffers, process.cpuUsage()];
  let found: Result | typeof REFUSED = REFUSED;
  try {
    found = await read();
  } catch (error) {
    if (!(error instanceof UserError && new RegExp(`^(${readers}):`).test(error.message))) throw error;
    checkMessage(error.message);
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  if (taken > 10 * bytes + SMALL) throw new Error(`took ${taken} bytes for a file of ${bytes}`);
  const { user, system } = process.cpuUsage(began);
  if ((user + system) / 1000 > LONG) throw new Error(`took ${Math.round((user + system) / 1000)} ms of processor time`);
  return found;
}
