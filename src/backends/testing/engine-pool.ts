import { Engine } from "../../../kernels/harness.ts";

/** Engines that tests share, one for each variant and number of threads: each is handed out with its memory cleared. */
export function enginePool() {
  const engines = new Map<string, Promise<Engine>>();
  return {
    engine(variant: string, threads = 1): Promise<Engine> {
      const name = `${variant} ${threads}`;
      const made = engines.get(name) ?? new Engine(variant, threads).ready();
      engines.set(name, made);
      return made.then((e) => {
        e.clear();
        return e;
      });
    },
    async close(): Promise<void> {
      for (const made of engines.values()) await (await made).close();
    },
  };
}
