import type { Component } from "svelte";
import Neuron from "./Neuron.svelte";
import Train from "./Train.svelte";

/** A stop of the page's walk. */
export interface Station {
  /** The beginning of its settings' names in the address, and its anchor. */
  readonly id: string;
  /** Its name in the navigation. */
  readonly title: string;
  readonly component: Component<{ id: string }>;
}

/** The stations in their order on the page. Adding one means adding a component beside this file, and a line here. */
export const stations: readonly Station[] = [
  { id: "neuron", title: "One neuron", component: Neuron },
  { id: "train", title: "Train", component: Train },
];
