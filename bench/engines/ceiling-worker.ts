import { parentPort } from "node:worker_threads";
import { type LoopRequest, loadKernels, runLoop } from "./ceiling-loop.ts";

await loadKernels();
parentPort!.on("message", (request: LoopRequest) => parentPort!.postMessage(runLoop(request)));
parentPort!.postMessage("ready");
