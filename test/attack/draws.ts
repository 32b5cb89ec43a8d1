import { philoxWords, uniformBelow } from "../../src/random/philox.ts";

/** Keeps the words of attacks apart from those that the library draws ("ATTK"). */
const DOMAIN = 0x4154544b;

/** Random choices that are a function of a seed. */
export class Draws {
  readonly #word: () => number;
  constructor(seed: number) {
    this.#word = philoxWords([seed, 0], DOMAIN);
  }

  /** A whole number in 0..bound-1. */
  below(bound: number): number {
    return uniformBelow(this.#word, bound);
  }

  /** In [0, 1). */
  share(): number {
    return (this.#word() >>> 0) / 2 ** 32;
  }

  /** True with probability 1 in n. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#word());
  }
}

/** Damage to a file, at one place or more. */
export const damages: Readonly<Record<string, (bytes: Uint8Array, draws: Draws) => Uint8Array>> = {
  flip(bytes, draws) {
    const copy = bytes.slice();
    for (let times = 1 + draws.below(3); times > 0 && copy.length > 0; times--) {
      copy[draws.below(copy.length)]! ^= 1 << draws.below(8);
    }
    return copy;
  },
  /** A bit among the last eight bytes, where gzip has its checksum and length. */
  tail(bytes, draws) {
    const copy = bytes.slice();
    if (copy.length >= 8) copy[copy.length - 1 - draws.below(8)]! ^= 1 << draws.below(8);
    return copy;
  },
  cut: (bytes, draws) => bytes.slice(0, draws.below(bytes.length + 1)),
  behead: (bytes, draws) => bytes.slice(draws.below(bytes.length + 1)),
  append: (bytes, draws) => Buffer.concat([bytes, draws.bytes(1 + draws.below(20))]),
  pad: (bytes, draws) => Buffer.concat([bytes, new Uint8Array(1 + draws.below(600))]),
  double: (bytes) => Buffer.concat([bytes, bytes]),
  /** A piece is lost, doubled or replaced by noise. */
  splice(bytes, draws) {
    const from = draws.below(bytes.length + 1);
    const piece = bytes.subarray(from, from + draws.below(40));
    const middle = draws.of([new Uint8Array(0), Buffer.concat([piece, piece]), draws.bytes(piece.length)]);
    return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(from + piece.length)]);
  },
  /** The first bytes, where headers are, say something else. */
  lie(bytes, draws) {
    const copy = bytes.slice();
    const at = draws.below(Math.min(20, copy.length + 1));
    copy.set(
      draws
        .of([[255], [0, 0, 0, 0], [255, 255, 255, 255], [128, 0, 0, 0], [draws.below(256)]])
        .slice(0, copy.length - at),
      at,
    );
    return copy;
  },
  noise: (_, draws) => draws.bytes(draws.below(200)),
};
