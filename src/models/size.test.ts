import { describe, expect, test } from "vitest";
import { estimatorFor } from "../estimators/index.ts";
import { autoencoder } from "./autoencoder.ts";
import { gatedMlp, mlp } from "./index.ts";

const LIMIT = "an array has at most 2,147,418,112 elements";

describe("sizes that no machine has room for are refused before anything is made", () => {
  test.each([
    [
      "units",
      () => mlp({ input: 784, hidden: [{ units: 3e6, estimator: "threshold" }], classes: 10 }),
      "mlp: the weight of hidden1 [784, 3000000]",
    ],
    [
      "classes",
      () => mlp({ input: 784, hidden: [], classes: 2 ** 31 }),
      "mlp: stages[0]: what it outputs of an example is [2147483648]",
    ],
    [
      "the input",
      () => mlp({ input: [2 ** 20, 2 ** 20], hidden: [], classes: 2 }),
      "mlp: input [1048576, 1048576]: an array",
    ],
    [
      "blocks",
      () => gatedMlp({ input: 784, gated: [{ blocks: 1e9, gate: "threshold" }], classes: 10 }),
      "gated-mlp: gated[0].blocks: their weights are [1000000000, 1, 784]",
    ],
    [
      "a block's width",
      () => gatedMlp({ input: 2, gated: [{ blocks: 4, width: 1e9, gate: "threshold" }], classes: 10 }),
      "gated-mlp: gated[0].blocks: their weights are [4, 1000000000, 2]",
    ],
    [
      "classes behind gates",
      () => gatedMlp({ input: 2, gated: [{ blocks: 4, gate: "threshold" }], classes: 1e9 }),
      "gated-mlp: the out of blocks1 [4, 1, 1000000000]",
    ],
    [
      "latents",
      () => autoencoder({ mean: Float32Array.of(0.5), network: "linear", latents: 1e5, estimator: "arm" }),
      "autoencoder: latents, whose weights are [100000, 100000]",
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(LIMIT);
  });

  test("more parameters than there is memory for", () => {
    const wide = mlp({
      input: 2,
      hidden: Array.from({ length: 50 }, () => ({ units: 46_000, estimator: "threshold" as const })),
      classes: 2,
    });
    expect(() => wide.init(1)).toThrow(
      /^mlp: its 103,686,\d+,\d+ parameters need 386 GiB of memory, this machine has [\d.]+ GiB free: take fewer units$/,
    );
  });

  test("samples of an estimator, each of which is a part of the graph", () => {
    for (const name of ["leave-one-out", "arms", "vimco", "rodeo", "double-control-variate", "gumbel-rao"])
      expect(() => estimatorFor({ name, samples: 1e9 } as never)).toThrow(
        /: samples must be a whole number at least \d and at most 10000, received 1000000000$/,
      );
  });
});
