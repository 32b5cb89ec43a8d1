/** A network that was trained in this page, for the stations that look into one. */
export interface Trained {
  /** As `heaviside save` writes it: what `loadModel` reads. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** The config that it was trained with, as of the command line. */
  readonly config: unknown;
  /** In a few words, as in "784-100-10, straight-through × σ′, epoch 3". */
  readonly words: string;
}

class Shared {
  /** The last one that the station Train brought to its end, or stopped. */
  network = $state.raw<Trained>();
}

export const trained = new Shared();
