/** `npm run bench`: reads the arguments, and runs what they ask for. */
import { availableParallelism } from "node:os";
import { UserError } from "../src/errors.ts";
import { parseArguments, usage } from "./arguments.ts";
import { compare } from "./compare.ts";

try {
  const options = parseArguments(process.argv.slice(2), availableParallelism());
  if (options.help) console.log(usage);
  else process.exitCode = (await compare(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : `${error}`);
  process.exitCode = error instanceof UserError ? 2 : 1;
}
