/**
 * V8's revectoriser turns pairs of 128-bit instructions into 256-bit ones. It is experimental and off by default, so it is
 * switched on only while the GEMM's kernels are compiled, what it makes of them is checked, and it is used where it is faster.
 */

/** What revectorize.ts needs of a module; kernels/README.md says what they do. */
export interface TileKernels extends WebAssembly.Exports {
  readonly __heap_base: { readonly value: number };
  multiply(packed: number, height: number, depth: number, a: number, b: number, c: number, add: number): number;
  peak_fma(n: number): number;
}

/** What revectorize.ts needs of the module node:v8. */
export interface Flags {
  setFlagsFromString(flag: string): void;
}

/**
 * `wider`: right, and faster than 128-bit arithmetic can be. `plain`: right, but no faster. `wrong`: not to be used.
 */
export type Outcome = "wider" | "plain" | "wrong";

const FIRST_NODE = 24;
/** The last one that the tests have run on: a later one may not know the flags, and would complain. */
const LAST_NODE = 26;
/** Flags of the user's own that are not to be overruled. */
const OWN_FLAGS = /wasm|liftoff/;

/** Whether to try: on x86, in the versions of Node whose revectoriser takes these kernels, unless the user says otherwise. */
export function mayRevectorize(): boolean {
  if (typeof process === "undefined" || process.arch !== "x64") return false;
  const { node, deno, bun } = process.versions as Record<string, string | undefined>;
  const major = Number.parseInt(node ?? "0", 10);
  if (deno || bun || !(major >= FIRST_NODE && major <= LAST_NODE)) return false;
  return process.env.HEAVISIDE_REVECTORIZE !== "0" && !process.execArgv.some((flag) => OWN_FLAGS.test(flag));
}

/** Has the module's kernels compiled with the revectoriser, for good and for all threads, and says what came out. */
export function revectorize(module: WebAssembly.Module, v8: Flags): Outcome {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as TileKernels;
  try {
    // A function that has run for a while is compiled for good: while the caller waits, so that it is known when.
    v8.setFlagsFromString("--wasm-sync-tier-up");
    v8.setFlagsFromString("--experimental-wasm-revectorize");
    return tryKernels(kernels, memory);
  } finally {
    v8.setFlagsFromString("--no-experimental-wasm-revectorize");
    v8.setFlagsFromString("--no-wasm-sync-tier-up");
  }
}

/** Columns of the wide tile. */
const COLUMNS = 16;
/** Calls of WARM_DEPTH that get a kernel compiled for good, with room to spare: the smallest one takes about 250. */
const WARM_CALLS = 400;
const WARM_DEPTH = 256;
const CHECK_DEPTH = 37;
const TIMED_CALLS = 40;
const ROUNDS = 12;
const GUARD = 12345;

/** Warms and checks every kernel, then times the tallest beside a loop that does nothing but 128-bit arithmetic. */
export function tryKernels(kernels: TileKernels, memory: WebAssembly.Memory, now = () => performance.now()): Outcome {
  const floats = new Float32Array(memory.buffer);
  const start = Math.ceil(kernels.__heap_base.value / 64) * 64;
  let tallest = 0;
  while (warm(kernels, tallest + 1, start)) tallest++;
  for (let height = 1; height <= tallest; height++) if (!isRight(kernels, height, floats, start)) return "wrong";
  return isWider(kernels, tallest, start, now) ? "wider" : "plain";
}

/** Calls the kernels of a height until they are compiled for good; false if there is none so high. */
function warm({ multiply }: TileKernels, height: number, a: number): boolean {
  const b = a + 4 * height * WARM_DEPTH;
  const c = b + 4 * COLUMNS * WARM_DEPTH;
  for (const packed of [0, 1])
    for (let call = 0; call < WARM_CALLS; call++)
      if (multiply(packed, height, WARM_DEPTH, a, b, c, 0) === 0) return false;
  return true;
}

/** Compares with exact arithmetic, on whole numbers small enough that float32 is exact too. */
function isRight({ multiply }: TileKernels, height: number, floats: Float32Array, start: number): boolean {
  const a = start / 4;
  const b = a + height * CHECK_DEPTH;
  const c = b + COLUMNS * CHECK_DEPTH;
  const end = c + height * COLUMNS;
  for (let i = a; i < b; i++) floats[i] = ((7 * (i - a) + 3) % 17) - 8;
  for (let i = b; i < c; i++) floats[i] = ((5 * (i - b) + 1) % 19) - 9;
  const exact = Float64Array.from({ length: end - c }, (_, at) => {
    const [row, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
    let sum = 0;
    for (let k = 0; k < CHECK_DEPTH; k++) sum += floats[a + k * height + row]! * floats[b + k * COLUMNS + column]!;
    return sum;
  });
  for (const packed of [0, 1])
    for (const add of [0, 1]) {
      for (let i = c; i < end; i++) floats[i] = add ? i - c : Number.NaN;
      floats.fill(GUARD, end, end + COLUMNS);
      const columns = multiply(packed, height, CHECK_DEPTH, 4 * a, 4 * b, 4 * c, add);
      const right =
        columns === COLUMNS &&
        exact.every((value, i) => floats[c + i] === value + add * i) &&
        floats.subarray(end, end + COLUMNS).every((x) => x === GUARD);
      if (!right) return false;
    }
  return true;
}

/** Whether a kernel is faster than 128-bit arithmetic can be, which a tile of half the width then cannot reach either. */
function isWider({ multiply, peak_fma }: TileKernels, height: number, a: number, now: () => number): boolean {
  const b = a + 4 * height * WARM_DEPTH;
  const c = b + 4 * COLUMNS * WARM_DEPTH;
  const work = 2 * height * COLUMNS * WARM_DEPTH * TIMED_CALLS;
  const count = Math.ceil(work / peak_fma(1));
  let [kernel, peak] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // The least of several: noise can only lengthen them.
  for (let round = 0; round < ROUNDS; round++) {
    const before = now();
    for (let call = 0; call < TIMED_CALLS; call++) multiply(1, height, WARM_DEPTH, a, b, c, 0);
    const between = now();
    const peakWork = peak_fma(count);
    kernel = Math.min(kernel, (between - before) / work);
    peak = Math.min(peak, (now() - between) / peakWork);
  }
  return kernel < peak;
}
