import type { Head } from "../../src/index.ts";
import type { Draws } from "./draws.ts";
import type { Heaviside } from "./targets/target.ts";

/** A perceptron, or one with gated blocks. */
export function ofNumbers(
  { gatedMlp, mlp, estimatorNames, activationNames }: Heaviside,
  draws: Draws,
  input: number,
  classes: number,
) {
  const names = estimatorNames.filter((name) => !/categorical|^gumbel-softmax|exact|local|rodeo|vimco/.test(name));
  const hidden = Array.from({ length: draws.below(3) }, () => ({
    units: 1 + draws.below(40),
    estimator: draws.of(names),
  }));
  if (draws.oneIn(2)) return mlp({ input, hidden, classes } as never);
  const gater = draws.of([
    { name: "dense", hidden: [] },
    { name: "dense", hidden: [1 + draws.below(9)] },
    { name: "low-rank", rank: 1 },
    { name: "tree" },
  ]);
  const gated = {
    // A tree's leaves are a power of 2.
    blocks: gater.name === "tree" ? 2 ** (1 + draws.below(5)) : 2 + draws.below(40),
    width: 1 + draws.below(9),
    activation: draws.of(activationNames),
    gater,
    gate: draws.of(names),
  };
  return gatedMlp({ input, trunk: hidden.slice(0, 1), gated: [gated], classes } as never);
}

/** A network of stages for images, some of them around others. [rows, columns] may be a sequence for what is taken by channels: they are given one. */
export function ofImages(heaviside: Heaviside, draws: Draws, image: readonly number[], classes: number) {
  const input = image.length === 2 ? [...image, 1] : image;
  const { conv, gatedConv, pool, normalise, dropout, residual, globalPool, dense, network, estimatorNames } = heaviside;
  const names = estimatorNames.filter((name) => !/categorical|^gumbel-softmax|exact|local|rodeo|vimco/.test(name));
  const units = () => (draws.oneIn(3) ? {} : { estimator: draws.of(names) });
  const side = () => draws.of([1, 2, 3, 5]);
  const gated = () =>
    gatedConv({
      features: 4 * (1 + draws.below(8)),
      blocks: draws.of([1, 2, 4]),
      gate: draws.of(names),
      size: side(),
      normalise: draws.oneIn(2),
    });
  const one = () =>
    draws.of([
      () => conv({ features: 1 + draws.below(20), size: [side(), side()], stride: draws.of([1, 2]), ...units() }),
      () => conv({ features: 16, size: 3, dilation: draws.of([1, 2]), bias: false, ...units() }),
      () => gated(),
      () => pool({ size: 2, padding: "same", stride: draws.of([1, 2]), reduce: draws.of(["max", "mean"]), ...units() }),
      () => normalise({ over: draws.of(["batch", "layer"]), ...units() }),
      () => dropout({ rate: 0.3, each: draws.of(["value", "channel"]) }),
    ])();
  const gate = () => draws.of([() => ({}), () => ({ keep: 0.5 }), () => ({ gate: draws.of(names) })])();
  /** Two of which the second doesn't read what the first one closed, with or without a pooling between. */
  const twice = () => [gated(), ...(draws.oneIn(2) ? [pool({ size: 2, padding: "same" })] : []), gated()];
  const around = (within: number): ReturnType<typeof residual> =>
    residual({
      stages: Array.from({ length: 1 + draws.below(3) }, () =>
        within < 2 && draws.oneIn(5) ? around(within + 1) : one(),
      ),
      ...{ ...gate(), ...units() },
    });
  const drawn = () => (draws.oneIn(3) ? [around(0)] : draws.oneIn(3) ? twice() : [one()]);
  const stages = Array.from({ length: 1 + draws.below(3) }, drawn).flat();
  const last = draws.oneIn(3) ? [globalPool()] : [];
  return network({
    ...{ input, stages: [...stages, ...last, dense({})] },
    head: heaviside.classes(classes),
  });
}

/** A network of a cell that is run over sequences, of all steps or of those that count. */
export function ofSequences(heaviside: Heaviside, draws: Draws, input: readonly number[], classes: number) {
  const { cellNames, dense, network, overTime, perStep, recurrent, stepClasses, values } = heaviside;
  const lengths = draws.oneIn(2) ? { lengths: "lengths" } : {};
  const one = (output: "last" | "sequence") =>
    recurrent({
      cell: draws.of(cellNames),
      units: 1 + draws.below(9),
      ...{ output, direction: draws.of(["forward", "backward", "both"] as const), ...lengths },
    });
  const sequence = Array.from({ length: draws.below(2) }, () => one("sequence"));
  if (draws.oneIn(3))
    return network({
      ...{ input, stages: [...sequence, one("sequence"), perStep({})] },
      head: stepClasses(input[0]!, { classes, ...lengths }),
    });
  const reduced = () => [one("sequence"), overTime({ reduce: draws.of(["sum", "mean", "max"] as const), ...lengths })];
  return network({
    ...{ input, stages: [...sequence, ...(draws.oneIn(3) ? reduced() : [one("last")]), dense({})] },
    head: (draws.oneIn(2) ? heaviside.classes(classes) : values(classes)) as Head<string>,
  });
}
