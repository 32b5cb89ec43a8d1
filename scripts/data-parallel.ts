// docs/explanation/data-parallel.md: whether two processes that share a batch could train one network faster than two threads. Takes a minute or two.
// node --conditions=@heaviside/source --import tsx scripts/data-parallel.ts [--write] prints or writes the page.
import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBackend } from "../src/backends/select.ts";
import { loadDataset } from "../src/data/index.ts";
import { type Backend, mlp, train } from "../src/index.ts";

const ROUNDS = 5;
/** Layers, batch size and the training examples that are timed. */
const cases = [
  { hidden: [400], batch: 100, examples: 10_000 },
  { hidden: [400], batch: 1000, examples: 20_000 },
  { hidden: [2000, 2000], batch: 100, examples: 3000 },
] as const;

const self = fileURLToPath(import.meta.url);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Milliseconds of a training step. */
async function stepTime(backend: Backend, { hidden, batch, examples }: (typeof cases)[number], share: number) {
  const data = await loadDataset("mnist", { limit: examples });
  const model = mlp({
    input: 784,
    hidden: hidden.map((units) => ({ units, estimator: { name: "straight-through-slope" } })),
    classes: 10,
  });
  const size = batch / share;
  const { history } = await train(model, data, {
    backend,
    batch: size,
    epochs: 1,
    optimizer: { name: "momentum", rate: 0.01 },
  });
  return (1000 * size) / history[0]!.examplesPerSecond;
}

/** What swaps gradients with another process: sends some bytes and reads as many. */
function swapper(socket: Socket): (bytes: Buffer) => Promise<void> {
  let [received, wanted] = [0, 0];
  let done = (): void => {};
  socket.on("data", ({ length }) => {
    received += length;
    if (received >= wanted) done();
  });
  return (bytes) =>
    new Promise((resolve) => {
      wanted += bytes.length;
      done = resolve;
      socket.write(bytes);
      if (received >= wanted) resolve();
    });
}

const SWAPS = 20;

/** The other process: swaps gradients as long as it is asked to. */
async function serve(path: string, bytes: number): Promise<void> {
  const socket = connect(path);
  await once(socket, "connect");
  const own = Buffer.alloc(bytes, 1);
  const swap = swapper(socket);
  for (let i = 0; i < SWAPS * (ROUNDS + 1); i++) await swap(own);
  socket.end();
}

/** Opens a second process; gives what measures the milliseconds of an exchange of `bytes` each way, its sum included. */
async function exchanger(bytes: number) {
  const path = join(tmpdir(), `heaviside-exchange-${process.pid}`);
  rmSync(path, { force: true });
  const server = createServer().listen(path);
  await once(server, "listening");
  const other = fork(self, ["--serve", path, String(bytes)], { stdio: "inherit" });
  const [socket] = (await once(server, "connection")) as [Socket];
  const own = Buffer.alloc(bytes, 2);
  const [sum, theirs] = [new Float32Array(bytes / 4), new Float32Array(bytes / 4).fill(1)];
  const swap = swapper(socket);
  return {
    async round(): Promise<number> {
      const begun = performance.now();
      for (let i = 0; i < SWAPS; i++) {
        await swap(own);
        for (let j = 0; j < sum.length; j++) sum[j]! += theirs[j]!;
      }
      return (performance.now() - begun) / SWAPS;
    },
    async close(): Promise<void> {
      server.close();
      await once(other, "exit");
      rmSync(path, { force: true });
    },
  };
}

const weightsOf = (hidden: readonly number[]): number =>
  [784, ...hidden, 10].reduce((sum, width, i, all) => sum + (i === 0 ? 0 : width * (all[i - 1]! + 1)), 0);

export interface Row {
  readonly name: string;
  readonly one: number;
  readonly two: number;
  readonly half: number;
  readonly exchange: number;
}

async function measured(one: (typeof cases)[number]): Promise<Row> {
  const [single, pair] = [await startBackend("auto", { threads: 1 }), await startBackend("auto", { threads: 2 })];
  const bytes = 4 * weightsOf(one.hidden);
  const exchange = await exchanger(bytes);
  const times: { one: number[]; two: number[]; half: number[]; exchange: number[] } = {
    ...{ one: [], two: [], half: [], exchange: [] },
  };
  for (let round = -1; round < ROUNDS; round++) {
    const found = {
      one: await stepTime(single, one, 1),
      two: await stepTime(pair, one, 1),
      half: await stepTime(single, one, 2),
      exchange: await exchange.round(),
    };
    // The first round warms up.
    if (round < 0) continue;
    for (const [name, time] of Object.entries(found)) times[name as keyof typeof times].push(time);
  }
  await Promise.all([exchange.close(), single.close(), pair.close()]);
  const name = `784-${one.hidden.join("-")}-10, batch ${one.batch}`;
  return { name, ...mapped(times) };
}

const mapped = ({ one, two, half, exchange }: Record<"one" | "two" | "half" | "exchange", number[]>) => ({
  ...{ one: median(one), two: median(two), half: median(half), exchange: median(exchange) },
});

export function page(rows: readonly Row[]): string {
  const faster = rows.filter(({ two, half, exchange }) => half + exchange < two);
  const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));
  const lines = rows.map(({ name, one, two, half, exchange }) => {
    const processes = half + exchange;
    return `| ${name} | ${ms(one)} | ${ms(two)} | ${ms(half)} | ${ms(exchange)} | ${ms(processes)} | ${(processes / two).toFixed(2)} |`;
  });
  return `# One network in several processes

Several processes could train one network: each computes the gradient of a part of the batch, and
they exchange gradients after each step (data-parallel training). Heaviside has no such option. This
page says why.

| network | 1 thread | 2 threads | half a batch, 1 thread | exchange | 2 processes at best | against 2 threads |
|---|---:|---:|---:|---:|---:|---:|
${lines.join("\n")}

Milliseconds of a training step, medians of ${ROUNDS} interleaved rounds, on ${cpus()[0]!.model.trim()}, ${cpus().length} cores,
Node ${process.versions.node}. "Exchange" sends all gradients to the other process over a Unix socket,
reads as many, and adds them. "2 processes at best" is half a batch and an exchange, as if neither
slowed the other.

- **Speed.** ${
    faster.length === 0
      ? "In each of these networks two threads are faster, which share memory and exchange nothing."
      : `Two processes could be faster for ${faster.map(({ name }) => name).join("; ")}.`
  }
- **The same numbers.** A sum of two halves is rounded otherwise than the sum of a batch. So numbers
  would depend on how many processes there are. With threads they don't: each number is computed in
  the same order whatever their count.

For many trainings, [a sweep](../how-to/sweep.md) runs one in each process, and needs no exchange.

Generated: \`node --conditions=@heaviside/source --import tsx scripts/data-parallel.ts --write\`.
`;
}

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const one of cases) {
    rows.push(await measured(one));
    console.error(rows.at(-1));
  }
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/explanation/data-parallel.md", import.meta.url), page(rows));
  else process.stdout.write(page(rows));
}

const [flag, path, bytes] = process.argv.slice(2);
if (process.argv[1] === self) await (flag === "--serve" ? serve(path!, Number(bytes)) : main());
