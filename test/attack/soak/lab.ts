import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import type { Load, Usage } from "./load.ts";

/** Requests that are open at a time. */
const AT_ONCE = 8;
/** Milliseconds without a byte of an answer. */
const LONGEST = 10_000;
/** The metrics of a run that is going on. */
const metrics = (lines: number): string =>
  Array.from(
    { length: lines },
    (_, i) => `${JSON.stringify({ epoch: i + 1, step: 10 * i, valid: { deterministic: { error: 9 } } })}\n`,
  ).join("");

/** Puts a page where the package has the lab's, and a run to watch into `folder`; gives the folder of runs. */
function prepare(pack: string, folder: string): string {
  const [page, runs] = [join(pack, "dist/lab"), join(folder, "runs")];
  for (const path of [join(page, "assets"), join(runs, "first")]) mkdirSync(path, { recursive: true });
  writeFileSync(join(page, "index.html"), `<!doctype html><title>soak</title>${"<p>".repeat(2000)}`);
  writeFileSync(join(page, "assets/index-Ab12.js"), "export {};\n".repeat(20_000));
  writeFileSync(join(runs, "first/config.json"), JSON.stringify({ training: { epochs: 500 } }));
  writeFileSync(join(runs, "first/metrics.jsonl"), metrics(300));
  return runs;
}

/** Starts the command in a process of its own; gives that and the page's address. */
async function started(pack: string, runs: string): Promise<{ server: ChildProcess; base: URL }> {
  const cli = pathToFileURL(join(pack, "dist/cli.js")).href;
  const args = ["--expose-gc", join(pack, "lab-server.mjs"), cli, "--no-open", "--port", "0", "--watch", runs];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  for await (const line of createInterface(server.stdout!)) {
    const address = /http:[^\s#]+/.exec(line)?.[0];
    if (address !== undefined) return { server, base: new URL(address) };
  }
  throw new Error("soak: the lab's server didn't start");
}

/** The usage of the server's process, which answers each message with it. */
async function askedUsage(server: ChildProcess): Promise<Usage> {
  server.send("usage");
  const [usage] = (await once(server, "message")) as [Usage];
  return usage;
}

/** A request whose answer has begun. */
const opened = (url: URL, agent: Agent): Promise<IncomingMessage> =>
  new Promise((done, failed) => {
    get(url, { agent, timeout: LONGEST }, done)
      .on("timeout", () => failed(new Error(`soak: ${url.pathname} isn't answered within ${LONGEST / 1000} s`)))
      .on("error", failed);
  });

/** A request whose answer is read to its end; gives its bytes. */
async function whole(url: URL, agent: Agent): Promise<number> {
  const answer = await opened(url, agent);
  if (answer.statusCode !== 200) throw new Error(`soak: ${url.pathname} is answered with ${answer.statusCode}`);
  let bytes = 0;
  for await (const part of answer) bytes += (part as Buffer).length;
  return bytes;
}

/** Server-sent events that are left when the first lines of a run have come. */
async function events(url: URL, agent: Agent): Promise<void> {
  const answer = await opened(url, agent);
  let text = "";
  for await (const part of answer) {
    text += String(part);
    if (text.includes("event: lines")) break;
  }
  answer.destroy();
  if (!text.includes("event: lines")) throw new Error(`soak: ${url.pathname} ended without lines of the run`);
}

const paths = ["/", "/assets/index-Ab12.js", "/watch.json", "/data/sets.json"] as const;

/** Every second request is a page that watches and goes. */
async function request(base: URL, run: string, i: number, agent: Agent): Promise<void> {
  const path = paths[(i >> 1) % paths.length]!;
  if (i % 2 === 1) await events(new URL(`/watch?run=${encodeURIComponent(run)}`, base), agent);
  else if ((await whole(new URL(path, base), agent)) === 0) throw new Error(`soak: ${path} is empty`);
}

/** The lab's server under requests and pages that come and go; its own process is what is sampled. */
export const lab: Load = {
  name: "lab",
  about: `requests to the lab's server, ${AT_ONCE} at a time, every second one server-sent events that are dropped`,
  unit: "requests",
  amount: 400,
  full: 10_000,
  async run({ pack, folder, marks, mark }) {
    const runs = prepare(pack, folder);
    const { server, base } = await started(pack, runs);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    try {
      let next = 0;
      for (const end of marks) {
        const work = async (): Promise<void> => {
          while (next < end) await request(base, join(runs, "first"), next++, agent);
        };
        await Promise.all(Array.from({ length: AT_ONCE }, work));
        agent.destroy();
        // The server sees a moment later that a connection is gone.
        await new Promise((done) => setTimeout(done, 50));
        mark(end, await askedUsage(server));
      }
    } finally {
      server.kill("SIGINT");
    }
    return undefined;
  },
};
