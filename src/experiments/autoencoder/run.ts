import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { Resident, resident } from "../../compile/resident.ts";
import { batchCount, batches, shuffled } from "../../data/batches.ts";
import { checkDataset } from "../../data/check.ts";
import type { LabelledDataset } from "../../data/dataset.ts";
import { UserError } from "../../errors.ts";
import { leaves, mapTree, NdArray, sameShape, type Tensor, type Tree } from "../../graph/index.ts";
import type { AutoencoderParams, BinaryAutoencoder } from "../../models/autoencoder.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../train/checkpoint.ts";
import { Diverged } from "../../train/events.ts";
import { checkedAfter, finiteWatch } from "../../train/finite.ts";
import { pacer, pause } from "../../train/pause.ts";
import { boundMeter } from "./evaluate.ts";
import type { Protocol } from "./protocol.ts";
import { type AutoencoderState, autoencoderStep, initialState } from "./step.ts";
import { type MeasuredVariance, varianceMeter } from "./variance.ts";

export interface RunOptions {
  readonly protocol: Protocol;
  readonly steps: number;
  readonly seed: number;
  /** Pairs of estimates for each variance. */
  readonly pairs: number;
  /** Times that the variance is measured, evenly, after the one at the start; the last step is one. */
  readonly points: number;
  /** Whether to keep the parameters at those places. */
  readonly keep: boolean;
  /** Everything that decides the run's numbers: a checkpoint of another identity is refused. */
  readonly identity: object;
}

export interface CurvePoint {
  readonly step: number;
  /** ELBO of the first training examples, one binary sample each. */
  readonly elbo: number;
  /** Mean of the training steps' own losses since the entry before, with the sign of the ELBO: of relaxed units it isn't a bound. */
  readonly running: number;
}

/** What a training went through. */
export interface History {
  readonly curve: readonly CurvePoint[];
  readonly variance: readonly MeasuredVariance[];
  /** Seconds of the training steps alone. */
  readonly seconds: number;
}

export interface Trained extends History {
  readonly state: AutoencoderState<NdArray>;
  /** The parameters at each place where the variance was measured, where they were kept. */
  readonly kept: readonly AutoencoderParams<NdArray>[];
}

export interface RunProgress {
  readonly step: number;
  readonly elbo: number;
  readonly stepsPerSecond: number;
}

/** Where a run's checkpoint is kept. */
export interface Store {
  /** For errors. */
  readonly name: string;
  /** The last checkpoint, undefined before the first. */
  load(): Promise<Uint8Array | undefined>;
  save(checkpoint: Uint8Array): Promise<void>;
}

/** A training that its AbortSignal stopped after a whole step; its store knows how to go on. */
export class Stopped extends Error {
  override name = "Stopped";
}

interface Position {
  step: number;
  /** Sum of the losses since the last entry of the curve, and their number. */
  loss: number;
  losses: number;
  seconds: number;
  curve: CurvePoint[];
  variance: MeasuredVariance[];
}

/** Entries of the curve, and the examples that each looks at. */
const ENTRIES = 50;
const LOOKED_AT = 2000;
const SAVE_MS = 60_000;

/**
 * Trains an autoencoder, or goes on with the training that the store holds: with the same seed, backend and data the result is
 * the same bit for bit wherever it was stopped. Rejects with Stopped after the signal was aborted, with UserError for data that aren't as
 * they must be or a store of another run, and with Diverged where the loss, the ELBO, a parameter or other state is no longer finite.
 */
export async function runAutoencoder(
  model: BinaryAutoencoder,
  data: LabelledDataset,
  backend: Backend,
  store: Store,
  { protocol, steps, seed, pairs, points, keep, identity }: RunOptions,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (at: RunProgress) => void } = {},
): Promise<Trained> {
  const { batch } = protocol;
  checkDataset("autoencoder", data);
  const begun = await begin(store, identity, initialState(model, seed));
  const { position, kept } = begun;
  const state = resident<AutoencoderState<Tensor>>(begun.state as never, { backend });
  const step = compile(autoencoderStep(model, seed, protocol), { backend });
  const measure = varianceMeter(model, backend, data.train, { batch, pairs, seed });
  const epoch = batchCount(data.train.size, batch);
  const every = Math.max(1, Math.round(steps / ENTRIES));
  const places = new Set(Array.from({ length: points + 1 }, (_, i) => Math.round((i * steps) / points)));
  const pauseDue = pacer(50);
  const saveDue = pacer(SAVE_MS);
  const read = (): AutoencoderState<NdArray> => state.read() as unknown as AutoencoderState<NdArray>;
  const elboOf = boundMeter(model, backend, 1, seed);
  const params = new Resident<AutoencoderParams<Tensor>>(
    (state.tree as unknown as { params: Tree<never> }).params,
    backend,
  );
  const look = async (): Promise<void> => {
    const [entry, place] = [position.step % every === 0 || position.step === steps, places.has(position.step)];
    if (entry || place) checkState();
    if (position.losses > 0 && entry) {
      const elbo = await elboOf(params, data.train, LOOKED_AT, signal);
      if (!Number.isFinite(elbo)) throw diverged(position.step, "the ELBO", String(elbo));
      position.curve.push({ step: position.step, elbo, running: -position.loss / position.losses });
      [position.loss, position.losses] = [0, 0];
    }
    if (!place || position.variance.at(-1)?.step === position.step) return;
    const now = read();
    position.variance.push(await measure(now, signal));
    if (keep) kept.push(now.params);
  };
  const notFinite = finiteWatch<AutoencoderState<Tensor>>(backend);
  const checkState = (): void => {
    const path = notFinite(state);
    if (path !== undefined) throw diverged(position.step, path.replaceAll(".", " "), "no longer finite");
  };
  // A state that isn't finite is not kept: the store goes on from the last good one.
  const save = async (): Promise<void> => {
    if (notFinite(state) === undefined) await store.save(encode({ identity, position, state: read(), kept }));
  };
  const rest = async (): Promise<void> => {
    onProgress?.({
      step: position.step,
      elbo: position.curve.at(-1)?.elbo ?? -position.loss / Math.max(1, position.losses),
      stepsPerSecond: position.step / position.seconds,
    });
    await pause();
    if (saveDue()) await save();
  };

  try {
    await look();
    while (position.step < steps) {
      const order = shuffled(data.train.size, seed, 1 + Math.floor(position.step / epoch));
      for (const { fields } of batches(data.train, batch, order.subarray((position.step % epoch) * batch))) {
        const before = performance.now();
        const { loss } = step(state as never, new NdArray(fields.x.data, [batch, model.pixels]) as never) as {
          loss: NdArray;
        };
        position.seconds += (performance.now() - before) / 1000;
        record(position, loss.item());
        if (checkedAfter(position.step)) checkState();
        await look();
        if (pauseDue()) await rest();
        signal?.throwIfAborted();
        if (position.step === steps) break;
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    await save();
    throw new Stopped(`autoencoder: stopped after step ${position.step}`);
  }
  checkState();
  await save();
  const { curve, variance, seconds } = position;
  return { curve, variance, seconds, state: read(), kept };
}

function record(position: Position, loss: number): void {
  position.step++;
  if (!Number.isFinite(loss)) throw diverged(position.step, "the loss", String(loss));
  position.loss += loss;
  position.losses++;
}

const diverged = (step: number, what: string, found: string): Diverged =>
  new Diverged(`autoencoder: ${what} is ${found} at step ${step}: this estimator doesn't train it`, {
    ...{ epoch: 0, step, what },
  });

interface Snapshot {
  readonly identity: object;
  readonly position: Position;
  readonly state: AutoencoderState<NdArray>;
  readonly kept: AutoencoderParams<NdArray>[];
}

function encode({ identity, position, state, kept }: Snapshot): Uint8Array {
  const arrays = [
    ...leaves(state as unknown as Tree<NdArray>, "state"),
    ...leaves(kept as unknown as Tree<NdArray>, "kept"),
  ];
  const header = { identity, position, kept: kept.length };
  return encodeCheckpoint({ header, arrays: new Map(arrays.map(({ path, value }) => [path, value])) });
}

/** A new training, or the position of the one that is there. */
async function begin(store: Store, identity: object, fresh: AutoencoderState<NdArray>): Promise<Snapshot> {
  const bytes = await store.load();
  if (!bytes) {
    const position: Position = { step: 0, loss: 0, losses: 0, seconds: 0, curve: [], variance: [] };
    return { identity, position, state: fresh, kept: [] };
  }
  const { header, arrays } = decodeCheckpoint(bytes, store.name);
  const stored = header as { identity: object; position: Position; kept: number } | null;
  if (!stored?.identity || !stored.position || !Number.isSafeInteger(stored.kept))
    throw new UserError(`autoencoder: ${store.name} is not a checkpoint of this benchmark; choose another folder`);
  if (JSON.stringify(stored.identity) !== JSON.stringify(identity))
    throw new UserError(
      `autoencoder: ${store.name} must hold the same benchmark, ${JSON.stringify(identity)}, it holds ${JSON.stringify(stored.identity)}`,
    );
  const take = <T>(form: T, prefix: string): T =>
    mapTree(
      form as Tree<NdArray>,
      (like, at) => {
        const array = arrays.get(at);
        if (!array || array.dtype !== like.dtype || !sameShape(array.shape, like.shape))
          throw new UserError(`autoencoder: ${store.name} lacks ${at} as this estimator has it; choose another folder`);
        return array;
      },
      prefix,
    ) as T;
  const kept = Array.from({ length: stored.kept }, (_, i) => take(fresh.params, `kept.${i}`));
  return { identity, position: stored.position, state: take(fresh, "state"), kept };
}
