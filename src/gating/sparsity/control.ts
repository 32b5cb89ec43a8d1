import { type Configurable, configurable, type Options, type Values } from "../../options/index.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

/** A control's factory, with its card and options: a row of the table. */
export const control = <const O extends Options>(
  card: SparsityCard,
  options: O,
  make: (values: Values<O>) => Sparsity,
): Configurable<O, Sparsity> & { readonly card: SparsityCard } =>
  Object.assign(configurable(`sparsity ${card.name}`, options, make), { card });
