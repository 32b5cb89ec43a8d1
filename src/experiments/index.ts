import type { Experiment } from "./experiment.ts";

/**
 * Every experiment by its name, a line each. The command line knows them from here; what one is made of is loaded when it is asked for.
 */
export const experiments = {
  "first-look": () => import("./first-look/index.ts").then(({ firstLook }) => firstLook),
  slowness: () => import("./slowness/index.ts").then(({ slowness }) => slowness),
  "figure-2": () => import("./figure-2/index.ts").then(({ figure2 }) => figure2),
  toys: () => import("./toys/index.ts").then(({ toysExperiment }) => toysExperiment),
  autoencoder: () => import("./autoencoder/index.ts").then(({ binaryAutoencoder }) => binaryAutoencoder),
  wide: () => import("./wide/index.ts").then(({ wide }) => wide),
  neurons: () => import("./neurons/index.ts").then(({ neurons }) => neurons),
  images: () => import("./images/index.ts").then(({ images }) => images),
} satisfies { readonly [name: string]: () => Promise<Experiment> };
