import { referenceBackend } from "../../src/backends/reference/reference.ts";
import { UserError } from "../../src/errors.ts";
import { largest } from "../../src/graph/ops/largest.ts";
import {
  array,
  type Backend,
  compile,
  type GaterConfig,
  key,
  type NdArray,
  resident,
  type Tensor,
} from "../../src/index.ts";
import { gaterFor } from "../../src/layers/gaters/index.ts";
import { millisecondsOf } from "../stopwatch.ts";
import { uniforms } from "../workloads/data.ts";
import { positiveInteger } from "../workloads/sizes.ts";
import { startBackend } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

interface Size {
  readonly input: number;
  readonly blocks: number;
}

/** What stands between an example and its open gates, timed by itself. */
interface Entrant {
  readonly setting: string;
  readonly multiplyAdds: number; // for one example
  readonly params: unknown;
  readonly run: (params: never, x: Tensor) => Tensor;
  /** Whether it reads scores [B, K] and not inputs [B, n]. */
  readonly readsScores?: true;
}

const RANK = 16;

/** Reads 784-64. Throws UserError for anything else, and for blocks that are no power of 2, as one tree needs them. */
export function parseSize(text: string): Size {
  const [input, blocks, ...rest] = text.split("-").map(positiveInteger);
  const fits = rest.length === 0 && input && blocks && input >= RANK && input <= 65536 && blocks <= 65536;
  if (!fits || blocks < RANK || !Number.isInteger(Math.log2(blocks)))
    throw new UserError(
      `gaters: a size is inputs-blocks such as 784-64, with ${RANK} to 65536 of each and a power of 2 of blocks; received ${text}`,
    );
  return { input, blocks };
}

/** The gaters between so many inputs and blocks, and choosing a tenth of the blocks. */
export function entrants({ input, blocks }: Size): Entrant[] {
  const entrant = (what: string, multiplyAdds: number, rest: Pick<Entrant, "params" | "run">): Entrant => ({
    setting: `${what}: ${multiplyAdds.toLocaleString("en")} multiply-adds`,
    multiplyAdds,
    ...rest,
  });
  const gater = (what: string, config: GaterConfig): Entrant => {
    const { multiplyAdds, scores, init } = gaterFor(config, { input, blocks });
    return entrant(what, multiplyAdds, { params: init(key(1)), run: scores });
  };
  const tree = gaterFor({ name: "tree" }, { input, blocks });
  const open = Math.ceil(blocks / 10);
  return [
    gater("dense, 400 tanh", { name: "dense" }),
    gater("dense, no hidden units", { name: "dense", hidden: 0 }),
    gater(`low-rank ${RANK}`, { name: "low-rank", rank: RANK }),
    gater("tree, all leaves", { name: "tree" }),
    entrant("tree, its decision", tree.decision!.multiplyAdds, {
      params: tree.init(key(1)),
      run: tree.decision!.gates,
    }),
    {
      setting: `top ${open} of the scores`,
      multiplyAdds: 0,
      params: [],
      run: (_, a) => largest(a, open),
      readsScores: true,
    },
  ];
}

/** One entrant on one backend, with inputs and parameters that lie there. Gives what it worked out when asked. */
export function prepare({ run, params, readsScores }: Entrant, { input, blocks }: Size, batch: number, on: Backend) {
  const columns = readsScores ? blocks : input;
  const x = resident<Tensor>(array(uniforms(7, batch * columns), { shape: [batch, columns] }), { backend: on });
  const own = resident<{ own: never }>({ own: params } as never, { backend: on });
  // The sum keeps a call from handing all gates over, which would be timed too.
  const step = compile((p: { own: never }, at: Tensor) => run(p.own, at).sum(), { backend: on });
  const all = compile((p: { own: never }, at: Tensor) => run(p.own, at), { backend: on });
  return { step: (): number => step(own, x).item(), gates: (): NdArray => all(own, x) };
}

/** Throws where a backend's numbers are others than by the ops' definitions. */
export function checkNumbers(name: string, found: NdArray, wanted: NdArray): void {
  const size = Array.from(wanted.data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  found.data.forEach((value, i) => {
    if (!(Math.abs(value - wanted.data[i]!) <= 1e-4 * size))
      throw new Error(`${name}: number ${i} is ${value}, on the reference backend it is ${wanted.data[i]}`);
  });
}

/** What gaters cost, forward, beside the paper's dense one. */
export const gaterCost: Subject = {
  example: "gaters 784-64 784-4096 --batch 32",
  about:
    "milliseconds of working out gates by each gater, with its multiply-adds for one example, and of choosing the largest",
  usual: { sizes: ["784-64", "784-512", "784-4096"], backends: ["native", "wasm"], threads: [1], seconds: 0.1 },
  lists: {
    batch(option, text) {
      const batches = text.split(",").map(positiveInteger);
      if (batches.includes(0)) throw new UserError(`${option} takes positive integers such as 1,32; received ${text}`);
      return batches;
    },
  },
  async *contests({ sizes, backends, threads, seconds, lists }, say): AsyncGenerator<Contest> {
    const parsed = sizes.map((text) => ({ text, size: parseSize(text) }));
    for (const { text, size } of parsed)
      for (const batch of lists?.batch ?? [32])
        for (const count of threads) {
          say(`${text}, batch ${batch}: working out what is right`);
          const all = entrants(size);
          const wanted = all.map((entrant) => prepare(entrant, size, batch, referenceBackend()).gates());
          const started = await Promise.all(
            backends.map(async (name) => ({ name, ...(await startBackend(name, count)) })),
          );
          const lanes = started.flatMap(({ name, backend, note }) =>
            all.map((entrant, i): Lane => {
              const { step, gates } = prepare(entrant, size, batch, backend);
              checkNumbers(`${name}, ${entrant.setting}`, gates(), wanted[i]!);
              return {
                ...{ engine: `heaviside ${name}`, threads: count, note, setting: entrant.setting },
                ...(entrant.multiplyAdds > 0 && { flop: 2 * entrant.multiplyAdds * batch }),
                take: async () => millisecondsOf(step, seconds),
              };
            }),
          );
          try {
            yield {
              workload: `gaters ${text} batch ${batch}`,
              unit: "ms",
              better: "less",
              base: all[0]!.setting,
              lanes,
              task: { ...size, batch },
            };
          } finally {
            await Promise.all(started.map(({ backend }) => backend.close()));
          }
        }
  },
};
