/** The command `lab` in a process that answers each message with what it holds: `node --expose-gc lab-server.mjs CLI ARGUMENTS…`. */
import type { Cli } from "../targets/target.ts";
import { usageNow } from "./usage.ts";

const [cli = "", ...args] = process.argv.slice(2);
process.on("message", () => process.send!(usageNow()));
// A process that only waits for messages is to end.
process.channel!.unref();
const { main }: Cli = await import(cli);
process.exitCode = await main(["lab", ...args]);
process.disconnect();
