import type { StandardiseConfig } from "../../layers/preprocess/index.ts";
import { checkHeadOptions, type Head } from "../head.ts";
import { bits } from "./bits.ts";
import { classes } from "./classes.ts";
import { evidence } from "./evidence.ts";
import { gaussian } from "./gaussian.ts";
import { type MixtureOptions, mixture } from "./mixture.ts";
import { type StepClassesOptions, stepClasses } from "./step-classes.ts";
import { values } from "./values.ts";

/** Makes a head from its JSON config without the kind. */
export type HeadMaker = (config: never) => Head;

/** Every head by the kind that a config uses. */
export const heads = {
  classes: ({ classes: count, ...options }: { readonly classes: number; readonly field?: string }) =>
    classes(count, options),
  values: ({ shape, ...options }: Shaped) => values(shape, options),
  gaussian: ({ shape, ...options }: Shaped) => gaussian(shape, options),
  bits: ({ shape, ...options }: Shaped) => bits(shape, options),
  "step-classes": ({ steps, ...options }: Stepped & StepClassesOptions) => stepClasses(steps, options),
  mixture: ({ steps, ...options }: Stepped & MixtureOptions) => mixture(steps, options),
  evidence(options: object) {
    checkHeadOptions("evidence", options, []);
    return evidence();
  },
} as const satisfies Record<string, HeadMaker>;

interface Stepped {
  readonly steps: number;
}

interface Shaped {
  readonly shape: number | readonly number[];
  readonly field?: string;
  readonly scale?: StandardiseConfig;
}
