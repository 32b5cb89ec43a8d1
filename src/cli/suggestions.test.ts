import { describe, expect, test } from "vitest";
import { heaviside } from "./testing.ts";

/** Names with a mistake, wherever a command line has a name, and what was meant. */
const cases: readonly (readonly [argv: string, meant: string])[] = [
  ["tran", "train"],
  ["compair", "compare"],
  ["help trian", "train"],
  ["train --epoch 3", "--epochs"],
  ["train --data mnst", "mnist"],
  ["train --data fashon", "fashion-mnist"],
  ["train --data adding:lenght=3", "length"],
  ["train --estimator reinforc", "score-function"],
  ["train --estimator gumble", "gumbel-rao"],
  ["train --estimator strait", "straight-through"],
  ["train --estimator concrete:temprature=1", "temperature"],
  ["train --optimizer adm", "adam"],
  ["train --optimizer rmsprop", "adam"],
  ["train --schedule cosin", "cosine"],
  ["train --model recurent", "recurrent"],
  ["train --model lstm", "recurrent"],
  ["train --model recurrent --cell lstn", "lstm"],
  ["train --model recurrent --cell lstm:peephole=true", "peepholes"],
  ["train --model gated-mlp --gate stright-through", "straight-through"],
  ["train --model gated-mlp --gater dence", "dense"],
  ["train --model gated-mlp --sparsity kll", "kl"],
  ["train --model gated-mlp --activation rectifer", "rectifier"],
  ["train --model network --stages dnse:units=3", "dense"],
  ["train --model network --stages dense:unit=3", "units"],
  ["train --model network --stages dense:units=3 --head clases", "classes"],
  ["train --weight-noise fix", "fixed"],
  ["train --weight-decay l3:rate=1", "l2"],
  ["train --backend wasn", "wasm"],
  ["train --precision bfloat", "bfloat16"],
  ["train --test ends", "end"],
  ["describe --model recurent", "recurrent"],
  ["measure --estimators disram", "disarm"],
  ["estimators disram", "disarm"],
  ["cells lstn", "lstm"],
  ["cells lstm --svg x.svg --form textbok", "textbook"],
  ["data mnst", "mnist"],
  ["experiment slownes", "slowness"],
  ["experiment figure-2 --rows strait", "straight-through"],
  ["experiment wide --data mnst", "mnist"],
  ["experiment toys --estimators disram", "disarm"],
  ["experiment neurons --cells lsm", "lstm"],
  ["experiment neurons --tasks ading", "adding"],
  ["start --second 3", "--seconds"],
  ["backends --thread 2", "--threads"],
];

describe("a wrong name suggests the one that was meant", () => {
  test.each(cases)("%s", async (argv, meant) => {
    const { code, out, err } = await heaviside(...argv.split(" "));
    expect([code === 0, out]).toEqual([false, ""]);
    expect(err).toMatch(new RegExp(`did you mean "?${meant}"?\\?`));
    expect(err.trimEnd()).not.toContain("\n");
  });
});
