import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { confined } from "./confine.ts";
import type { Attack, Fault, Suite } from "./suite.ts";

/** A case may last this long, in milliseconds. */
const LONGEST = 60_000;
/** A suite that can't be begun, or dies again and again, is given up. */
const MOST_FAULTS = 50;

type Message = { start: number } | { fault: string; case: number } | { end: true };

/** A suite whose cases run in a process of their own (`worker.ts`), which is started again after a case that killed it. */
export function inWorker(target: string, { confine, ...about }: Omit<Suite, "run"> & { confine: boolean }): Suite {
  return {
    ...about,
    async run(attack) {
      const faults: Fault[] = [];
      let next = 0;
      while (next < attack.cases && faults.length < MOST_FAULTS)
        next = await stretch(target, confine, attack, next, faults);
      return faults;
    },
  };
}

/** Runs cases from `from` on until all are done or the process has died; gives the case to go on with. */
async function stretch(
  target: string,
  confine: boolean,
  attack: Attack,
  from: number,
  faults: Fault[],
): Promise<number> {
  const { cases, seed, folder, pack, onProgress } = attack;
  const plain = [
    process.execPath,
    "--max-old-space-size=1024",
    join(pack, "worker.mjs"),
    pack,
    target,
    `${seed}`,
    `${from}`,
    `${cases}`,
  ] as const;
  const [command, ...args] = confine ? confined(folder, [pack], [...plain]) : plain;
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  let [at, ended, hung] = [from, false, false];
  const kill = () => {
    hung = true;
    child.kill("SIGKILL");
  };
  let watch = setTimeout(kill, LONGEST);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    clearTimeout(watch);
    watch = setTimeout(kill, LONGEST);
    if ("fault" in message) faults.push({ case: message.case, what: message.fault });
    else if ("end" in message) ended = true;
    else {
      at = message.start;
      onProgress(at);
    }
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  clearTimeout(watch);
  if (ended) return cases;
  const what = hung ? `no end after ${LONGEST / 1000} s` : `the process died (${signal ?? `exit code ${code}`})`;
  faults.push({ case: at, what: `${what}\n${said}`.trim() });
  return at + 1;
}
