import { type Configurable as Base, type Given, configurable as ofOptions, type Values } from "../../options/index.ts";
import type { Card, Estimator } from "../estimator.ts";
import type { Options } from "./option.ts";

/** An estimator with options: a function from them to the estimator, and what a config or a flag needs to know about them. */
export interface Configurable<O extends Options = Options> extends Base<O, Estimator> {
  readonly card: Card;
  readonly defaults: Values<O>;
}

/** Makes an estimator's factory of its card, its options and what they make. The factory throws UserError for a wrong option. */
export function configurable<O extends Options>(family: {
  readonly card: Card;
  readonly options: O;
  /** A card of its own where an option changes what the card says, such as the number of passes. */
  readonly make: (options: Values<O>) => Omit<Estimator, "card"> & { readonly card?: Card };
}): Configurable<O> {
  const { card, options, make } = family;
  const factory = ofOptions<O, Estimator>(card.name, options, (values) => ({ card, ...make(values) }));
  return Object.assign(factory, { card, defaults: factory.resolve({} as Given<O>) });
}

/** An estimator without options, as a row of the same table. */
export const fixed = (estimator: Estimator): Configurable<Record<never, never>> =>
  configurable({ card: estimator.card, options: {}, make: () => estimator });
