import type { HeadCard } from "../head.ts";
import { card as bits } from "./bits.ts";
import { card as classes } from "./classes.ts";
import { card as evidence } from "./evidence.ts";
import { card as gaussian } from "./gaussian.ts";
import type { heads } from "./index.ts";
import { card as mixture } from "./mixture.ts";
import { card as stepClasses } from "./step-classes.ts";
import { card as values } from "./values.ts";

/** A card for each head. A new one has its line here, beside that in `index.ts`. */
export const headCards: { readonly [K in keyof typeof heads]: HeadCard } = {
  classes,
  values,
  gaussian,
  bits,
  "step-classes": stepClasses,
  mixture,
  evidence,
};
