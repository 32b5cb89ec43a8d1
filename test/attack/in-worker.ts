import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { confined } from "./confine.ts";
import type { Fault, RunOptions, Suite } from "./suite.ts";

/** A case may last this long, in milliseconds. */
const LONGEST = 60_000;
/** A suite that can't be begun, or dies again and again, is given up. */
const MOST_FAULTS = 50;

/** What the worker says, a line of JSON each. */
export type Message =
  | { readonly begun: number }
  | { readonly seed: number; readonly outcome: string }
  | { readonly seed: number; readonly fault: string }
  | { readonly end: true };

interface Tally {
  readonly outcomes: Record<string, number>;
  readonly faults: Fault[];
}

/** A suite whose cases run in a process of their own (`worker.ts`), which is started again after a case that killed it. */
export function inWorker({ confine, ...about }: Omit<Suite, "run"> & { confine: boolean }): Suite {
  return {
    ...about,
    async run(options) {
      const tally: Tally = { outcomes: {}, faults: [] };
      const end = options.from + options.cases;
      for (let seed = options.from; seed < end && tally.faults.length < MOST_FAULTS; )
        seed = await stretch(about.name, confine, options, seed, tally);
      return tally;
    },
  };
}

/** Runs cases from `seed` on until all are done or the process has died; gives the seed to continue with. */
async function stretch(
  target: string,
  confine: boolean,
  { from, cases, folder, pack, progress }: RunOptions,
  seed: number,
  { outcomes, faults }: Tally,
): Promise<number> {
  const end = from + cases;
  const worker = [join(pack, "worker.mjs"), pack, target, `${seed}`, `${end}`];
  const plain = [process.execPath, "--max-old-space-size=1024", ...worker] as const;
  const [command, ...args] = confine ? confined(folder, [pack], [...plain]) : plain;
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  let [at, ended, hung] = [seed, false, false];
  const kill = () => {
    hung = true;
    child.kill("SIGKILL");
  };
  let watch = setTimeout(kill, LONGEST);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    clearTimeout(watch);
    watch = setTimeout(kill, LONGEST);
    if ("fault" in message) faults.push({ seed: message.seed, what: message.fault });
    else if ("outcome" in message) outcomes[message.outcome] = (outcomes[message.outcome] ?? 0) + 1;
    else if ("end" in message) ended = true;
    else {
      at = message.begun;
      progress?.(at - from);
    }
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  clearTimeout(watch);
  if (ended) return end;
  const what = hung ? `no end after ${LONGEST / 1000} s` : `the process died (${signal ?? `exit code ${code}`})`;
  faults.push({ seed: at, what: `${what}\n${said}`.trim() });
  return at + 1;
}
