import { UserError } from "../../errors.ts";
import { leaves, mapTree, type NdArray, sameShape, type Tree } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../train/checkpoint.ts";
import type { TrainingState } from "../../train/step.ts";
import type { Store } from "../experiment.ts";
import type { MeasuredVariance } from "./variance.ts";

export interface CurvePoint {
  readonly step: number;
  /** ELBO of the first training examples, one binary sample each. */
  readonly elbo: number;
  /** Mean of the training steps' own losses since the entry before, with the sign of the ELBO: of relaxed units it isn't a bound. */
  readonly running: number;
}

type State = TrainingState<NdArray>;

/** What was seen of a training at chosen steps, by step. A step that is seen again, after a resume, replaces what is there. */
export class Looks {
  readonly curve = new Map<number, CurvePoint>();
  readonly variance = new Map<number, MeasuredVariance>();
  /** The parameters at chosen steps. */
  readonly kept = new Map<number, Params<NdArray>>();
  /** After the last step. */
  final: State | undefined;
  readonly #store: Store;
  readonly #identity: object;

  private constructor(store: Store, identity: object) {
    this.#store = store;
    this.#identity = identity;
  }

  /**
   * Those of a store; none where it is empty. Throws UserError where it is damaged, or of a run of another identity.
   * @param fresh has the form of every state
   */
  static async of(store: Store, identity: object, fresh: State): Promise<Looks> {
    const looks = new Looks(store, JSON.parse(JSON.stringify(identity)) as object);
    const bytes = await store.load();
    if (bytes) looks.#fill(bytes, fresh);
    return looks;
  }

  #fill(bytes: Uint8Array, fresh: State): void {
    const { header, arrays } = decodeCheckpoint(bytes, this.#store.name);
    const { identity, curve, variance, kept, ended } = (header ?? {}) as Partial<Header>;
    if (!identity || !curve || !variance || !kept)
      throw new UserError(`autoencoder: ${this.#store.name} is not of this experiment; choose another folder`);
    if (JSON.stringify(identity) !== JSON.stringify(this.#identity))
      throw new UserError(
        `autoencoder: ${this.#store.name} must be of the same run, ${JSON.stringify(this.#identity)}, it is of ${JSON.stringify(identity)}`,
      );
    const take = <T>(form: T, prefix: string): T =>
      mapTree(
        form as Tree<NdArray>,
        (like, at) => {
          const array = arrays.get(at);
          if (!array || array.dtype !== like.dtype || !sameShape(array.shape, like.shape))
            throw new UserError(
              `autoencoder: ${this.#store.name} lacks ${at} as this estimator has it; choose another folder`,
            );
          return array;
        },
        prefix,
      ) as T;
    for (const point of curve) this.curve.set(point.step, point);
    for (const point of variance) this.variance.set(point.step, point);
    for (const step of kept) this.kept.set(step, take(fresh.params, `kept.${step}`));
    if (ended) this.final = take(fresh, "final");
  }

  async save(): Promise<void> {
    const header: Header = {
      identity: this.#identity,
      curve: sorted(this.curve),
      variance: sorted(this.variance),
      kept: [...this.kept.keys()],
      ended: this.final !== undefined,
    };
    const arrays = [
      ...[...this.kept].flatMap(([step, params]) => leaves(params as Tree<NdArray>, `kept.${step}`)),
      ...(this.final ? leaves(this.final as unknown as Tree<NdArray>, "final") : []),
    ];
    const bytes = encodeCheckpoint({ header, arrays: new Map(arrays.map(({ path, value }) => [path, value])) });
    await this.#store.save(bytes);
  }
}

interface Header {
  readonly identity: object;
  readonly curve: readonly CurvePoint[];
  readonly variance: readonly MeasuredVariance[];
  readonly kept: readonly number[];
  readonly ended: boolean;
}

/** The values by ascending step. */
export const sorted = <T>(by: ReadonlyMap<number, T>): T[] =>
  [...by].sort(([a], [b]) => a - b).map(([, value]) => value);
