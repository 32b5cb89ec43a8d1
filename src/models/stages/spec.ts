import { UserError } from "../../errors.ts";
import { show } from "../../rules.ts";
import type { Stage, StagePlace, StageSpec } from "../stage.ts";

/** A stage of a kind with its options, none where there are none. When the network is made, it is checked that they are an object, and its name a text. */
export const specOf = <O extends object>(
  kind: string,
  options: O,
  build: (options: O, at: StagePlace) => Stage,
): StageSpec => ({
  kind,
  build(at) {
    const given: unknown = options === undefined ? {} : options;
    checkOptions(at.subject, given);
    return build(given as O, at);
  },
});

function checkOptions(subject: string, given: unknown): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new UserError(`${subject} must be an object of options, received ${show(given)}`);
  const { name } = given as { readonly name?: unknown };
  if (name !== undefined && (typeof name !== "string" || name === "" || /\p{Cc}/u.test(name)))
    throw new UserError(
      `${subject}.name must be a text that is not empty and has no control characters, received ${show(name)}`,
    );
}
