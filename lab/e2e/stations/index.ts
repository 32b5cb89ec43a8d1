import { cells } from "./cells.ts";
import { draw } from "./draw.ts";
import { gradient } from "./gradient.ts";
import { layer } from "./layer.ts";
import { network } from "./network.ts";
import { neuron } from "./neuron.ts";
import { slow } from "./slow.ts";
import type { StationTest } from "./station.ts";
import { train } from "./train.ts";
import { watch } from "./watch.ts";

/** In the order of the page. */
export const stationTests: readonly StationTest[] = [neuron, layer, train, draw, network, gradient, slow, cells, watch];
