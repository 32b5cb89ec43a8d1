/** A Redis of one's own on loopback, and the command line beside it, for tests and drills. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { install } from "../support/installed.ts";
import { root } from "../support/repository.ts";

/** Whether Redis and the packages of this folder are here. */
export const isHere =
  spawnSync("redis-server", ["--version"]).status === 0 && existsSync(`${root}test/redis/node_modules/bullmq`);

/** Installs heaviside and the packages of a queue into a folder, as a user would; gives its program. */
export function installWithQueue(folder: string): string {
  install(folder);
  for (const name of ["bullmq", "ioredis"])
    symlinkSync(`${root}test/redis/node_modules/${name}`, join(folder, "node_modules", name));
  return join(folder, "node_modules/heaviside/bin/heaviside.js");
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((done) => child.once("exit", done));

/** Redis with an append-only file, which can be killed and started again. */
export class OwnRedis {
  readonly #folder: string;
  readonly #more: readonly string[];
  readonly port: number;
  #process: ChildProcess | undefined;

  constructor(folder: string, port: number, more: readonly string[] = []) {
    mkdirSync(folder, { recursive: true });
    [this.#folder, this.port, this.#more] = [folder, port, more];
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, and waits until it takes connections. */
  async start(): Promise<void> {
    const words = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    const kept = ["--appendonly", "yes", "--maxmemory-policy", "noeviction"];
    this.#process = spawn("redis-server", [...words, ...kept, ...this.#more], { stdio: "ignore" });
    for (let i = 0; i < 200; i++) {
      const { stdout } = this.cli("ping");
      if (/PONG|NOAUTH/.test(stdout)) return;
      await later(50);
    }
    throw new Error("redis-server doesn't answer");
  }

  cli(...words: string[]): { readonly stdout: string } {
    return spawnSync("redis-cli", ["-p", String(this.port), ...words], { encoding: "utf8" });
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child) return;
    child.kill(signal);
    await ended(child);
  }
}
