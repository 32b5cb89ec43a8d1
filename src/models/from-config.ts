import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { mlp } from "./mlp.ts";
import type { Model } from "./model.ts";

const factories: Readonly<Record<string, (options: never) => Model>> = { mlp, "gated-mlp": gatedMlp };

/** The model that a `config` of a model, read back from JSON, stands for. Throws UserError where it is none. */
export function modelFrom(config: unknown): Model {
  const { name, ...options } = (config ?? {}) as { readonly name?: unknown };
  const factory = Object.hasOwn(factories, String(name)) ? factories[String(name)]! : undefined;
  if (!factory)
    throw new UserError(`model: name must be one of ${Object.keys(factories).join(", ")}, received ${show(name)}`);
  return factory(options as never);
}
