import type { FiringScore, TrainEvent } from "./events.ts";

/** Spikes per unit and step below which hardly any gradient passes a layer: 1 in 100. */
const FEW = 0.01;

/** What is said of the first validation where units of a recurrent layer are silent and the others hardly spike; undefined where none is. */
export function silenceIn(epoch: number, spikes: readonly FiringScore[] = []): string | undefined {
  if (epoch !== 1) return undefined;
  const layer = spikes.findIndex(({ rate, silent = 0 }) => rate < FEW && silent > 0);
  if (layer < 0) return undefined;
  const { rate, silent } = spikes[layer]!;
  return `spiking layer ${layer + 1} fires at ${(100 * rate).toFixed(2)}% of its steps, and ${silent} of its units never did in validation: silent units hardly learn. Larger inputs, a smaller tau or, of a cell that has one, a lower threshold make them fire`;
}

/** The events of a training, with a warning behind its first validation where spiking units are silent. */
export async function* withSilence<M extends string, R>(
  events: AsyncGenerator<TrainEvent<M>, R, void>,
): AsyncGenerator<TrainEvent<M>, R, void> {
  let ended: { readonly result: R } | undefined;
  async function* all() {
    ended = { result: yield* events };
  }
  let first = true;
  // Ends the events too where nobody wants more of them.
  for await (const event of all()) {
    yield event;
    if (event.kind !== "epoch" || !first) continue;
    first = false;
    const message = silenceIn(event.epoch, event.valid.deterministic.spikes);
    if (message !== undefined) yield { kind: "warning", message };
  }
  return ended!.result;
}
