import type { JobName } from "./worker/index.ts";
import workerAddress from "./worker/index.ts?worker&url";

/** The address of what computes: it is another one for other code. */
export { workerAddress };

/** A worker that does one job, and what it is sent. */
export interface Job<Sent> {
  send(message: Sent): void;
  end(): void;
}

/** A job of the table in worker/index.ts. Its worker starts with the first message. `failed` gets a sentence where it can't run. */
export function startJob<Sent, Received>(
  name: JobName,
  onMessage: (message: Received) => void,
  failed: (message: string) => void,
): Job<Sent> {
  let running: { readonly worker: Worker; readonly port: MessagePort } | undefined;
  const start = () => {
    const worker = new Worker(workerAddress, { type: "module", name });
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Received>) => onMessage(data);
    worker.onerror = ({ message }) => failed(message || "this browser can't start the worker that computes");
    worker.postMessage({ name, port: port2 }, [port2]);
    return { worker, port: port1 };
  };
  return {
    send(message) {
      running ??= start();
      running.port.postMessage(message);
    },
    end() {
      running?.port.close();
      running?.worker.terminate();
    },
  };
}
