import { readdirSync } from "node:fs";
import type { Usage } from "./load.ts";

const memories: WeakRef<WebAssembly.Memory>[] = [];

/** From here on every WebAssembly memory of this thread is counted for as long as something holds it. */
export function countMemories(): void {
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(type, args, target) {
      const memory = Reflect.construct(type, args, target) as WebAssembly.Memory;
      memories.push(new WeakRef(memory));
      return memory;
    },
  });
}

const entriesIn = (folder: string): number => readdirSync(folder).length;

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Seconds of processor time that all looks at the usage have taken: they are no part of the work. */
let looking = 0;

/** What this process holds. It has to be started with --expose-gc, on Linux. */
export function usageNow(): Usage {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("soak: the process must be started with --expose-gc");
  const before = cpu();
  // What finalizers let go is collected by a second time.
  gc();
  gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const usage = {
    ...{ rss, heap: heapUsed, outside: external + arrayBuffers },
    pages: memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0) / 65_536, 0),
    threads: entriesIn("/proc/self/task"),
    files: entriesIn("/proc/self/fd"),
    cpu: before - looking,
  };
  looking += cpu() - before;
  return usage;
}
