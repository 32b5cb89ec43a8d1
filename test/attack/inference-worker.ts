import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

/** How a model file ended in heaviside/inference. */
export type Ending =
  | { readonly predicted: string }
  | { readonly refused: string }
  | { readonly crashed: string }
  /** It was stopped: a program may compute for as long as it wants, which no reader can tell. */
  | { readonly endless: true };

/** Milliseconds that a program may take. */
const LONGEST = 3000;

/** Plain JavaScript, which a thread starts at once. */
const code = `
const { parentPort, workerData: { module, kernels } } = require("node:worker_threads");
const loaded = import(module);
const compiled = WebAssembly.compile(kernels);
parentPort.on("message", async ({ bytes, examples, options }) => {
  const { predictor, UserError } = await loaded;
  const before = process.memoryUsage().arrayBuffers;
  try {
    const predict = await predictor(bytes, { wasm: await compiled });
    const predicted = JSON.stringify(predict.batch(examples, options));
    await predict.close();
    const taken = process.memoryUsage().arrayBuffers - before;
    parentPort.postMessage(taken > 64e6 ? { crashed: "took " + taken + " bytes" } : { predicted });
  } catch (error) {
    const taken = process.memoryUsage().arrayBuffers - before;
    const crashed = error instanceof UserError ? taken > 64e6 && "took " + taken + " bytes" : String(error?.stack);
    parentPort.postMessage(crashed ? { crashed } : { refused: error.message });
  }
});
`;

const kernels = readFileSync(new URL("../../src/backends/wasm/simd-single.wasm", import.meta.url));

/** heaviside/inference in a thread of its own, which is ended and started again where a program doesn't end. */
export class InferenceWorker {
  readonly #module: string;
  #worker: Worker | undefined;
  private constructor(module: string) {
    this.#module = module;
  }

  /** Bundles the entry into a folder. */
  static async in(folder: string): Promise<InferenceWorker> {
    const outfile = join(folder, "inference.mjs");
    const entryPoints = [fileURLToPath(new URL("../../src/inference/index.ts", import.meta.url))];
    await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
    return new InferenceWorker(pathToFileURL(outfile).href);
  }

  /** The predictions of a file's network, as JSON, or how else it ended. */
  run(bytes: Uint8Array, examples: unknown, options: object): Promise<Ending> {
    this.#worker ??= new Worker(code, { eval: true, execArgv: [], workerData: { module: this.#module, kernels } });
    const worker = this.#worker;
    return new Promise((done) => {
      const end = (ending: Ending) => {
        clearTimeout(late);
        worker.off("message", end);
        worker.off("error", failed);
        done(ending);
      };
      const restart = (ending: Ending) => {
        this.#worker = undefined;
        void worker.terminate().then(() => end(ending));
      };
      const late = setTimeout(() => restart({ endless: true }), LONGEST);
      worker.on("message", end);
      const failed = (error: Error) => restart({ crashed: String(error.stack) });
      worker.on("error", failed);
      worker.postMessage({ bytes, examples, options });
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
