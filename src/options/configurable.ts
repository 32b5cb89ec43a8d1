import type { Family } from "./family.ts";
import type { Given, Options, Values } from "./option.ts";
import { resolveOptions, resolveSpec } from "./read.ts";

/** What a caller gives: nothing, where no option must be given. */
type Arguments<O extends Options, Rest extends readonly unknown[]> =
  Record<never, never> extends Given<O> ? [given?: Given<O>, ...rest: Rest] : [given: Given<O>, ...rest: Rest];

/** Something with options: a function from them to what it makes, with all that a config or a flag needs to know about them. */
export interface Configurable<O extends Options, Made, Rest extends readonly unknown[] = []> {
  (...given: Arguments<O, Rest>): Made;
  readonly options: O;
  /** Every option, with defaults where nothing was given. Throws UserError that says what is wrong. */
  resolve(given: Given<O>, subject?: string): Values<O>;
}

/**
 * Makes a factory of its options and of what they make. The factory throws UserError for wrong options, and takes a config that names it too.
 * @param subject what an error says first
 */
export function configurable<const O extends Options, Made, Rest extends readonly unknown[] = []>(
  subject: string,
  options: O,
  make: (values: Values<O>, ...rest: Rest) => Made,
): Configurable<O, Made, Rest> {
  const resolve = (given: Given<O>, at = subject): Values<O> => resolveOptions(at, options, given, ["name"]);
  const factory = (given: Given<O> = {} as Given<O>, ...rest: Rest): Made => make(resolve(given), ...rest);
  return Object.assign(factory as (...given: Arguments<O, Rest>) => Made, { options, resolve });
}

/** A member that makes something, whatever its options are. */
// biome-ignore lint/suspicious/noExplicitAny: each has options of its own, which the family has checked
type Member<Made, Rest extends readonly unknown[]> = ((given: any, ...rest: Rest) => Made) & {
  readonly options: Options;
};

/** What the member that a config names makes of its options. Throws UserError, naming `subject`, that says what is wrong. */
export function make<Made, Rest extends readonly unknown[]>(
  subject: string,
  of: Family<{ readonly [name: string]: Member<Made, Rest> }>,
  config: unknown,
  ...rest: Rest
): Made {
  const resolved: unknown = resolveSpec(subject, of, config, { fill: true });
  const { [of.tag]: name, ...options } =
    typeof resolved === "string" ? { [of.tag]: resolved } : (resolved as Record<string, unknown>);
  const member = of.members[name as string]!;
  const own = Object.entries(options).filter(([option]) => Object.hasOwn(member.options, option));
  return member(Object.fromEntries(own), ...rest);
}
