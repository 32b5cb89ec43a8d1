import { fileURLToPath } from "node:url";
import { UserError } from "../src/errors.ts";
import type { Entry } from "./contestants.ts";
import { Handover } from "./handover.ts";
import type { Contestant } from "./measure.ts";
import { EngineProcess, type Requests } from "./protocol.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The engines' processes of a run, each started once and idle until asked. */
export class Field {
  readonly contestants: Contestant[] = [];
  readonly #processes: EngineProcess[] = [];
  readonly #handover = new Handover();

  /**
   * Starts all of them, in the order of the entries. An optional one that cannot start is left out with one line;
   * any other throws.
   */
  async start(entries: readonly Entry[], say: (line: string) => void): Promise<void> {
    const started = entries.map(async (entry) => {
      const process = new EngineProcess(entry.name, entry.program, root);
      this.#processes.push(process);
      return { process, ...(await process.request("start", { threads: entry.threads, variant: entry.variant })) };
    });
    const left = new Set<string>();
    for (const [index, result] of (await Promise.allSettled(started)).entries()) {
      const entry = entries[index]!;
      if (result.status === "fulfilled") await this.#enter(entry, result.value);
      else if (entry.optional && !left.has(entry.name))
        say(`${entry.name} is left out: ${reason(entry, result.reason)}`);
      else if (!entry.optional) throw result.reason;
      if (result.status === "rejected") left.add(entry.name);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((engine) => engine.stop()));
    this.#handover.clear();
  }

  async #enter(entry: Entry, { process, threads, note }: { process: EngineProcess; threads: number; note: string }) {
    // A backend that cannot use so many threads would be measured twice.
    if (this.contestants.some((other) => other.name === entry.name && other.threads === threads)) return process.stop();
    const { name, role, ceiling } = entry;
    this.contestants.push({
      ...{ name, role, threads, note, ...(ceiling && { ceiling }) },
      process: entry.foreign ? this.#withFiles(process) : process,
    });
  }

  #withFiles(process: EngineProcess): Contestant["process"] {
    const handover = this.#handover;
    return {
      request<K extends keyof Requests>(kind: K, ask: Requests[K]["ask"]) {
        const given = kind === "open" ? { given: handover.give((ask as Requests["open"]["ask"]).task) } : {};
        return process.request(kind, { ...ask, ...given });
      },
    };
  }
}

/** An engine's failure in one line, without its own name before it. */
function reason({ name }: Entry, error: Error): string {
  const text = error.message.replace(`${name}: `, "");
  return error instanceof UserError ? text : text.split("\n", 1)[0]!;
}
