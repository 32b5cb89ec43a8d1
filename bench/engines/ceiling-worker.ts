import { parentPort } from "node:worker_threads";
import { type LoopRequest, runLoop } from "./ceiling-loop.ts";

parentPort!.on("message", (request: LoopRequest) => parentPort!.postMessage(runLoop(request)));
parentPort!.postMessage("ready");
