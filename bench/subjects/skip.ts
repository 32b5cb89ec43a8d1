import { referenceBackend } from "../../src/backends/reference/reference.ts";
import { type Cell, cellFor, type Named } from "../../src/cells/index.ts";
import { runCell } from "../../src/cells/run.ts";
import { constant, NdArray } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { array, type Backend, compile, grad, key, resident, type Tensor } from "../../src/index.ts";
import { millisecondsOf } from "../stopwatch.ts";
import { uniforms } from "../workloads/data.ts";
import { positiveInteger } from "../workloads/sizes.ts";
import { checkNumbers } from "./gaters.ts";
import { startBackend } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

interface Size {
  readonly input: number;
  readonly units: number;
  readonly batch: number;
  readonly length: number;
}

type Params = Named<Tensor>;

interface Layer {
  readonly cell: Cell;
  readonly params: Named<NdArray>;
  readonly start: Named<NdArray>;
}

const passes = ["inference", "gradient"] as const;
type Pass = (typeof passes)[number];

/** An LSTM, and one that takes one step in `every`. */
export const shares = [1, 2, 4, 10, 25];

/** Examples that the reference backend works on. */
const CHECKED = 2;

/** Reads 28-256. Throws UserError for anything else. */
export function parseSize(text: string): Pick<Size, "input" | "units"> {
  const [input, units, ...rest] = text.split("-").map(positiveInteger);
  if (rest.length > 0 || !input || !units || input > 4096 || units > 4096)
    throw new UserError(`skip: a size is inputs-units such as 28-256, with 1 to 4096 of each; received ${text}`);
  return { input, units };
}

/**
 * The cell, its parameters and its first state. The gate opens where its probability has grown past 1/2, by d in each step since it was open: d a little above
 * 1/(2 every) opens one step in `every`, and examples that begin with different probabilities open in different steps.
 */
export function layerOf({ input, units, batch }: Size, every: number | undefined): Layer {
  const sizes = { inputs: input, units };
  const zeros = NdArray.zeros([batch, units]);
  if (every === undefined) {
    const cell = cellFor({ name: "lstm" }, sizes);
    return { cell, params: cell.init(key(1)), start: { h: zeros, c: zeros } };
  }
  const cell = cellFor({ name: "skip", cell: { name: "lstm" } }, sizes);
  const d = 0.505 / every;
  const increment = { weight: NdArray.zeros([units, 1]), bias: array([Math.log(d / (1 - d))]) };
  const params = {
    ...cell.init(key(1)),
    "increment.recurrent": increment.weight,
    "increment.bias": increment.bias,
  };
  const first = Float32Array.from({ length: batch }, (_, example) => (1 + (example % every)) * d);
  return { cell, params, start: { h: zeros, c: zeros, p: array(first, { shape: [batch, 1] }) } };
}

/** One layer on one backend, with inputs and parameters that lie there; gives numbers to check when asked. */
export function prepare(size: Size, every: number | undefined, pass: Pass, backend: Backend) {
  const { cell, params, start } = layerOf(size, every);
  const { batch, length, input } = size;
  const own = resident<Params>(params, { backend });
  const begun = resident<Params>(start, { backend });
  const x = resident<Tensor>(array(uniforms(7, batch * length * input), { shape: [batch, length, input] }), {
    backend,
  });
  const last = (p: Params, at: Tensor, from: Params): Tensor => runCell(cell, p, at, { start: from }).last;
  const loss = (p: Params, at: Tensor, from: Params): Tensor => last(p, at, from).square().sum();
  const numbers = compile(
    (p: Params, at: Tensor, from: Params): Tensor =>
      pass === "inference" ? last(p, at, from) : grad(loss)(p, at, from)["forget.recurrent"]!,
    { backend },
  );
  // Sums keep a call from handing all numbers over, which would be timed too.
  const step = compile(
    (p: Params, at: Tensor, from: Params): Tensor =>
      pass === "inference"
        ? last(p, at, from).sum()
        : Object.values(grad(loss)(p, at, from)).reduce((sum, g) => sum.add(g.sum()), constant(0)),
    { backend },
  );
  return { step: (): number => step(own, x, begun).item(), numbers: (): NdArray => numbers(own, x, begun) };
}

const settingOf = (every: number | undefined): string =>
  every === undefined ? "lstm" : every === 1 ? "skip, every step" : `skip, 1 step in ${every}`;

const readNumbers = (option: string, text: string): number[] => {
  const numbers = text.split(",").map(positiveInteger);
  if (numbers.includes(0)) throw new UserError(`${option} takes positive integers such as 1,32; received ${text}`);
  return numbers;
};

/** What a closed step saves: an LSTM whose examples each take one step of several, beside one that takes all. */
export const skippedSteps: Subject = {
  example: "skip 28-256 --batch 32,1 --length 100",
  about: "milliseconds of an LSTM whose gate skips steps, beside the LSTM itself, by the share of steps that it takes",
  columns: [
    "ms      the median of all rounds, with the least and the most",
    "× lstm  how many times as fast as the LSTM that takes every step, from the ratios within rounds: 0.53× takes 1.9 times as long",
  ],
  usual: { sizes: ["28-256"], backends: ["native", "wasm"], threads: [1, 2], seconds: 0.2 },
  lists: { batch: readNumbers, length: readNumbers },
  async *contests({ sizes, backends, threads, seconds, lists }, say): AsyncGenerator<Contest> {
    const named = sizes.flatMap((text) =>
      (lists?.length ?? [100]).flatMap((length) =>
        (lists?.batch ?? [32, 1]).flatMap((batch) =>
          passes.map((pass) => ({ ...parseSize(text), batch, length, pass })),
        ),
      ),
    );
    for (const { pass, ...size } of named) {
      const { batch, length, input, units } = size;
      say(`${pass}, batch ${batch}: computing the reference's numbers`);
      const kinds = [undefined, ...shares];
      const few = { ...size, batch: Math.min(batch, CHECKED) };
      const wanted = kinds.map((every) => prepare(few, every, pass, referenceBackend()).numbers());
      const started = await Promise.all(
        threads.flatMap((count) =>
          backends.map(async (name) => ({ name, count, ...(await startBackend(name, count)) })),
        ),
      );
      const lanes = started.flatMap(({ name, count, backend, note }) =>
        kinds.map((every, i): Lane => {
          const setting = settingOf(every);
          checkNumbers(`${name}, ${setting}`, prepare(few, every, pass, backend).numbers(), wanted[i]!);
          const { step } = prepare(size, every, pass, backend);
          return {
            ...{ engine: `heaviside ${name}`, threads: count, note, setting },
            take: async () => millisecondsOf(step, seconds),
          };
        }),
      );
      try {
        yield {
          ...{
            workload: `${pass} ${batch}x${length}, ${input}-${units}`,
            unit: "ms",
            better: "less",
            base: "lstm",
            lanes,
          },
          task: { ...size, pass },
        };
      } finally {
        await Promise.all(started.map(({ backend }) => backend.close()));
      }
    }
  },
};
