import type { Experiment } from "./experiment.ts";

/**
 * Every experiment by its name, a line each. The command line knows them from here; what one is made of is loaded when it is asked for.
 */
export const experiments = {
  "first-look": () => import("./first-look/index.ts").then(({ firstLook }) => firstLook as Experiment),
  slowness: () => import("./slowness/index.ts").then(({ slowness }) => slowness as Experiment),
  "figure-2": () => import("./figure-2/index.ts").then(({ figure2 }) => figure2 as Experiment),
  toys: () => import("./toys/index.ts").then(({ toysExperiment }) => toysExperiment as Experiment),
  autoencoder: () => import("./autoencoder/index.ts").then(({ binaryAutoencoder }) => binaryAutoencoder as Experiment),
  wide: () => import("./wide/index.ts").then(({ wide }) => wide as Experiment),
} satisfies { readonly [name: string]: () => Promise<Experiment> };
