import { continuation } from "../estimators/continuation.ts";
import type { Estimator, EstimatorState, EstimatorStateArrays, Mode } from "../estimators/estimator.ts";
import { NdArray, reshape, slice, stack, type Tensor, zerosLike } from "../graph/index.ts";
import { type Key, tile } from "../random/index.ts";
import type { Cell, Decision, Named } from "./cell.ts";
import { type DecisionNoise, decisionKey, isLocal, outputOf } from "./decide.ts";
import { type Decided, watched } from "./run.ts";
import { type Carry, type Course, firstCarry, mapNamed, type Row, rowsOf, stepOf } from "./steps.ts";

/** What a cell's run leaves for the downstream network. */
export interface Outputs {
  /** [R, T, H] */
  readonly outputs: Tensor;
  /** [R, H]: the output of the last step that counts, in the order of the run. */
  readonly last: Tensor;
  /** Each decision by name, [R, T, units]. */
  readonly decided: Named<Decided>;
  /** The state after it, [R, width] each. */
  readonly state: Named<Tensor>;
}

export interface ThroughTime extends Course, DecisionNoise {
  readonly cell: Cell;
  readonly params: Named<Tensor>;
  /** [R, T, I], R = B or several copies of the batch. */
  readonly x: Tensor;
  readonly mode: Mode;
  /** What the estimators keep, as `statesThroughTime` makes it. */
  readonly states: EstimatorState;
}

/** Where the recursion stands. All tensors have R rows times the copies that were asked for. */
interface At {
  /** Steps that were run. */
  readonly done: number;
  readonly carry: Carry;
  /** Outputs of those steps, in the order of the run. */
  readonly outputs: readonly Tensor[];
  /** Decisions of those steps, likewise. */
  readonly decided: readonly Named<Decided>[];
  /** The decisions of the next step that were taken. */
  readonly taken: readonly Tensor[];
  readonly mode: Mode;
}

/** A decision that an estimator takes: its place in the step, and its pre-activations. */
interface Pending {
  readonly decision: Decision;
  readonly place: number;
  readonly a: Tensor;
}

/**
 * Runs a cell step by step, where estimators need what follows a decision as a function: the rest of its step, the other steps, and then the
 * downstream network, any number of times and for copies of the batch. A step is traced again from each of its decisions; those before it are
 * replayed. The recursion is that of a network's stages, with a stage for each decision of each step.
 *
 * @param downstream what follows the last step: to the loss of each row
 * @returns the losses [R] and what the estimators keep
 */
export function throughTime(
  given: ThroughTime,
  downstream: (found: Outputs, mode: Mode) => Tensor,
): { readonly loss: Tensor; readonly states: EstimatorState } {
  const { cell, params, x, lengths, reverse = false, states } = given;
  const [base, steps] = x.shape as [number, number];
  const rows = rowsOf(cell, params, x, given);
  const order = Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));
  const kept = new Map(cell.decisions.map(({ name }) => [name, new Array<EstimatorState>(steps)]));

  /** The row of a step, for the copies that the state has. */
  const rowAt = (step: number, copies: number): Row => ({
    step: at(rows.step, step),
    seen: mapNamed(rows.seen, (all) => tile(at(all, step), copies)),
    ...(rows.cut && { cut: at(rows.cut, step) }),
  });

  const advance = ({ carry, taken, mode }: At, step: number) => {
    const copies = (Object.values(carry.state)[0]?.shape[0] ?? base) / base;
    const made = [...taken];
    let place = 0;
    let pending: Pending | undefined;
    const { decide, decided } = watched((decision, a) => {
      const own = place++;
      if (own < taken.length) return taken[own]!;
      // What is traced behind it has no reader.
      if (pending) return zerosLike(a);
      const found = directly(decision, a, decisionKey(given, step, own, a), mode);
      if (found) made.push(found);
      else pending = { decision, place: own, a };
      return found ?? zerosLike(a);
    });
    const row = rowAt(step, copies);
    const result = stepOf(cell, params, carry, row, { lengths: lengths && tile(lengths, copies), decide });
    return { ...result, decided, made, pending: pending as Pending | undefined };
  };

  const from = (start: At): Tensor => {
    let now = start;
    for (;;) {
      const { done, carry, outputs, decided, mode } = now;
      if (done === steps) return downstream(gathered(outputs, decided, carry, reverse), mode);
      const step = order[done]!;
      const next = advance(now, step);
      if (next.pending) return estimated(now, step, next.made, next.pending);
      now = {
        ...{ done: done + 1, carry: next.carry, taken: [], mode },
        ...{ outputs: [...outputs, next.output], decided: [...decided, next.decided] },
      };
    }
  };

  const estimated = (before: At, step: number, made: readonly Tensor[], { decision, place, a }: Pending): Tensor => {
    const { estimator, name } = decision;
    const follows = continuation((h, mode) => {
      const copy = (value: Tensor): Tensor => tile(value, h.shape[0]! / a.shape[0]!);
      return from({ ...copied(before, copy), taken: [...made.map(copy), h], mode });
    }, before.mode);
    const noise = decisionKey(given, step, place, a);
    const { loss, state } = estimator.estimate(a, noise, follows, stateAt(states, name, step));
    const own = kept.get(name)!;
    if (before.mode === "live") own[step] ??= state;
    return loss;
  };

  const first = {
    done: 0,
    carry: firstCarry(cell, params, x, given),
    outputs: [],
    decided: [],
    taken: [],
    mode: given.mode,
  };
  const loss = from(first);
  return { loss, states: given.mode === "live" ? stacked(cell.decisions, kept) : states };
}

/** What a decision outputs where its estimator needs no function of it: at test, in calls that train nothing, and of local estimators. */
function directly(decision: Decision, a: Tensor, key: Key, mode: Mode): Tensor | undefined {
  const { unit } = decision.estimator;
  if (mode === "detached") return unit.sample(a, key);
  if (mode === "mean") return unit.readout(a);
  return isLocal(decision) ? outputOf(decision.estimator, a, key) : undefined;
}

/** What stands behind, for copies of the batch. */
const copied = ({ done, carry, outputs, decided }: At, copy: (value: Tensor) => Tensor) => ({
  done,
  carry: carryOf(carry, copy),
  outputs: outputs.map(copy),
  decided: decided.map((step) => mapNamed(step, ({ a, output }) => ({ a: copy(a), output: copy(output) }))),
});

const carryOf = ({ state, last }: Carry, f: (value: Tensor) => Tensor): Carry => ({
  state: mapNamed(state, f),
  ...(last && { last: f(last) }),
});

/** Row `i` of the first axis, without that axis. */
const at = (x: Tensor, i: number): Tensor => reshape(slice(x, i, i + 1), x.shape.slice(1));

function gathered(
  outputs: readonly Tensor[],
  decided: readonly Named<Decided>[],
  { last, state }: Carry,
  reverse: boolean,
): Outputs {
  const inTime = (rows: readonly Tensor[]): Tensor => stack(reverse ? rows.toReversed() : rows, 1);
  return {
    outputs: inTime(outputs),
    last: last ?? outputs.at(-1)!,
    state,
    decided: mapNamed(decided[0] ?? {}, (_, name) => ({
      a: inTime(decided.map((step) => step[name]!.a)),
      output: inTime(decided.map((step) => step[name]!.output)),
    })),
  };
}

const stateName = (decision: string, name: string): string => `${decision}.${name}`;

/** What the estimators of a cell's decisions keep at first: each array [T, …], with a row for every step, as a step's decision is one of its own. */
export function statesThroughTime(decisions: readonly Decision[], steps: number, key: Key): EstimatorStateArrays {
  return Object.fromEntries(
    decisions.flatMap(({ name, estimator, units }, place) =>
      estimator.init
        ? Object.entries(repeated(estimator, units, steps, key.fold(place))).map(([own, x]) => [
            stateName(name, own),
            x,
          ])
        : [],
    ),
  );
}

/** The first state of each step side by side, with a key of its own. */
function repeated(estimator: Estimator, units: number, steps: number, key: Key): EstimatorStateArrays {
  const each = Array.from({ length: steps }, (_, step) => estimator.init!([units], key.fold(step)));
  return mapNamed(each[0]!, ({ shape, dtype, data }, name) => {
    const all = NdArray.zeros([steps, ...shape], dtype);
    each.forEach((state, step) => all.data.set(state[name]!.data, step * data.length));
    return all;
  });
}

/** The state of a decision at a step. */
function stateAt(states: EstimatorState, decision: string, step: number): EstimatorState {
  const start = stateName(decision, "");
  return Object.fromEntries(
    Object.entries(states).flatMap(([name, all]) =>
      name.startsWith(start) ? [[name.slice(start.length), at(all, step)]] : [],
    ),
  );
}

/** The other way round: what the decisions keep at each step, side by side. */
const stacked = (
  decisions: readonly Decision[],
  kept: ReadonlyMap<string, readonly EstimatorState[]>,
): EstimatorState =>
  Object.fromEntries(
    decisions.flatMap(({ name }) => {
      const each = kept.get(name) ?? [];
      return Object.keys(each[0] ?? {}).map((own) => [stateName(name, own), stack(each.map((state) => state[own]!))]);
    }),
  );
