/** A value of an option of `train`, as the command line has it: `200`, `"400,400"`, `"shift:2 flip"`, `true` for an option that takes none. */
export type Value = string | number | boolean;

/** A question of your own: networks that differ in some options, over seeds. Names are those of the options of `heaviside train`, as `maxNorm` for `--max-norm`. */
export interface ExperimentFile {
  /** What is asked, in a sentence. */
  readonly question: string;
  /** The options that all networks have. */
  readonly base?: { readonly [option: string]: Value };
  /** Values of the options that vary: each with each. Or a list of networks, each by its options. */
  readonly varies: { readonly [option: string]: readonly Value[] } | readonly { readonly [option: string]: Value }[];
  /** How many trainings each network has, with seeds 1, 2, …; or their seeds (default: 5). */
  readonly seeds?: number | readonly number[];
  /** What is compared (default: what selects the epoch, such as the error). */
  readonly metric?: string;
  /** The network that all others are compared with, by its name or a value that no other has (default: all pairs). */
  readonly against?: string;
}
