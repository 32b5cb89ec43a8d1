import { cells, type LawOptions } from "../../laws/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { firstDraw, givenTheBit, stretched } from "./relaxed-noise.ts";

type Options = Readonly<Record<string, string | number>>;

/** Independent samples, each compared with σ(a) alone: no more cells than that, as K draws multiply them. */
const independent = (): LawOptions => ({ noise: (a) => cells([sigmoid(a)]) });
const antithetic = (): LawOptions => ({ noise: "threshold" });

const STARTS_AT_0 = "its control variates start with weight 0: it is leave-one-out in its first step";

const COMPETE = "its units compete: one by itself is always chosen";
/** Some distribution of noise; where units compete, no rule is exact for the normal one. */
const COARSE = { nodes: [-1.7, -0.3, 0.4, 1.9], weights: [0.1, 0.4, 0.3, 0.2] };

/** What the laws have to know about single rows of the table: how their noise is integrated over, and which laws they are excepted from. */
export const lawOptions: Readonly<Record<string, (options: Options) => LawOptions>> = {
  "as-if-deterministic": () => ({
    exceptions: {
      rest: "the rest is differentiated at the mean, not at the sample",
      binary: "its live call is with the mean",
    },
  }),
  concrete: () => ({ noise: "smooth", exceptions: { readout: "it is the mean of the bit, not of the relaxed value" } }),
  "hard-concrete": (options) => ({
    noise: stretched(options),
    units: 1,
    exceptions: { readout: "it is the paper's, not the mean", lattice: "the draws of the law clip all four units" },
  }),
  "straight-through-gumbel": () => ({ noise: "smooth" }),
  "gumbel-rao": () => ({ noise: firstDraw }),
  rebar: () => ({ noise: givenTheBit, units: 1 }),
  relax: () => ({ noise: givenTheBit, units: 1 }),
  "double-control-variate": () => ({ ...independent(), exceptions: { lattice: STARTS_AT_0 } }),
  rodeo: () => ({ ...independent(), exceptions: { lattice: STARTS_AT_0 } }),
  "top-k": ({ noise }) => ({
    units: 2,
    ...(noise === "gaussian" && { noise: () => COARSE }),
    exceptions: {
      rate: COMPETE,
      readout: COMPETE,
      ...(noise === "gaussian" && {
        bias: "its bias is the jumps of the loss, which lie between the nodes of any rule",
      }),
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
