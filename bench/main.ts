/** `npm run bench`: reads the arguments, and runs what they ask for. */
import { availableParallelism } from "node:os";
import { UserError } from "../src/errors.ts";
import { parseArguments, usage } from "./arguments.ts";
import { compare } from "./compare.ts";
import { parseSubject } from "./subjects/arguments.ts";
import { subjectHelp, subjects } from "./subjects/index.ts";
import { runSubject } from "./subjects/run.ts";

try {
  const [args, cores] = [process.argv.slice(2), availableParallelism()];
  const subject = parseSubject(args, cores);
  if (subject) await runSubject(subject);
  else {
    const options = parseArguments(args, cores);
    const named = args.find((word) => Object.hasOwn(subjects, word));
    if (options.help) console.log(named === undefined ? usage : subjectHelp(named));
    else process.exitCode = (await compare(options)) ? 0 : 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : `${error}`);
  process.exitCode = error instanceof UserError ? 2 : 1;
}
