import { fileURLToPath } from "node:url";
import { loadAddon } from "../../src/backends/native/load.ts";
import { UserError } from "../../src/errors.ts";
import { busyLine } from "../../src/measure/load.ts";
import { findPython, howToGetPyTorch } from "../contestants.ts";
import { describeMachine } from "../machine.ts";
import { installPeers } from "../peers.ts";
import { type Row, writeRows } from "../rows.ts";
import type { SubjectArguments } from "./arguments.ts";
import { subjects } from "./index.ts";
import { rowsOfTurns, turnsTable } from "./report.ts";
import { takeTurns } from "./turns.ts";

/** The usual backends without native where its add-on is not built. */
async function runnable(backends: readonly string[]): Promise<readonly string[]> {
  if (!backends.includes("native")) return backends;
  try {
    loadAddon();
    return backends;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(`left out: ${error.message}`);
    return backends.filter((backend) => backend !== "native");
  }
}

const say = (line: string) => console.error(line);

/** One line that replaces itself in a terminal, and nothing in a pipe. */
const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/**
 * Measures a subject, prints a table of each contest, and writes the rows where they are wanted: after each contest those so far, so that
 * a run that is stopped has not been for nothing.
 */
export async function runSubject({ name, json, command, backendsAsked, ...options }: SubjectArguments): Promise<void> {
  const run = { command, date: new Date().toISOString(), machine: describeMachine() };
  if (options.peers) {
    installPeers(fileURLToPath(new URL("..", import.meta.url)), say);
    const python = findPython(options.python);
    if (python === undefined) say(howToGetPyTorch(options.python));
    else options.python = python;
  }
  if (!backendsAsked) options.backends = await runnable(options.backends);
  const { cpu, cores, memoryGiB, node, system } = run.machine;
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`);
  const rows: Row[] = [];
  try {
    for await (const contest of subjects[name]!.contests(options, say)) {
      const turns = await takeTurns(contest, options.rounds, (text) => progress(`${contest.workload}: ${text}`));
      progress("");
      const taken = rowsOfTurns(contest, turns);
      const made = contest.complete?.(taken) ?? taken;
      rows.push(...made);
      console.log(`\n${contest.report?.(made) ?? turnsTable(contest, turns)}`);
      const busy = busyLine(turns.others);
      if (busy) console.log(`  ${busy}`);
      if (json) writeRows(json, run, rows);
    }
  } finally {
    progress("");
  }
}
