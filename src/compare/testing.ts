import { mlp } from "../models/mlp.ts";
import { trainingDefaults } from "../train/index.ts";
import type { ComparableResult } from "./record.ts";

/** What a made-up training differs in from the others. */
interface MadeUp {
  readonly seed: number;
  /** On the test set, deterministic readout, in per cent; other scores are made of it. */
  readonly error: number;
  readonly hidden?: Parameters<typeof mlp>[0]["hidden"];
  readonly training?: object;
  readonly classes?: number;
  readonly data?: Partial<ComparableResult["identity"]["data"]>;
}

/** A result of `train` that nobody trained: its NLL is a tenth of the error, its validation error the error + 1. */
export function madeUp({ seed, error, hidden = [], training, classes = 3, data }: MadeUp): ComparableResult {
  const score = (by: number) => ({ nll: (error + by) / 10, error: error + by });
  const { config } = mlp({ input: [4], hidden, classes });
  const identity = {
    training: { ...trainingDefaults, ...training, seed },
    model: config,
    data: { name: "flowers", sizes: [6, 3, 3], checksum: "abc", ...data },
  };
  return {
    ...{ run: null, seed, epochs: 10, selectedEpoch: 7 },
    valid: score(1),
    test: { deterministic: score(0), stochastic: score(2) },
    identity: JSON.parse(JSON.stringify(identity)),
  };
}
