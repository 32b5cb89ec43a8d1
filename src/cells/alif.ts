import { number } from "../options/index.ts";
import { cellOf } from "./described.ts";
import { spiking, spikingOptions } from "./spiking.ts";

/** Leaky integrate-and-fire with an adaptive threshold. Throws UserError for options that contradict each other. */
export const alif = cellOf(
  {
    name: "alif",
    title: "adaptive leaky integrate-and-fire",
    summary: "A leaky integrate-and-fire neuron whose threshold rises with each of its spikes and slowly decays.",
    source:
      "Bellec, Salaj, Subramoney, Legenstein and Maass 2018, Long short-term memory and learning-to-learn in networks of spiking neurons, https://arxiv.org/abs/1803.09574",
  },
  {
    ...spikingOptions,
    adaptation: number({ above: 0 }, "βₐ: how much a spike raises the threshold", { default: 0.18 }),
    adaptationTau: number({ above: 0 }, "τ of the threshold, in dt's unit", { default: 200 }),
  },
  (given, sizes) => spiking("cell alif", given, sizes, { strength: given.adaptation, tau: given.adaptationTau }),
);
