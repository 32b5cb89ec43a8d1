/** `npm run attack`: feeds hostile input to the library, in full. The tests run a part of each suite. */
import { parseArgs } from "node:util";
import { UserError } from "../../src/errors.ts";
import { suites } from "./suites.ts";

const usage = `npm run attack -- [suite ...] [options]

suites; without one, all of them
${suites.map(({ name, about, cases }) => `  ${name.padEnd(16)} ${about} (${cases} cases)`).join("\n")}

options
  --cases N        how many cases to run of each suite (default: as above)
  --from SEED      the seed of the first case (default: 0)
  --help           this text`;

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`attack: --${option} must be a whole number, received ${text}`);
  return Number(text);
}

function parse(args: readonly string[]) {
  try {
    const string = { type: "string" } as const;
    const options = { cases: string, from: string, help: { type: "boolean" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UserError(`attack: ${(error as Error).message}`);
  }
}

async function attack(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(usage);
  const unknown = positionals.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    throw new UserError(`attack: the suites are ${suites.map(({ name }) => name).join(", ")}, received ${unknown}`);
  }
  const from = whole("from", values.from) ?? 0;
  for (const suite of suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const cases = whole("cases", values.cases) ?? suite.cases;
    const tell = process.stderr.isTTY;
    const outcomes = await suite.run({
      from,
      cases,
      progress: (done) => tell && done % 100 === 0 && process.stderr.write(`\r${suite.name}: ${done} of ${cases}`),
    });
    if (tell) process.stderr.write("\r");
    const ways = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
    console.log(`${suite.name}: ${cases} cases, ${ways.join(", ")}, none wrong`);
  }
}

try {
  await attack(process.argv.slice(2));
} catch (error) {
  const isMistake = error instanceof UserError;
  console.error(isMistake ? error.message : error);
  process.exitCode = isMistake ? 2 : 1;
}
