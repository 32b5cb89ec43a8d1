import type { Backend, Executable, PlanOptions, Program } from "../backends/backend.ts";
import { UserError } from "../errors.ts";
import type { NdArray } from "../graph/ndarray.ts";
import type { Tree } from "../graph/tree.ts";
import { Resident } from "./resident.ts";
import type { Value } from "./signature.ts";

/** For an input, an earlier one that is the same array on the backend. */
type Sharing = ReadonlyMap<number, number>;

/** A traced function on a backend, planned anew for each way in which other arguments share arrays with the state that it replaces. */
export class Prepared {
  readonly finish: (outputs: readonly NdArray[]) => Tree<NdArray>;
  readonly #program: Program;
  readonly #prepare: (program: Program) => Executable;
  #apart: Executable | undefined;
  readonly #sharing = new Map<string, Executable>();

  constructor(
    program: Program,
    finish: (outputs: readonly NdArray[]) => Tree<NdArray>,
    backend: Backend,
    options: PlanOptions,
  ) {
    this.#program = program;
    this.finish = finish;
    this.#prepare = (own) => backend.prepare(own, options);
  }

  /**
   * What runs these arguments, whose arrays are `values`. Throws UserError where one array stands at two places of the state that get
   * different values.
   */
  executableFor([state]: readonly unknown[], values: readonly Value[]): Executable {
    const { updates } = this.#program;
    if (updates.length > 0 && state instanceof Resident && sharesState(state, values)) {
      const sharing = sharingOf(this.#program, values, state.storages.length);
      if (sharing.size > 0) return this.#planFor(sharing);
    }
    this.#apart ??= this.#prepare(this.#program);
    return this.#apart;
  }

  #planFor(sharing: Sharing): Executable {
    const name = [...sharing].join(";");
    const known = this.#sharing.get(name);
    if (known) return known;
    const { inputs, outputs, updates } = this.#program;
    const made = this.#prepare({
      inputs: inputs.map((x, i) => (sharing.has(i) ? { ...x, sameAs: sharing.get(i)! } : x)),
      outputs,
      updates: updates.filter(({ input }) => !sharing.has(input)),
    });
    this.#sharing.set(name, made);
    return made;
  }
}

/** Whether a value behind the state's own is one of its arrays, or one stands in it twice: looked up at each call, so it is cheap. */
function sharesState(state: Resident<unknown>, values: readonly Value[]): boolean {
  for (let i = state.storages.length; i < values.length; i++)
    if ("backend" in values[i]! && state.holds(values[i])) return true;
  return state.repeats;
}

/** Which inputs are the same array as an earlier one that the program replaces; `held` of them are the state's. */
function sharingOf({ inputs, updates }: Program, values: readonly Value[], held: number): Sharing {
  const next = new Map(updates.map(({ input, value }) => [input, value]));
  const replaced = new Set(updates.map(({ input }) => values[input]));
  const first = new Map<Value, number>();
  const sharing = new Map<number, number>();
  /** What the place gets, or undefined where it keeps what it has: also when it gets that from another place. */
  const target = (at: number) => {
    const value = next.get(at);
    const from = inputs.findIndex(({ tensor }) => tensor === value);
    return from >= 0 && values[from] === values[at] ? undefined : value;
  };
  values.forEach((value, i) => {
    if (!replaced.has(value)) return;
    const at = first.get(value);
    if (at === undefined) first.set(value, i);
    else if (i < held && target(i) !== target(at))
      throw new UserError(
        `compile: state ${inputs[at]!.name.slice(2)} and ${inputs[i]!.name.slice(2)} are one array on the backend and get different values: give each an array of its own`,
      );
    else sharing.set(i, at);
  });
  return sharing;
}
