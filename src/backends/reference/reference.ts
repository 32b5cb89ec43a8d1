import { UserError } from "../../errors.ts";
import { evaluator } from "../../graph/evaluate.ts";
import { allocate, type Data, NdArray, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { KIND } from "../../rules.ts";
import { type Around, type Backend, disposed, type Executable, type Program, type Storage } from "../backend.ts";
import { checkData, checkInputs, ownSpec } from "../checks.ts";
import { showProgram } from "./show.ts";

class ReferenceStorage implements Storage {
  readonly backend: Backend;
  readonly shape: Spec["shape"];
  readonly dtype: Spec["dtype"];
  #data: Data | undefined;

  constructor(backend: Backend, { shape, dtype }: Spec) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.#data = allocate(dtype, sizeOf(shape));
  }

  /** Throws UserError where it was freed. */
  get data(): Data {
    if (!this.#data) throw disposed();
    return this.#data;
  }

  set data(next: Data) {
    this.#data = next;
  }

  free(): void {
    this.#data = undefined;
  }
}

/** Runs every op's own definition, one after the other: the living definition that the other backends are tested against. */
export class ReferenceBackend implements Backend {
  get [KIND](): "backend" {
    return "backend";
  }
  readonly name = "reference";
  readonly isClosed = false;

  info() {
    return { name: this.name, instructionSet: "plain TypeScript", threads: 1 };
  }

  allocate(spec: Spec): Storage {
    return new ReferenceStorage(this, ownSpec(this.name, spec));
  }

  write(storage: Storage, data: Data): void {
    checkData(this.name, storage, data);
    const { data: held } = this.#own(storage);
    // An empty array may have lost its memory.
    if (data.length > 0) held.set(data);
  }

  read(storage: Storage): Data {
    return this.#own(storage).data.slice();
  }

  #own(storage: Storage): ReferenceStorage {
    if (storage instanceof ReferenceStorage) return storage;
    throw new UserError(`${this.name}: an array of another backend cannot be read or written here`);
  }

  free(storage: Storage): void {
    this.#own(storage).free();
  }

  prepare(program: Program): Executable {
    const wanted = [...program.outputs, ...program.updates.map((u) => u.value)];
    const results = evaluator(wanted, new Set(program.inputs.map(({ tensor }) => tensor)));
    const run = (inputs: readonly (Storage | NdArray)[], around?: Around) => {
      checkInputs(this, program, inputs);
      const feeds = new Map(
        program.inputs.map(({ tensor }, i) => {
          const value = inputs[i]!;
          return [
            tensor,
            value instanceof NdArray ? value : new NdArray((value as ReferenceStorage).data, value.shape),
          ];
        }),
      );
      const found = results((x) => feeds.get(x)!, around);
      // An output may be an input's own array: copies are taken before any state changes.
      const outputs = found.slice(0, program.outputs.length).map((x) => new NdArray(x.data.slice(), x.shape));
      const next = found.slice(program.outputs.length).map((x) => x.data.slice());
      program.updates.forEach((u, i) => {
        (inputs[u.input] as ReferenceStorage).data = next[i]!;
      });
      return outputs;
    };
    return {
      program,
      describe: () => showProgram(program),
      run,
      stepwise: () => ({ run, free() {} }),
    };
  }

  async close(): Promise<void> {}
}

let only: ReferenceBackend | undefined;

/** The reference backend: no compilation, no threads, sums in double precision. There is one. */
export function referenceBackend(): Backend {
  only ??= new ReferenceBackend();
  return only;
}
