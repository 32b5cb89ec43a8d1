// The station of the reasons: a training of the experiment, by the experiment's own function.
import "../../../src/graph/methods.ts";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import type { ArmName } from "../../../src/experiments/slowness/arms.ts";
import { standardPlan } from "../../../src/experiments/slowness/plan.ts";
import { trainArm } from "../../../src/experiments/slowness/train-arm.ts";
import { mnistAt } from "./mnist.ts";
import type { SlowNews, SlowRequest } from "./slow-messages.ts";

/** Trains what the last request names. */
export function run(port: MessagePort): void {
  let stop = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  const tell = (news: SlowNews) => port.postMessage(news);

  const train = async (request: SlowRequest, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return;
    const { arm, rate, seed, data } = request;
    const set = await mnistAt(data, undefined);
    const backend = await wasmBackend({ threads: 1 }); // Eight neurons are too few to share.
    try {
      const outcome = await trainArm(standardPlan, set, {
        ...{ part: "small", arm: arm as ArmName, rate, seed, test: false, backend, signal },
        onPoint: (point) => tell({ kind: "point", request, point }),
        onProgress: (step) => tell({ kind: "step", request, step }),
      });
      tell({ kind: "done", request, outcome });
    } finally {
      await backend.close();
    }
  };

  port.onmessage = ({ data: request }: MessageEvent<SlowRequest>) => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    ended = ended
      .then(() => train(request, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) tell({ kind: "error", message: error instanceof Error ? error.message : String(error) });
      });
  };
}
