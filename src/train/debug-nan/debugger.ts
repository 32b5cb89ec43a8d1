import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { type Resident, resident } from "../../compile/resident.ts";
import { UserError } from "../../errors.ts";
import { input, isFloat, leaves, mapTree, type NdArray, type Spec, type Tensor, type Tree } from "../../graph/index.ts";
import { type Parts, withParts } from "../../graph/part.ts";
import { needsOf } from "../../models/feed.ts";
import type { Model } from "../../models/model.ts";
import { watchedIn } from "../begin.ts";
import type { FirstBroken } from "../events.ts";
import type { StepResult, TrainingState } from "../step.ts";
import { exampleAxes } from "./examples.ts";
import { Replay, type Value } from "./replay.ts";
import { firstBroken, staysFinite } from "./words.ts";

type Step = (state: TrainingState<Tensor>, ...given: readonly Tensor[]) => StepResult<Tensor>;

/** What a step began with. */
interface Begun {
  readonly given: readonly NdArray[];
  /** The row of each example of the batch among the training examples. */
  readonly places: Int32Array;
}

/** What is debugged. */
interface Debugged {
  readonly model: Model;
  readonly backend: Backend;
  /** The training step, as it is compiled. */
  readonly step: Step;
  /** The state before the first step. */
  readonly fresh: TrainingState<NdArray>;
}

/** An input of a program, and what it stands for. */
interface Placed<S> {
  readonly path: string;
  readonly tensor: Tensor;
  readonly from: S;
}

/** A step's program with its inputs. */
interface Traced<S> {
  readonly inputs: readonly Placed<S>[];
  readonly loss: Tensor;
  readonly state: Tree<Tensor>;
  readonly parts: Parts;
}

/** The earliest origin of what isn't finite in an array; infinite where all is finite. */
const firstOf = (origins: Int32Array = new Int32Array()): number =>
  origins.reduce((first, number) => (number > 0 && number < first ? number : first), Number.POSITIVE_INFINITY);

/**
 * Keeps the state before each step, and runs a step again from there, on the reference backend, in float32 and float64, where its
 * numbers are no longer finite.
 */
export class NanDebugger {
  readonly #debugged: Debugged;
  readonly #kept: Resident<TrainingState<Tensor>>;
  readonly #keep: (kept: Resident<TrainingState<Tensor>>, now: Resident<TrainingState<Tensor>>) => unknown;
  #begun: Begun | undefined;

  constructor(debugged: Debugged) {
    const { backend, fresh } = debugged;
    this.#debugged = debugged;
    this.#kept = resident<TrainingState<Tensor>>(fresh, { backend });
    this.#keep = compile((_: TrainingState<Tensor>, now: TrainingState<Tensor>) => ({ state: now }), { backend });
  }

  /** Told of the state and the batch of each step before it. Both may change afterwards; the batch lasts until the step's end. */
  before(state: Resident<TrainingState<Tensor>>, given: readonly NdArray[], places: Int32Array): void {
    this.#keep(this.#kept, state);
    this.#begun = { given, places };
  }

  /** What wasn't finite first in the last step; undefined before the first step. */
  explain(): FirstBroken | undefined {
    if (!this.#begun) return undefined;
    try {
      return this.#explained(this.#begun);
    } catch (error) {
      // Where memory doesn't hold all of a step's numbers, or an op of the user's own refuses them.
      if (!(error instanceof UserError)) throw error;
      return { text: `the step can't be run again: ${error.message}`, op: undefined };
    }
  }

  #explained({ given, places }: Begun): FirstBroken {
    const { model, fresh, backend } = this.#debugged;
    const before = this.#kept.read();
    const traced = this.#trace<NdArray>(before as Tree<NdArray>, given);
    const replay = new Replay();
    const inputs = new Map<Tensor, Value>(
      traced.inputs.map(({ tensor, from }) => [tensor, replay.input(tensor, from)]),
    );
    const watched = watchedIn(fresh);
    const next = leaves<Tensor>(traced.state).filter(({ path, value }) => watched(path) && isFloat(value.dtype));
    const found = replay.run([traced.loss, ...next.map(({ value }) => value)], inputs);
    const { parts } = traced;
    const names = new Map(traced.inputs.map(({ path, tensor }) => [tensor, path]));
    const known = { model, parts, names, places, axes: exampleAxes(parts, this.#largerParts(before, given)) };
    const firsts = found.map(({ origins }) => firstOf(origins));
    const first = Math.min(...firsts);
    if (first === Number.POSITIVE_INFINITY) return staysFinite(replay.largest, { ...known, backend: backend.name });
    return firstBroken(replay.origins[first - 1]!, known, next[firsts.indexOf(first) - 1]?.path);
  }

  /** The parts of the same step with one example more. */
  #largerParts(before: TrainingState<NdArray>, given: readonly NdArray[]): Parts | undefined {
    const longer = <S extends Spec>({ shape: [rows, ...rest], dtype }: S): Spec => ({
      shape: [rows! + 1, ...rest],
      dtype,
    });
    const carried = mapTree(before.carried as Tree<NdArray>, longer);
    try {
      return this.#trace<Spec>({ ...before, carried } as Tree<Spec>, given.map(longer)).parts;
    } catch (error) {
      // A stage of the user's own may take no other number of examples.
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  #trace<S extends Spec>(before: Tree<S>, given: readonly S[]): Traced<S> {
    const { model, step } = this.#debugged;
    const inputs: Placed<S>[] = [];
    const placed = (path: string, from: S): Tensor => {
      const tensor = input(path, from);
      inputs.push({ path, tensor, from });
      return tensor;
    };
    const { result, parts } = withParts(() => {
      const state = mapTree<S, Tensor>(before, (from, path) => placed(path, from));
      const fields = Object.keys(needsOf(model));
      const batch = given.map((from, i) => placed(`batch.${fields[i]}`, from));
      return step(state as unknown as TrainingState<Tensor>, ...batch);
    });
    return { inputs, loss: result.loss, state: result.state as unknown as Tree<Tensor>, parts };
  }
}
