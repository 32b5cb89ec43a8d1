import { datasetFromFolder, type IdxSource, idxOptions } from "./folder.ts";
import { PUBLISHED_SIZE } from "./mnist.ts";

/** Where Debian's package dataset-fashion-mnist puts the files. */
export const debianFolder = "/usr/share/datasets/fashion-mnist";

const classNames = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** How its files are read. */
export const fashionMnistOptions = { name: "fashion-mnist", classNames, publishedSize: PUBLISHED_SIZE };

/** What to do where it is not there. */
export const fashionHint =
  "; install Fashion-MNIST with `apt-get install dataset-fashion-mnist`, or name a folder that has it with --data-dir FOLDER";

/** The data set in MNIST's four files in `home`, unless --data-dir names another folder. */
export function fashionMnistIn(home: string): IdxSource {
  return {
    name: "fashion-mnist",
    summary: "photographs of clothes, from Debian's dataset-fashion-mnist or a folder",
    options: idxOptions,
    load({ dir, ...given }) {
      const options = { ...given, ...fashionMnistOptions };
      return dir === undefined ? datasetFromFolder(home, options, fashionHint) : datasetFromFolder(dir, options);
    },
  };
}

/** Photographs of clothes in MNIST's format. Xiao, Rasul and Vollgraf, arXiv:1708.07747, 2017. */
export const fashionMnist = /* @__PURE__ */ fashionMnistIn(debianFolder);
