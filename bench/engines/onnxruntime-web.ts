/** ONNX Runtime in WebAssembly, through onnxruntime-web, which runs in Node as in a browser. */

import { serve, unknownTask } from "./engine.ts";
import { peers } from "./onnx-graph.ts";
import { recurrentSession } from "./recurrent/onnx.ts";

await serve(async ({ threads }) => {
  const ort = peers("onnxruntime-web");
  ort.env.wasm.numThreads = threads;
  const open = (model: Uint8Array) =>
    ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return {
    threads,
    note: `onnxruntime-web ${ort.env.versions.web}, wasm provider, each workload one graph`,
    async open(task) {
      if (task.kind === "recurrent") return recurrentSession("onnxruntime-web", task, ort, open);
      throw unknownTask("onnxruntime-web", task);
    },
  };
});
