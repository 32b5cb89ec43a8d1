import type { Component } from "svelte";

/** What a station is given. */
export interface StationProps {
  /** Its name in the table below. */
  readonly id: string;
  /** Whether it has come near the window. What takes time waits for it; the place that its result will take doesn't. */
  readonly seen: boolean;
}

/** A stop of the page's walk. */
export interface Station {
  /** The beginning of its settings' names in the address, and its anchor. */
  readonly id: string;
  /** Its name in the navigation. */
  readonly title: string;
  /** Its code, which is loaded before it comes into the window. */
  load(): Promise<{ readonly default: Component<StationProps> }>;
}

/** The stations in their order on the page. Adding one means adding a component beside this file, and a line here. */
export const stations: readonly Station[] = [
  { id: "neuron", title: "One neuron", load: () => import("./Neuron.svelte") },
  { id: "layer", title: "A layer", load: () => import("./Layer.svelte") },
  { id: "train", title: "Train", load: () => import("./Train.svelte") },
  { id: "draw", title: "Draw a digit", load: () => import("./Draw.svelte") },
  { id: "network", title: "See the network", load: () => import("./Network.svelte") },
  { id: "gradient", title: "See the gradient", load: () => import("./Gradient.svelte") },
  { id: "slow", title: "Why slow?", load: () => import("./Slow.svelte") },
  { id: "cells", title: "Neurons and cells", load: () => import("./Cells.svelte") },
  { id: "watch", title: "Watch a run", load: () => import("./Watch.svelte") },
];
