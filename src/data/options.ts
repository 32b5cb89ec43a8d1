import { family, type Options, type SpecOf, text, whole } from "../options/index.ts";
import type { DatasetName } from "./index.ts";

const idx = {
  dir: text("read the data set's IDX files from this folder", { flag: "--data-dir <folder>" }),
  limit: whole(1, "training examples to use", { flag: "--limit <n>", usual: "all" }),
};
const split = whole({ atLeast: 0, below: 2 ** 32 }, "decides which examples validate", {
  flag: "--split-seed <n>",
  usual: "0",
});

/** What a config can say of each data set. Adding one means adding a line here, beside that in index.ts. */
const members = {
  mnist: { options: idx },
  "fashion-mnist": { options: idx },
  folder: {
    options: {
      ...idx,
      classes: whole(2, "classes of its labels", { flag: "--classes <n>", usual: "10" }),
      splitSeed: split,
    },
  },
} satisfies { readonly [N in DatasetName]: { readonly options: Options } };

/** The data sets as a config names them. */
export const datasetFamily = family("data set", members, { aliases: { fashion: "fashion-mnist" } });

/** Which data set, as JSON. */
export type DataConfig = SpecOf<typeof datasetFamily>;
