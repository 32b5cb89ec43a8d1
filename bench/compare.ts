/** Our backends beside the machine's ceiling and, with --peers, beside other libraries: all in turns, in one run. */
import { fileURLToPath } from "node:url";
import { busyLine } from "../src/measure/load.ts";
import type { Options } from "./arguments.ts";
import { ceilingEntries, findPython, howToGetPyTorch, ownEntries, peerEntries } from "./contestants.ts";
import { Field } from "./field.ts";
import { describeMachine } from "./machine.ts";
import { measure } from "./measure.ts";
import { installPeers } from "./peers.ts";
import { type Row, rowsOf, writeRows } from "./rows.ts";
import { ratioLines, workloadTable } from "./table.ts";
import { workloadOf } from "./workloads/index.ts";

const bench = fileURLToPath(new URL(".", import.meta.url));
const say = (line: string) => console.error(line);

/** One line that replaces itself in a terminal, and nothing in a pipe. */
const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** Everyone who is asked for; ceilings also for the one thread that some peers have. */
function entries(options: Options) {
  const ceilings = ceilingEntries([...(options.peers ? [1] : []), ...options.threads]);
  if (options.tasks.every((task) => task.kind === "ceiling")) return ceilings;
  if (!options.peers) return [...ownEntries(options), ...ceilings];
  installPeers(bench, say);
  const python = findPython(options.python);
  if (python === undefined) say(howToGetPyTorch(options.python));
  return [...ownEntries(options), ...peerEntries(options, python), ...ceilings];
}

/** Measures every workload of `options` and prints a table of each; false where an engine failed or was wrong. */
export async function compare(options: Options): Promise<boolean> {
  const run = { command: options.command, date: new Date().toISOString(), machine: describeMachine() };
  const field = new Field();
  const rows: Row[] = [];
  let right = true;
  try {
    await field.start(entries(options), say);
    const { cpu, cores, memoryGiB, node, system } = run.machine;
    console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`);
    for (const { name, threads, note } of field.contestants) console.log(`${name} ${threads}T: ${note}`);
    for (const task of options.tasks) {
      const title = `${workloadOf(task).name(task)} ${workloadOf(task).size(task)}`;
      const result = await measure(task, field.contestants, options, (text) => progress(`${title}: ${text}`));
      progress("");
      const made = rowsOf(result);
      rows.push(...made);
      console.log(`\n${workloadTable(made) || title}`);
      for (const line of ratioLines(made)) console.log(`  ${line}`);
      for (const failure of result.failures) console.log(`  failed: ${failure}`);
      const busy = busyLine(result.others);
      if (busy) console.log(`  ${busy}`);
      right &&= result.failures.length === 0;
    }
    if (options.json) writeRows(options.json, run, rows);
  } finally {
    progress("");
    await field.stop();
  }
  return right;
}
