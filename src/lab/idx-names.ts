/** The files of MNIST and of Fashion-MNIST as they are published, which is what the page asks for, by their roles. */
export const idxNames = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;
