export type { PartCard } from "./card.ts";
export { type Configurable, configurable, make } from "./configurable.ts";
export { defaultOf, helpOf, ruleOf } from "./describe.ts";
export {
  type AnyFamily,
  canonical,
  type Family,
  family,
  type MemberSpec,
  type Members,
  namesOf,
  optionsOf,
  type SpecOf,
} from "./family.ts";
export { callError, configError, type Mistake, pathText, received, searched } from "./mistakes.ts";
export {
  type BooleanOption,
  boolean,
  type ChoiceOption,
  choice,
  type Extras,
  type Given,
  group,
  type ListOption,
  list,
  map,
  type NumberOption,
  number,
  type Option,
  type Options,
  type SpecOption,
  spec,
  text,
  type ValueOf,
  type Values,
  whole,
} from "./option.ts";
export { readOptions, readSpec, resolveOptions, resolveSpec } from "./read.ts";
