import { cells, type LawOptions } from "../../laws/index.ts";

type Options = Readonly<Record<string, string | number>>;

/** Independent samples, each compared with σ(a) alone: no more cells than that, as K draws multiply them. */
const independent = (): LawOptions => ({ noise: (a) => cells([1 / (1 + Math.exp(-a))]) });
const antithetic = (): LawOptions => ({ noise: "threshold" });

/** What the laws have to know about single rows of the table: how their noise is integrated over, and which laws they are excepted from. */
export const lawOptions: Readonly<Record<string, (options: Options) => LawOptions>> = {
  "as-if-deterministic": () => ({
    exceptions: {
      rest: "the rest is differentiated at the mean, not at the sample",
      binary: "its live call is with the mean",
    },
  }),
  "noisy-rectifier": ({ noise, readout }) => ({
    ...(noise === "gaussian" && { unitWithin: 3e-7 }), // Φ is a fit in single precision
    ...(readout === "noise-free" && { exceptions: { readout: "it is asked to be noise-free" } }),
  }),
  "noisy-sigmoid": () => ({ exceptions: { readout: "its readout leaves the noise out" } }),
  nvil: () => ({ exceptions: { bias: "the spread that scales it starts at 0, and the first step isn't scaled" } }),
  "leave-one-out": independent,
  vimco: independent,
  arm: antithetic,
  disarm: antithetic,
  arms: antithetic,
  bitflip: antithetic,
  ugc: antithetic,
};
