import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Milliseconds that a case of this process may last. */
const LONGEST = 60_000;

/** Ends the process, with the seed, where a case doesn't end: nothing else can, as a loop without end hears no timer of its own thread. */
export interface Watchdog {
  begun(seed: number): void;
  close(): Promise<void>;
}

/** Plain JavaScript: a thread starts without what reads TypeScript, which asks the thread that is watched. */
const watch = `
const { workerData: { suite, cells, longest } } = require("node:worker_threads");
let [seen, since] = [-1, Date.now()];
setInterval(() => {
  const seed = Atomics.load(cells, 0);
  if (seed !== seen) [seen, since] = [seed, Date.now()];
  if (seed < 0 || Date.now() - since <= longest) return;
  require("node:fs").writeSync(1, suite + ", seed " + seed + ": no end after " + longest / 1000 + " s\\n");
  process.kill(process.pid, "SIGKILL");
}, 500);
`;

export async function watchdog(suite: string, longest = LONGEST): Promise<Watchdog> {
  const cells = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const worker = new Worker(watch, { eval: true, execArgv: [], workerData: { suite, cells, longest } });
  await once(worker, "online");
  worker.unref();
  return {
    begun: (seed) => void Atomics.store(cells, 0, seed),
    close: async () => void (await worker.terminate()),
  };
}
