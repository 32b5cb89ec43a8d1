import type { Given, Options } from "./option.ts";

/** The key under which a config names a member. */
export type Tag = "name" | "kind";

/** What a table of members needs to say so that a config can name one: with `options` of its own and those that `common` gives to all. */
export interface Family<M extends Members = Members, Spec = unknown> {
  /** What a member is, for an error: "optimizer". */
  readonly noun: string;
  readonly members: M;
  readonly tag: Tag;
  /** Options of every member. */
  readonly common: Options;
  /** Whether a member's name may stand for it, without an object. */
  readonly bare: boolean;
  /** What papers, other libraries and habit call the members. A config may use these; it is kept with the members' own names. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Words that are near in meaning, for the suggestion of an error alone. */
  readonly hints: Readonly<Record<string, string>>;
  /** The command that lists the members, where they are too many for an error. */
  readonly lister?: string | undefined;
  /** No value: the type of a config. */
  readonly spec?: Spec;
}
export type Members = { readonly [name: string]: { readonly options: Options } };
export type AnyFamily = Family<Members, unknown>;

/** One object type for an intersection of several. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

type TaggedSpec<M extends Members, C extends Options, T extends Tag> = {
  [N in keyof M & string]: Flat<{ readonly [K in T]: N } & Given<M[N]["options"]> & Given<C>>;
}[keyof M & string];

/** A member as JSON: `{ name, ...options }`, or its name alone where the family allows it. */
export type SpecOf<F> = F extends { readonly spec?: infer S } ? NonNullable<S> : never;

/** One member's form of it. */
export type MemberSpec<N extends string, O extends Options> = Flat<{ readonly name: N } & Given<O>>;

export function family<
  const M extends Members,
  const C extends Options = Record<never, never>,
  const T extends Tag = "name",
  const B extends boolean = false,
>(
  noun: string,
  members: M,
  {
    tag = "name" as T,
    common = {} as C,
    bare = false as B,
    aliases = {},
    hints = {},
    lister,
  }: {
    readonly tag?: T;
    readonly common?: C;
    readonly bare?: B;
    readonly aliases?: Readonly<Record<string, NoInfer<keyof M & string>>>;
    readonly hints?: Readonly<Record<string, NoInfer<keyof M & string>>>;
    readonly lister?: string;
  } = {},
): Family<M, TaggedSpec<M, C, T> | (B extends true ? keyof M & string : never)> {
  return { noun, members, tag, common, bare, aliases, hints, lister };
}

/** The names of a family's members. */
export const namesOf = (family: AnyFamily): string[] => Object.keys(family.members);

/** The options of a member with those of all; undefined for a name that doesn't exist. */
export function optionsOf(family: AnyFamily, name: unknown): Options | undefined {
  const own = typeof name === "string" && Object.hasOwn(family.members, name) ? family.members[name] : undefined;
  return own && { ...family.common, ...own.options };
}

/** The member's own name for a name or an alias; what is neither comes back as it is. */
export const canonical = (family: AnyFamily, name: unknown): unknown =>
  typeof name === "string" && Object.hasOwn(family.aliases, name) && !Object.hasOwn(family.members, name)
    ? family.aliases[name]
    : name;
