/** The machine itself as an engine: the loops of ceiling-loop.ts on every thread at once. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Ceiling, CeilingKind } from "../workloads/ceiling.ts";
import { type LoopRequest, type LoopResult, type Loops, loadLoops, runLoop } from "./ceiling-loop.ts";
import { type Session, serve, unknownTask } from "./engine.ts";

/** The main thread works too; the others wait for messages in between. */
function open({ loop, count }: Ceiling, loops: Loops, workers: readonly Worker[]): Session {
  const share = Math.ceil(count / (workers.length + 1));
  async function slice(seconds: number): Promise<LoopResult> {
    const request: LoopRequest = { loop, count: share, seconds };
    const answers = workers.map((worker) => once(worker, "message") as Promise<[LoopResult]>);
    for (const worker of workers) worker.postMessage(request);
    const results = [runLoop(loops, request), ...(await Promise.all(answers)).map(([result]) => result)];
    const rate = results.reduce((sum, result) => sum + result.work / result.seconds, 0);
    return { work: rate, seconds: 1 };
  }
  return {
    // Long enough for the compiler's second tier.
    evidence: async () => [(await slice(0.2)).work],
    slice,
    close() {},
  };
}

/** A thread doesn't inherit the loader that strips types, so it registers that itself. */
async function startWorker(kind: CeilingKind): Promise<Worker> {
  const program = `import("tsx/esm/api").then(({ register }) => {
    register();
    return import(${JSON.stringify(new URL("ceiling-worker.ts", import.meta.url).href)});
  })`;
  const worker = new Worker(program, { eval: true, workerData: kind });
  // The worker's first word says that it is ready; an error in starting it rejects here.
  await once(worker, "message");
  worker.unref();
  return worker;
}

await serve(async ({ threads, variant }) => {
  const kind = variant as CeilingKind;
  const loops = await loadLoops(kind);
  const workers = await Promise.all(Array.from({ length: threads - 1 }, () => startWorker(kind)));
  return {
    threads,
    note: loops.note,
    async open(task) {
      if (task.kind === "ceiling") return open(task, loops, workers);
      throw unknownTask("the machine", task);
    },
  };
});
