import { UserError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { checkChoice, checkNumber, cut } from "../../rules.ts";
import type { Card, Estimator } from "../estimator.ts";
import type { GivenOptions, Options, OptionValues } from "./option.ts";

/** An estimator with options: a function from them to the estimator, and what a config or a flag needs to know about them. */
export interface Configurable<O extends Options = Options> {
  (given?: GivenOptions<O>): Estimator;
  readonly card: Card;
  readonly options: O;
  readonly defaults: OptionValues<O>;
  /** Every option, with defaults where nothing was given. Throws UserError for a wrong one. */
  resolve(given: GivenOptions<O>, subject?: string): OptionValues<O>;
}

/** Makes an estimator's factory of its card, its options and what they make. The factory throws UserError for a wrong option. */
export function configurable<O extends Options>(family: {
  readonly card: Card;
  readonly options: O;
  /** A card of its own where an option changes what the card says, such as the number of passes. */
  readonly make: (options: OptionValues<O>) => Omit<Estimator, "card"> & { readonly card?: Card };
}): Configurable<O> {
  const { card, options, make } = family;
  const resolve = (given: GivenOptions<O>, subject: string = card.name) => resolveOptions(subject, options, given);
  return Object.assign((given: GivenOptions<O> = {}): Estimator => ({ card, ...make(resolve(given)) }), {
    card,
    options,
    defaults: resolve({}),
    resolve,
  });
}

/** An estimator without options, as a row of the same table. */
export const fixed = (estimator: Estimator): Configurable<Record<never, never>> =>
  configurable({ card: estimator.card, options: {}, make: () => estimator });

function resolveOptions<O extends Options>(subject: string, options: O, given: GivenOptions<O>): OptionValues<O> {
  const names = Object.keys(options);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    const known = names.length ? `its options are ${names.join(", ")}` : "it has none";
    throw new UserError(`${subject}: no option "${cut(name)}": ${known}${meant ? `; did you mean "${meant}"?` : ""}`);
  }
  const values: Record<string, unknown> = {};
  // Choices come first: a number's default may depend on them.
  for (const name of names) {
    const option = options[name]!;
    if (option.kind !== "choice") continue;
    values[name] = given[name] === undefined ? option.default : given[name];
    checkChoice(`${subject}: ${name}`, values[name], option.choices);
  }
  for (const name of names) {
    const option = options[name]!;
    if (option.kind !== "number") continue;
    const usual = typeof option.default === "function" ? option.default(values) : option.default;
    values[name] = given[name] === undefined ? usual : given[name];
    checkNumber(`${subject}: ${name}`, values[name], option.rule);
  }
  return Object.fromEntries(names.map((name) => [name, values[name]])) as OptionValues<O>;
}
