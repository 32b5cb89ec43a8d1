import { rectifier, sigmoid, type Tensor, tanh } from "../graph/index.ts";
import { choice } from "../options/index.ts";
import { checkChoice } from "../rules.ts";

/** What deterministic units output of their pre-activations, element by element, by the name that a config uses. */
export const activations = {
  linear: (a: Tensor): Tensor => a,
  rectifier,
  tanh: (a: Tensor): Tensor => tanh(a),
  sigmoid: (a: Tensor): Tensor => sigmoid(a),
};

/** An activation by name: "linear", "sigmoid", "tanh" or "rectifier". */
export type ActivationName = keyof typeof activations;
/** The names of all activations. */
export const activationNames = Object.keys(activations) as ActivationName[];

const aliases = { relu: "rectifier", identity: "linear", logistic: "sigmoid" } as const;

/** The option that names one. */
export const activation = <
  const E extends { readonly default?: ActivationName; readonly flag?: string; readonly usual?: string },
>(
  description: string,
  extras: E,
) => choice(activationNames, description, { ...extras, aliases });

/**
 * The function of a name. Throws UserError, naming `subject`, for one that doesn't exist. The function takes
 * pre-activations [...] and gives [...].
 */
export function activationFor(name: ActivationName, subject = "activation"): (a: Tensor) => Tensor {
  checkChoice(subject, name, activationNames, aliases);
  return activations[name];
}
