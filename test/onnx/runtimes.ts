import { loadRuntime, type Runtime } from "../attack/targets/exports.ts";
import { root } from "../support/repository.ts";

/** The programs that run exported networks: machine code, and WebAssembly as in a browser. */
export const runtimeFiles = {
  "ONNX Runtime": `${root}test/onnx/node_modules/onnxruntime-node/dist/index.js`,
  "ONNX Runtime Web": `${root}test/onnx/node_modules/onnxruntime-web/dist/ort.node.min.mjs`,
} as const;

export async function loadRuntimes(): Promise<Readonly<Record<keyof typeof runtimeFiles, Runtime>>> {
  return {
    "ONNX Runtime": await loadRuntime(runtimeFiles["ONNX Runtime"]),
    "ONNX Runtime Web": await loadRuntime(runtimeFiles["ONNX Runtime Web"]),
  };
}
