import { UserError } from "../../src/errors.ts";
import { answerRequests, type Start } from "../protocol.ts";
import type { Task } from "../workloads/workload.ts";

/** A workload that an engine has set up. */
export interface Session {
  /** Numbers that the workload's `check` can tell right from wrong by. Leaves the session warm. */
  evidence(): Promise<number[]>;
  /** Work done in at least `seconds`: runs, or for a ceiling what its loop counts. */
  slice(seconds: number): Promise<{ work: number; seconds: number }>;
  close(): void;
}

export interface Engine {
  threads: number;
  /** What a reader of the figures must know: version, instruction set. */
  note: string;
  /** `form` is "" where there is only one way to do the task. */
  open(task: Task, form: string): Promise<Session>;
}

/** The main program of an engine's process. */
export async function serve(load: (start: Start) => Promise<Engine>): Promise<void> {
  // Standard output carries answers alone, whatever a library likes to say there.
  console.log = console.error;
  console.info = console.error;
  let engine: Engine | undefined;
  const sessions = new Map<string, Session>();
  const opened = (form = "") => {
    const session = sessions.get(form);
    if (!session) throw new Error(form === "" ? "no workload is open" : `no workload is open in the form ${form}`);
    return session;
  };
  await answerRequests(process.stdin, process.stdout, {
    async start(ask) {
      engine = await load(ask);
      return { threads: engine.threads, note: engine.note };
    },
    async open({ task, form = "" }) {
      if (!engine) throw new Error("not started");
      const session = await engine.open(task, form);
      sessions.set(form, session);
      return { evidence: await session.evidence() };
    },
    slice: ({ seconds, form }) => opened(form).slice(seconds),
    async usage() {
      const { user, system } = process.cpuUsage();
      return { cpuSeconds: (user + system) * 1e-6 };
    },
    async close() {
      for (const session of sessions.values()) session.close();
      sessions.clear();
      return {};
    },
  });
  process.exit(0);
}

/** A slice of whole runs, at least one, each complete before the next begins. */
export async function repeat(run: () => void | Promise<void>, seconds: number) {
  const start = performance.now();
  let runs = 0;
  let elapsed = 0;
  do {
    await run();
    runs++;
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return { work: runs, seconds: elapsed };
}

export function unknownTask(engine: string, task: Task): UserError {
  return new UserError(`${engine} has no workload ${task.kind}`);
}

export function unknownForm(engine: string, task: Task, form: string): never {
  throw new UserError(`${engine} has no form ${form} of ${task.kind}`);
}
