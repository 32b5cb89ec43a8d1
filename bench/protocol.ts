/**
 * How the bench speaks with an engine: one JSON object a line, requests on the engine's standard input, one answer
 * each on its standard output. An engine lives in a process of its own, idle between requests, so that engines take
 * turns within one run and never compete.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { UserError } from "../src/errors.ts";
import type { Given } from "./handover.ts";
import type { Task } from "./workloads/workload.ts";

export interface Start {
  threads: number;
  /** Which of the engine's forms runs: a backend of ours, a kind of ceiling, a peer's settings. */
  variant: string;
}

/** How to start an engine's process. */
export interface EngineProgram {
  command: string;
  args: readonly string[];
  /** Added to the environment of the bench. */
  env?: Readonly<Record<string, string>>;
}

/** What is asked of an engine, and what it answers. */
export interface Requests {
  /** Load the library. `threads` is what it really uses, `note` what a reader of the figures must know. */
  start: { ask: Start; answer: { threads: number; note: string } };
  /**
   * Set a workload up, run it a few times and return what its check needs. `form`: which of the engine's ways of doing it, where
   * it has several; they may be open beside each other.
   */
  open: { ask: { task: Task; form?: string; given?: Given }; answer: { evidence: number[] } };
  /** Run the open workload for at least so many seconds. */
  slice: { ask: { seconds: number; form?: string }; answer: { work: number; seconds: number } };
  /** Processor seconds that the engine's process has used since its start. */
  usage: { ask: Record<never, never>; answer: { cpuSeconds: number } };
  /** Ends whatever is open. */
  close: { ask: Record<never, never>; answer: Record<never, never> };
}

export type Handlers = { [K in keyof Requests]: (ask: Requests[K]["ask"]) => Promise<Requests[K]["answer"]> };

interface Answer {
  id: number;
  answer?: unknown;
  error?: string;
  /** The error is the user's to mend: its message says it all. */
  user?: boolean;
}

/** Answers requests until the input ends. Requests are handled one after the other. */
export async function answerRequests(input: Readable, output: Writable, handlers: Handlers): Promise<void> {
  for await (const line of createInterface({ input })) {
    const { id, kind, ask } = JSON.parse(line);
    let reply: Answer;
    try {
      const handler = handlers[kind as keyof Requests] as (ask: unknown) => Promise<unknown>;
      reply = { id, answer: await handler(ask) };
    } catch (error) {
      const text =
        error instanceof Error ? (error instanceof UserError ? error.message : `${error.stack}`) : `${error}`;
      reply = { id, error: text, user: error instanceof UserError };
    }
    output.write(`${JSON.stringify(reply)}\n`);
  }
}

/** An engine's process, as the bench sees it. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #complaints = "";
  #gone: Error | undefined;

  constructor(name: string, { command, args, env = {} }: EngineProgram, cwd: string) {
    this.#name = name;
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#receive(line));
    this.#child.stderr!.on("data", (text) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    // A request written to a process that just died: its exit is reported by "close" below.
    this.#child.stdin!.on("error", () => {});
    this.#child.on("error", (error) => this.#end(error.message));
    this.#child.on("close", (code, signal) => this.#end(`ended with ${signal ?? `exit code ${code}`}`));
  }

  request<K extends keyof Requests>(kind: K, ask: Requests[K]["ask"]): Promise<Requests[K]["answer"]> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(`${JSON.stringify({ id, kind, ask })}\n`);
    });
  }

  /** Ends the process; resolves when it has gone. */
  async stop(): Promise<void> {
    if (this.#gone) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin!.end();
    this.#child.kill();
    await gone;
  }

  #receive(line: string): void {
    let reply: Answer;
    try {
      reply = JSON.parse(line);
    } catch {
      this.#complaints = `${this.#complaints}${line}\n`.slice(-2000);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting.resolve(reply.answer as never);
    else waiting.reject(new (reply.user ? UserError : Error)(`${this.#name}: ${reply.error}`));
  }

  #end(reason: string): void {
    if (this.#gone) return;
    const complaints = this.#complaints.trim();
    this.#gone = new Error(`${this.#name}: the engine's process ${reason}${complaints && `; it said:\n${complaints}`}`);
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}
