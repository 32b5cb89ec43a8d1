import { WasmHeap } from "../backends/wasm/heap.ts";
import type { Exports } from "../backends/wasm/wasm.ts";
import { UserError } from "../errors.ts";
import { allocate, type NdArray, sizeOf } from "../graph/ndarray.ts";
import { turned } from "../layers/turned.ts";
import { INPUTS } from "../plan/plan.ts";
import type { Runner } from "../predict/spec.ts";
import type { StoredProgram, StoredPrograms } from "../predict/stored-programs.ts";

/** A program in the kernels' memory. */
interface Placed {
  readonly words: number;
  /** The table of pointers, and what it holds: intermediate results, constants, then one address for each input. */
  readonly bases: number;
  readonly addresses: readonly number[];
}

/** Throws UserError for kernels whose memory threads share. */
function started(module: WebAssembly.Module, heap: WasmHeap): Exports {
  try {
    return new WebAssembly.Instance(module, { env: { memory: heap.memory } }).exports as Exports;
  } catch (error) {
    throw new UserError(
      `predictor: wasm must be kernels for one thread, relaxed-single.wasm or simd-single.wasm: ${(error as Error).message}`,
    );
  }
}

/** Runs the programs of a model file, on one thread. Each is brought into memory when it is first needed. */
export function storedRunner(
  { spec, parameters, programs }: StoredPrograms,
  arrays: ReadonlyMap<string, NdArray>,
  module: WebAssembly.Module,
): Runner {
  const heap = new WasmHeap(false);
  const exports = started(module, heap);
  heap.startAt(exports.__heap_base.value as number);
  exports.set_scratch(0, heap.take(exports.scratch_bytes()));
  const place = (data: NdArray["data"]): number => {
    const address = heap.take(data.byteLength);
    heap.put(address, data);
    return address;
  };
  const weights = parameters.map(({ array, byUnit }) => {
    const { data, shape } = arrays.get(array)!;
    return place(byUnit ? turned(data, shape[0]!, shape[1]!) : data);
  });
  const seed = heap.take(4);
  const from = heap.take(4);
  const placed = new Map<StoredProgram, Placed>();
  // A network that draws nothing has one program for both readouts.
  const programFor = (reading: string, rows: number): StoredProgram =>
    programs.find((program) => program.rows === rows && program.reading === reading) ??
    programs.find((program) => program.rows === rows)!;

  const bring = (program: StoredProgram): Placed => {
    const words = place(arrays.get(program.words)!.data);
    const constants = heap.take(program.constantSize * 4);
    for (const { offset, array } of program.constants) heap.put(constants + offset * 4, arrays.get(array)!.data);
    const inputs = spec.inputs.map(({ shape }) => heap.take(program.rows * sizeOf(shape) * 4));
    const addresses = [heap.take(program.arena * 4), constants, ...weights, seed, from, ...inputs];
    const bases = heap.take(addresses.length * heap.pointerBytes);
    addresses.forEach((address, i) => heap.point(bases, i, address));
    return { words, bases, addresses };
  };

  const made = [...spec.outputs, ...spec.gates.map(({ blocks }) => ({ shape: [blocks], dtype: "float32" as const }))];
  return {
    spec,
    sizes: [...new Set(programs.map(({ rows }) => rows))].sort((a, b) => a - b),
    run(reading, rows, noise, inputs) {
      const program = programFor(reading, rows);
      const at = placed.get(program) ?? bring(program);
      placed.set(program, at);
      heap.put(seed, Int32Array.of(noise[0]));
      heap.put(from, Int32Array.of(noise[1]));
      inputs.forEach((data, i) => heap.put(at.addresses[INPUTS + weights.length + 2 + i]!, data));
      const error = exports.dispatch(at.words, at.bases, 1, 0);
      if (error !== 0) throw new UserError(`predict: an input counts something that isn't there (error ${error})`);
      return made.map(({ shape, dtype }, i) => {
        const data = allocate(dtype, rows * sizeOf(shape));
        const { buffer, offset } = program.outputs[i]!;
        heap.fetch(at.addresses[buffer]! + offset * 4, data);
        return data as Float32Array | Int32Array;
      });
    },
    close: async () => heap.close(),
  };
}
