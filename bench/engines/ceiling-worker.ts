import { parentPort, workerData } from "node:worker_threads";
import { type LoopRequest, loadLoops, runLoop } from "./ceiling-loop.ts";

const loops = await loadLoops(workerData);
parentPort!.on("message", (request: LoopRequest) => parentPort!.postMessage(runLoop(loops, request)));
parentPort!.postMessage("ready");
