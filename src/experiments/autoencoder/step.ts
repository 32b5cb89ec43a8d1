import type { EstimatorState } from "../../estimators/index.ts";
import { add, constant, mean, NdArray, type Tensor, type Tree, valueAndGrad } from "../../graph/index.ts";
import type { AutoencoderParams, BinaryAutoencoder } from "../../models/autoencoder.ts";
import { adam, sgd } from "../../optimizers/index.ts";
import { type Key, key } from "../../random/index.ts";
import { TRAINING_NOISE } from "../../train/step.ts";
import type { Protocol } from "./protocol.ts";

/** Everything that a step changes. T is NdArray outside of a graph and Tensor within. */
export interface AutoencoderState<T> {
  readonly params: AutoencoderParams<T>;
  readonly estimators: readonly { readonly [name: string]: T }[];
  /** Adam's memory for the encoder and the decoder; the prior's descent has none. */
  readonly optimizer: Tree<T>;
  /** int32 []: steps done. */
  readonly step: T;
}

type Rates = Pick<Protocol, "rate" | "priorRate">;
/** What Adam trains: all but the prior. */
const networks = <T>({ encoder, decoder }: AutoencoderParams<T>): Tree<T> => ({ encoder, decoder }) as Tree<T>;
const optimizer = adam();

export function initialState(model: BinaryAutoencoder, seed: number): AutoencoderState<NdArray> {
  const { params, states } = model.init(seed);
  return { params, estimators: states, optimizer: optimizer.init(networks(params)), step: NdArray.zeros([], "int32") };
}

/** The mean loss of a batch, its gradient as the estimator says, and the estimators' next states. */
export function estimatedGradient(
  model: BinaryAutoencoder,
  params: AutoencoderParams<Tensor>,
  x: Tensor,
  noise: Key,
  states: readonly EstimatorState[],
) {
  const lossOf = (params: AutoencoderParams<Tensor>): [Tensor, readonly EstimatorState[]] => {
    const { loss, states: next } = model.train(params, x, noise, states);
    return [mean(loss), next];
  };
  const [[loss, next], gradient] = valueAndGrad(lossOf as never)(params as never) as unknown as [
    [Tensor, readonly EstimatorState[]],
    AutoencoderParams<Tensor>,
  ];
  return { loss, gradient, states: next };
}

/** One training step as a function to compile: Adam for encoder and decoder, plain descent for the prior's logits. */
export const autoencoderStep = (model: BinaryAutoencoder, seed: number, { rate, priorRate }: Rates) => {
  const descent = sgd();
  return (state: AutoencoderState<Tensor>, x: Tensor): { state: AutoencoderState<Tensor>; loss: Tensor } => {
    const noise = key(seed).fold(TRAINING_NOISE).fold(state.step);
    const { loss, gradient, states } = estimatedGradient(model, state.params, x, noise, state.estimators);
    const moved = optimizer.update(networks(state.params), networks(gradient), state.optimizer, constant(rate));
    const { params: prior } = descent.update(state.params.prior, gradient.prior, {}, constant(priorRate));
    return {
      state: {
        params: { ...(moved.params as object), prior } as AutoencoderParams<Tensor>,
        estimators: states,
        optimizer: moved.state,
        step: add(state.step, 1),
      },
      loss,
    };
  };
};
