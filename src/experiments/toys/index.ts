import { estimatorFor, estimatorNames, resolveEstimator } from "../../estimators/index.ts";
import { trainsBinaryUnits } from "../../models/binary-units.ts";
import { type Contestant, estimators } from "../contestants.ts";
import { number } from "../engine/options.ts";
import type { Task } from "../engine/tasks.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { question, type ToyResult, toysMarkdown, toysPage, toysText } from "./page.ts";
import { type ToyOptions, toyFor, toys } from "./toy.ts";

export interface Settings {
  readonly options: ToyOptions;
  readonly entrants: readonly Contestant[];
}

/** Estimators of binary units that can enumerate neither 200 bits nor flip each of them. */
const tooDear: readonly string[] = ["exact", "local-expectation"];

/** Every estimator that trains binary units, in the order of the table. */
const applicable = (): Contestant[] =>
  estimatorNames
    .filter((name) => !tooDear.includes(name) && trainsBinaryUnits(estimatorFor(name)))
    .map((name) => ({ label: name, config: name }));

/** Minimises E[(b − t)²] over the logits of 1 and of 200 bits with each estimator. */
export const toysExperiment = defineExperiment({
  name: "toys",
  title: "Toys: minimise E[(b − t)²] over the logits of 1 and of 200 bits",
  question,
  duration: "10 minutes on one core",
  options: {
    estimators: estimators("which, such as disarm,arms:samples=4 (default: all)"),
    steps: number("training steps of each", { whole: true, atLeast: toys.points - 1 }, toys.steps),
    repeats: number("trainings of each", { whole: true, atLeast: 1, atMost: 10_000 }, toys.repeats),
    seed: number("decides every random number", { whole: true, atLeast: 0, atMost: 2 ** 32 - 1 }, 1),
  },
  threads: 1,
  folders: "one",
  settings: ({ estimators, steps, repeats, seed }): Settings => ({
    options: { ...toys, steps, repeats, seed },
    entrants: estimators ?? applicable(),
  }),
  // Estimators can be added to what is there.
  identity: ({ options }) => options,
  prepare: async () => undefined,
  heading: ({ settings: { entrants, options } }) => [
    `${entrants.length} ${entrants.length === 1 ? "estimator" : "estimators"}`,
    `${options.steps.toLocaleString("en-US")} steps, ${options.repeats} ${options.repeats === 1 ? "training" : "trainings"} of each`,
  ],
  tasks,
  pace: (work) => `${Math.round(work).toLocaleString("en-US")} steps/s`,
  results: (results, { settings: { options } }) => ({ settings: options, results }),
  json: (results) => results,
  text: (results, { bold }, columns) => toysText(results, bold, columns),
  markdown: toysMarkdown,
  page: toysPage,
  pictures: "curves",
});

/** A task for each estimator and toy. */
function tasks({ settings: { options, entrants }, backend, signal }: Study<Settings, undefined, ToyResult>) {
  return entrants.flatMap(({ label, config }) =>
    toys.units.flatMap((units) => {
      // The toys of one size are one program, compiled when the first of them is due.
      let run: ReturnType<typeof toyFor> | undefined;
      return toys.targets.map(
        (target): Task<ToyResult> => ({
          id: `${label} ${units} ${target}`,
          work: options.settling + options.repeats * options.steps,
          title: `${label}, ${units} ${units === 1 ? "bit" : "bits"}, t = ${target}`,
          async run(onWork) {
            run ??= toyFor(config, units, backend, options);
            const found = await run(target, signal, onWork);
            if (target === toys.targets.at(-1)) run = undefined;
            return { label, config: resolveEstimator(config), units, target, ...found };
          },
        }),
      );
    }),
  );
}
