/** What a worker needs to join. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The top of its own stack. */
  readonly stack: number;
  readonly tid: number;
}

export interface WorkerHandle {
  end(): Promise<unknown>;
}

// The worker's whole source, as text: it needs no file, so it survives bundling and runs from sources alike.
const live = `const live = ({ module, memory, stack, tid }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.worker_main(tid);
};`;

/** Starts a thread that lives in the kernels' worker_main. It never keeps the process alive. */
export function startWorker(start: WorkerStart, failed: (error: unknown) => void): WorkerHandle {
  if (typeof process !== "undefined" && process.versions?.node !== undefined) {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(`${live} live(require("node:worker_threads").workerData);`, {
      eval: true,
      workerData: start,
    });
    worker.on("error", failed);
    worker.unref();
    return { end: () => worker.terminate() };
  }
  const url = URL.createObjectURL(
    new Blob([`${live} onmessage = ({ data }) => live(data);`], { type: "text/javascript" }),
  );
  const worker = new Worker(url);
  worker.onerror = failed;
  worker.postMessage(start);
  URL.revokeObjectURL(url);
  return { end: async () => worker.terminate() };
}

/** Threads need memory that workers can share: always there in Node, in a browser only on cross-origin isolated pages. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" &&
  ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true);
