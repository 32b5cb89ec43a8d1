/** Our backends beside the machine's ceiling and, with --peers, beside other libraries. */
import { fileURLToPath } from "node:url";
import type { Options } from "./arguments.ts";
import { busyLine } from "./load.ts";
import { type Contestant, measure } from "./measure.ts";
import { installPeers } from "./peers.ts";
import { EngineProcess } from "./protocol.ts";
import { describeMachine, OWN, type Row, rowsOf, writeRows } from "./rows.ts";
import { workloadTable } from "./table.ts";
import { workloadOf } from "./workloads/index.ts";
import type { Task } from "./workloads/workload.ts";

const bench = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string) => console.error(line);

/** One line that replaces itself in a terminal, and nothing in a pipe. */
const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** The engines' processes, with what each says of itself. */
class Field {
  readonly contestants: Contestant[] = [];
  readonly notes = new Map<string, string>();
  readonly #processes: EngineProcess[] = [];

  async start(name: string, file: string, threads: number, backend: string): Promise<void> {
    const program = [...["--conditions=source", "--import", "tsx"], `${bench}engines/${file}.ts`];
    const engine = new EngineProcess(name, process.execPath, program, root);
    this.#processes.push(engine);
    const { note, threads: running } = await engine.request("start", { threads, backend });
    // A backend that cannot use so many threads would be measured twice.
    if (this.contestants.some((other) => other.name === name && other.threads === running)) return engine.stop();
    this.contestants.push({ name, threads: running, process: engine });
    this.notes.set(`${name} ${running}`, note);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((engine) => engine.stop()));
  }
}

/** Measures every workload of `options` and prints a table of each; false where an engine failed or was wrong. */
export async function compare(options: Options): Promise<boolean> {
  if (options.peers) installPeers(bench, say);
  const machine = describeMachine();
  const [field, bounds] = [new Field(), new Field()];
  const rows: Row[] = [];
  let right = true;
  try {
    const ceilingTasks = options.tasks.filter((task) => task.kind === "ceiling");
    const tasks = options.tasks.filter((task) => task.kind !== "ceiling");
    for (const threads of new Set([...(options.peers ? [1] : []), ...options.threads])) {
      await bounds.start("machine", "ceiling", threads, options.backend);
    }
    if (tasks.length > 0) {
      for (const threads of options.threads) await field.start(OWN, "heaviside", threads, options.backend);
      for (const peer of options.peers ? ["jax-js", "tfjs-wasm"] : []) await field.start(peer, peer, 1, "");
    }
    console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.platform}`);
    for (const [name, note] of [...field.notes, ...bounds.notes]) console.log(`${name}: ${note}`);
    const one = async (task: Task, contestants: Contestant[], ceilings: Contestant[]) => {
      const title = `${workloadOf(task).name(task)} ${workloadOf(task).size(task)}`;
      const result = await measure(task, contestants, ceilings, options, (text) => progress(`${title}: ${text}`));
      progress("");
      const made = rowsOf(result).map((row) => {
        const note = field.notes.get(`${row.engine} ${row.threads}`) ?? bounds.notes.get(`machine ${row.threads}`);
        return { ...row, machine: note === undefined ? machine : { ...machine, note } };
      });
      rows.push(...made);
      console.log(`\n${workloadTable(made) || title}`);
      for (const failure of result.failures) console.log(`  failed: ${failure}`);
      const busy = busyLine(result.others);
      if (busy) console.log(`  ${busy}`);
      right &&= result.failures.length === 0;
    };
    for (const task of tasks) await one(task, field.contestants, bounds.contestants);
    for (const task of ceilingTasks) await one(task, bounds.contestants, []);
    if (options.json) writeRows(options.json, rows);
  } finally {
    progress("");
    await Promise.all([field.stop(), bounds.stop()]);
  }
  return right;
}
