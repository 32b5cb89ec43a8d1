import { trainDefaults } from "../train/config.ts";
import type { Experiment } from "./experiment.ts";

/**
 * What `npm start` runs. Everything is equal for all methods but the learning rate, which was chosen for each among 0.3, 0.1, 0.03,
 * 0.01 and 0.003 by the validation error after 6 epochs with another seed: one rate for all would compare the methods' scales
 * (straight-through's gradient is up to 4 and more times that of the sigmoid's slope) instead of their directions.
 */
export const firstLook: Experiment = {
  name: "first-look",
  title: "A first look: eight ways to train a hidden layer on MNIST",
  question:
    "How far do networks of binary or noisy neurons get on real handwritten digits, when their gradients have to be estimated, beside deterministic ones with the same budget?",
  caveats: [
    "This is a short run to see the methods at work: one seed, few epochs, one network of one hidden layer, and no sparsity or gating. It is not the protocol of any paper, and its order of the methods is not a finding.",
    "With one seed, two test errors that are less than about 0.4 points apart tell nothing: the binomial standard error of one is about 0.15, and another seed moves it too.",
  ],
  base: {
    ...trainDefaults,
    epochs: 20,
    batch: 100,
    schedule: { name: "cosine" },
    seed: 1,
  },
  units: 400,
  momentum: 0.9,
  methods: [
    { name: "sigmoid", estimator: "sigmoid", rate: 0.1 },
    { name: "noisy sigmoid", estimator: "noisy-sigmoid", rate: 0.1 },
    { name: "rectifier", estimator: "rectifier", rate: 0.03 },
    { name: "noisy rectifier", estimator: "noisy-rectifier", rate: 0.03 },
    { name: "straight-through", estimator: "straight-through", rate: 0.01 },
    { name: "straight-through × σ′", estimator: "straight-through-slope", rate: 0.03 },
    { name: "smooth times stochastic", estimator: "smooth-times-stochastic", rate: 0.1 },
    { name: "score function", estimator: "score-function-minimum-variance", rate: 0.01 },
  ],
  seconds: 180,
};
