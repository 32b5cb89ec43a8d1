import type { Backend } from "../../../src/backends/backend.ts";
import { compile } from "../../../src/compile/compile.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { NdArray, sizeOf, type Tensor } from "../../../src/graph/index.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import { type Key, key } from "../../../src/random/key.ts";
import { sharedKey } from "../../../src/random/shared-key.ts";
import type { Look } from "../../../src/train/events.ts";
import { type Answers, EDGE, type SurfaceNews } from "./surface-messages.ts";

/** Milliseconds between two surfaces, and between the end of one and the next as a multiple of what it took. */
const [PACE, REST] = [200, 10];
/** Sampled passes where the training stands still, so that the page can show another one, and milliseconds that they may take. */
const [PASSES, PATIENCE] = [8, 500];
/** Points of a side: fewer for layers of more units, which take more memory and time. */
const sideFor = (units: number): number => (units <= 250 ? 128 : 64);

/** The grid's points, [side · side, 2]. */
function gridOf(side: number): NdArray {
  const coordinate = (i: number): number => ((i + 0.5) / side) * 2 * EDGE - EDGE;
  const x = Float32Array.from({ length: 2 * side * side }, (_, at) => {
    const point = at >> 1;
    return at % 2 === 0 ? coordinate(point % side) : -coordinate(Math.floor(point / side));
  });
  return new NdArray(x, [side * side, 2]);
}

/** A network as it is at a step. */
interface Looked {
  readonly params: Look["params"] | Params<NdArray>;
  readonly step: number;
}
type Reading = "deterministic" | "stochastic";

/** The answers of a network that reads points of the plane, drawn while it trains. */
export class Surface {
  readonly #tell: (news: SurfaceNews) => void;
  readonly #side: number;
  readonly #deterministic: (params: Looked["params"]) => Answers;
  readonly #sampled: (params: Looked["params"], seed: number) => Answers;
  #next = Number.NEGATIVE_INFINITY;
  /** Milliseconds of a pass. */
  #cost = 0;

  /** Undefined for inputs that aren't points, and for more than two classes. */
  static of(model: Model, { fields }: Dataset, backend: Backend, tell: (news: SurfaceNews) => void) {
    const isPlane = fields.x?.shape.join() === "2" && !fields.x.columns && fields.label?.classes?.length === 2;
    return isPlane ? new Surface(model, backend, tell) : undefined;
  }

  private constructor(model: Model, backend: Backend, tell: (news: SurfaceNews) => void) {
    this.#tell = tell;
    this.#side = sideFor(Math.max(...model.layers.map(({ output }) => sizeOf(output))));
    const grid = gridOf(this.#side);
    const copies = this.#side ** 2;
    const answers = (params: Params<Tensor>, x: Tensor, reading: Reading, own: Key): Tensor => {
      // All points are copies of one example: a neuron meets the same noise at each, so what it decides changes along an edge.
      const { predicted } = model.predict(params, x, reading, sharedKey(own, { rows: 1, copies, units: 0 }), {});
      return predicted.probabilities!;
    };
    const deterministic = compile((p: Params<Tensor>, x: Tensor) => answers(p, x, "deterministic", key(0)), {
      backend,
    });
    const sampled = compile(
      (p: Params<Tensor>, x: Tensor, seed: Tensor) => answers(p, x, "stochastic", key(0).fold(seed)),
      { backend },
    );
    const ofClass1 = ({ data }: NdArray): Answers =>
      Uint8Array.from({ length: copies }, (_, point) => Math.round(255 * data[2 * point + 1]!));
    this.#deterministic = (params) => ofClass1(deterministic(params, grid));
    this.#sampled = (params, seed) => ofClass1(sampled(params, grid, new NdArray(Int32Array.of(seed), [])));
  }

  /** Tells of the network as it is now, where the last time is long enough ago or it is wanted at once. */
  draw({ params, step }: Looked, now: boolean): void {
    const start = performance.now();
    if (!now && start < this.#next) return;
    const passes = now ? Math.max(1, Math.min(PASSES, Math.floor(PATIENCE / this.#cost))) : 1;
    const deterministic = this.#deterministic(params);
    const sampled = Array.from({ length: passes }, (_, pass) => this.#sampled(params, PASSES * step + pass));
    this.#tell({ kind: "surface", step, side: this.#side, deterministic, sampled });
    const end = performance.now();
    this.#cost = (end - start) / (passes + 1);
    this.#next = Math.max(start + PACE, end + REST * (end - start));
  }
}
