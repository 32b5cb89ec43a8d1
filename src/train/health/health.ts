import type { Resident } from "../../compile/resident.ts";
import { isStreamed } from "../../data/dataset.ts";
import type { NdArray, Tensor } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import type { EpochMetrics, HealthWarning, Warning } from "../events.ts";
import type { Parts } from "../parts.ts";
import type { Position } from "../snapshot.ts";
import type { TrainingState } from "../step.ts";
import { GradientWatch } from "./gradient.ts";
import { spreadExamples, unitsWatch } from "./units.ts";
import { steepInWords, unitWarnings } from "./words.ts";

/** Fewer validation examples than these tell too little of units. */
const LEAST = 200;
/** Training examples before units are looked at for the first time; then each time that twice as many are done. */
const FIRST = 10_000;

type Watched = Pick<Parts<string>, "model" | "data" | "config" | "backend" | "weightNoise">;

/** What of a training's past it reads. */
interface Past {
  readonly metrics: readonly Pick<EpochMetrics, "warnings">[];
  readonly position: Pick<Position, "trained">;
}

/**
 * Watches a training for units that no longer learn and for gradients that explode, at less than a hundredth of its time. It reads, and changes nothing.
 * Each warning is given once.
 */
export class HealthWatch {
  readonly #parts: Watched;
  readonly #given: Set<string>;
  #gradient: GradientWatch | undefined;
  #units: ReturnType<typeof unitsWatch> | "unknown" = "unknown";
  #examples: ReturnType<typeof spreadExamples> | undefined;
  /** Examples after which units are looked at next. */
  #next = FIRST;
  /** Since the last validation, and those of them that nobody was told of yet. */
  #found: HealthWarning[] = [];
  #untold: HealthWarning[] = [];

  constructor({ model, data, config, backend, weightNoise, snapshot }: Watched & { readonly snapshot: Past }) {
    this.#parts = { model, data, config, backend, weightNoise };
    const before = snapshot.metrics.flatMap(({ warnings = [] }) => warnings);
    this.#given = new Set(before.map(nameOf));
    while (this.#next <= snapshot.position.trained) this.#next *= 2;
    if (config.clip === undefined && !this.#given.has("exploding gradient"))
      this.#gradient = new GradientWatch(model, config, backend, weightNoise);
  }

  afterStep(
    at: Pick<Position, "epoch" | "batch" | "step">,
    loss: number,
    state: Resident<TrainingState<Tensor>>,
    given: readonly NdArray[],
  ): void {
    const found = this.#gradient?.after(at.step, loss, state, given);
    if (found === undefined) return;
    this.#gradient = undefined;
    this.#warn(steepInWords(found, at));
  }

  /** Looks at the units where that is due; gives all warnings since the last validation. */
  atValidation(at: Pick<Position, "epoch" | "step" | "trained">, params: Resident<Params<Tensor>>): HealthWarning[] {
    this.#lookAtUnits(at, params);
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #lookAtUnits(
    { epoch, step, trained }: Pick<Position, "epoch" | "step" | "trained">,
    params: Resident<Params<Tensor>>,
  ): void {
    if (trained < this.#next) return;
    while (this.#next <= trained) this.#next *= 2;
    const { model, data, backend, config } = this.#parts;
    if (data.valid.size < LEAST) return;
    if (this.#units === "unknown") this.#units = unitsWatch(model, backend);
    if (this.#units === undefined) return;
    this.#examples ??= spreadExamples(model, data.valid);
    const { size } = data.train;
    const inEpoch = isStreamed(data.train) || size === undefined ? trained : size;
    const when = config.validateEvery === undefined ? `epoch ${epoch}` : `step ${step}`;
    const seen = this.#units(params, this.#examples);
    for (const warning of unitWarnings(seen, { when, inEpoch, examples: this.#examples.count })) this.#warn(warning);
  }

  /** The warnings that nobody was told of yet. */
  *take(): Generator<{ readonly kind: "warning" } & Warning, void, void> {
    const untold = this.#untold;
    this.#untold = [];
    for (const { message } of untold) yield { kind: "warning", message };
  }

  #warn(warning: HealthWarning): void {
    if (this.#given.has(nameOf(warning))) return;
    this.#given.add(nameOf(warning));
    this.#found.push(warning);
    this.#untold.push(warning);
  }
}

const nameOf = ({ kind, where }: HealthWarning): string => (where === undefined ? kind : `${kind} of ${where}`);
