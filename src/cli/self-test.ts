import type { Backend, BackendInfo } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { type BackendOptions, backends } from "../backends/select.ts";
import { compile } from "../compile/compile.ts";
import { NdArray } from "../graph/ndarray.ts";
import { grad, key, type Tensor } from "../index.ts";

/** Whether a backend starts, and how far it is from the reference. */
export interface Check {
  readonly name: string;
  readonly info?: BackendInfo;
  /** Why it can't be used here. */
  readonly missing?: string;
  readonly passed: boolean;
  /** Largest difference from the reference, relative to the largest value. */
  readonly difference?: number;
  /** Time to plan the program and run it once. */
  readonly milliseconds?: number;
}

type Starter = (options: BackendOptions) => Promise<Backend>;
const starters: Readonly<Record<string, Starter>> = backends;

/** Float32 sums over 60 terms in another order than the reference's double precision. */
const TOLERANCE = 1e-4;

/** Runs a small program (a stochastic layer, its loss and gradient) on every backend and compares it with the reference. */
export async function selfTest(
  threads?: number,
  table: Readonly<Record<string, Starter>> = starters,
): Promise<Check[]> {
  const expected = run(referenceBackend());
  const checks: Check[] = [];
  for (const [name, start] of Object.entries(table)) {
    let started: Backend;
    try {
      started = await start(threads === undefined ? {} : { threads });
    } catch (error) {
      checks.push({ name, missing: (error as Error).message, passed: false });
      continue;
    }
    try {
      const before = performance.now();
      const received = run(started);
      const milliseconds = performance.now() - before;
      const difference = distance(expected, received);
      checks.push({ name, info: started.info(), passed: difference <= TOLERANCE, difference, milliseconds });
    } catch (error) {
      checks.push({
        name,
        info: started.info(),
        missing: `the self-test failed: ${(error as Error).message}`,
        passed: false,
      });
    } finally {
      await started.close();
    }
  }
  return checks;
}

function run(on: Backend): NdArray[] {
  const program = compile(
    (w: Tensor, x: Tensor) => {
      const noise = key(1).uniform([37, 53]);
      const loss = (weight: Tensor): Tensor => {
        const a = x.matmul(weight);
        return a.sigmoid().add(noise.less(0.5)).mul(a).exp().mean();
      };
      return { loss: loss(w), gradient: grad(loss)(w) };
    },
    { backend: on },
  );
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => 0.2 * Math.sin(i * i));
  const { loss, gradient } = program(
    new NdArray(wave(61 * 53), [61, 53]) as never,
    new NdArray(wave(37 * 61), [37, 61]) as never,
  );
  return [loss, gradient];
}

function distance(expected: readonly NdArray[], received: readonly NdArray[]): number {
  const distances = expected.map(({ data }, i) => {
    const reference = Array.from(data);
    const largest = Math.max(...reference.map(Math.abs));
    return Math.max(...reference.map((value, j) => Math.abs(value - received[i]!.data[j]!))) / largest;
  });
  return Math.max(...distances);
}
