import type { Component } from "svelte";
import Layer from "./Layer.svelte";
import Neuron from "./Neuron.svelte";
import Train from "./Train.svelte";

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
  readonly component: Component<StationProps>;
}

/** The stations in their order on the page. Adding one means adding a component beside this file, and a line here. */
export const stations: readonly Station[] = [
  { id: "neuron", title: "One neuron", component: Neuron },
  { id: "layer", title: "A layer", component: Layer },
  { id: "train", title: "Train", component: Train },
];
