import { cellOf } from "./described.ts";
import { spiking, spikingOptions } from "./spiking.ts";

/** Leaky integrate-and-fire. Throws UserError for options that contradict each other. */
export const lif = cellOf(
  {
    name: "lif",
    title: "leaky integrate-and-fire",
    summary: "A membrane integrates its inputs and leaks; above a threshold it spikes, and the spike resets it.",
    source:
      "Lapicque 1907; Gerstner, Kistler, Naud and Paninski 2014, Neuronal dynamics, chapter 1.3, https://neuronaldynamics.epfl.ch; in discrete time with trained spikes: Neftci, Mostafa and Zenke 2019, https://arxiv.org/abs/1901.09948; a learned β: Fang et al. 2021, https://arxiv.org/abs/2007.05785",
  },
  spikingOptions,
  (given, sizes) => spiking("cell lif", given, sizes),
);
