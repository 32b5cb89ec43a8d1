// The network that is trained: its settings, its part of the config and of the command, and how it is called.

import { plural } from "../../../../src/rules.ts";
import { cardOf, cards } from "../../cards.ts";
import { choice, type Field, list, number, whole, word } from "../../fields.ts";
import { counted } from "../../parts/text.ts";

/** Estimators that a hidden layer of any width can have: bits and numbers, and none that enumerates all patterns. */
export const forLayers = cards.filter(({ family }) => family !== "exact" && family !== "selection");

/** Those of gates, whose share the loss controls. */
export const forGates = forLayers.filter(({ hasRate }) => hasRate);
/** Those of a cell's gates or spikes: others would run all later steps again at each step. */
export const forCells = forLayers.filter(({ local }) => local);

const estimator = (initial: string, among = forLayers): Field<string> =>
  word(
    initial,
    "an estimator, as in straight-through or concrete:temperature=0.5",
    (text) => among.some(({ name }) => name === text.replace(/:.*$/s, "")) && /^[\w-]+(:[\w.=,-]+)?$/.test(text),
  );

/** A setting that may be left to what is usual: undefined then. */
const optional = <T>(of: Field<T>): Field<T | undefined> => ({
  ...of,
  initial: undefined,
  write: (value) => (value === undefined ? "" : of.write(value)),
});

/** The networks, as the command line names them, and what they are called here. */
export const networks = {
  mlp: "layers of neurons",
  "gated-mlp": "blocks behind gates",
  conv: "convolutions",
  recurrent: "a recurrent cell, which reads row after row",
} as const;
export type NetworkName = keyof typeof networks;

/** The cells, and their option that names an estimator. */
export const cells = {
  lstm: { title: "LSTM", option: "gates", usual: "sigmoid" },
  gru: { title: "GRU", option: "gates", usual: "sigmoid" },
  janet: { title: "JANET (one gate)", option: "gates", usual: "sigmoid" },
  rnn: { title: "simple, without gates", option: undefined, usual: undefined },
  lif: { title: "spiking (leaky integrate-and-fire)", option: "spike", usual: "threshold" },
} as const;

const optimizers = ["momentum", "adam"] as const;
/** The optimizer and the rates that train each network soon. */
const usual = {
  mlp: { optimizer: "momentum", momentum: 0.3, adam: 0.003 },
  "gated-mlp": { optimizer: "adam", momentum: 0.1, adam: 0.003 },
  conv: { optimizer: "adam", momentum: 0.1, adam: 0.005 },
  recurrent: { optimizer: "adam", momentum: 0.3, adam: 0.005 },
} as const satisfies Record<NetworkName, unknown>;

export const rateField = number(0.3, { atLeast: 0.0001, atMost: 10 });

/** The settings of the network and of its optimizer, as they stand in the address. */
export const networkFields = {
  network: choice("mlp", Object.keys(networks) as NetworkName[]),
  /** Neurons of each hidden layer. */
  hidden: list([100], whole(100, { atLeast: 1, atMost: 2000 }), { atLeast: 1, atMost: 4 }),
  /** One for all hidden layers, or one each. The first is that of convolutions. */
  estimators: list(["straight-through-slope"], estimator("straight-through-slope"), { atLeast: 1, atMost: 4 }),
  blocks: whole(100, { atLeast: 1, atMost: 1000 }),
  /** Neurons of a block. */
  width: whole(8, { atLeast: 1, atMost: 64 }),
  /** Hidden neurons of the gater; 0: none. */
  gater: whole(50, { atLeast: 0, atMost: 1000 }),
  gate: estimator("straight-through", forGates),
  /** The share of gates that should be open. */
  open: number(0.1, { atLeast: 0.001, atMost: 0.999 }),
  /** How much that counts in the loss. */
  sparsity: number(0.03, { atLeast: 0, atMost: 10 }),
  /** Of each convolution. */
  features: list([8, 16], whole(8, { atLeast: 1, atMost: 64 }), { atLeast: 1, atMost: 3 }),
  /** Neurons behind the convolutions. */
  dense: whole(64, { atLeast: 1, atMost: 1000 }),
  cell: choice("lstm", Object.keys(cells) as (keyof typeof cells)[]),
  /** Of the cell. */
  units: whole(64, { atLeast: 1, atMost: 512 }),
  /** Of the cell's gates or spikes; undefined: its own. */
  gates: optional(estimator("sigmoid", forCells)),
  /** Noise samples of an example in a step. */
  samples: whole(1, { atLeast: 1, atMost: 20 }),
  optimizer: optional(choice("momentum", optimizers)),
  rate: optional(rateField),
};

/** What the settings of the network say. */
export type Network = { -readonly [K in keyof typeof networkFields]: (typeof networkFields)[K]["initial"] };

/** The optimizer and its rate, of which each is the usual one where nothing is said. */
export function optimizerOf({ network, optimizer, rate }: Pick<Network, "network" | "optimizer" | "rate">) {
  const own = usual[network];
  const name = optimizer ?? own.optimizer;
  return { name, rate: rate ?? own[name] };
}

/** Sets the optimizer or its rate; what is usual isn't written, so that a run has one text. */
export function setOptimizer(
  chosen: Network,
  to: { readonly name: (typeof optimizers)[number]; readonly rate?: number },
): void {
  const own = usual[chosen.network];
  chosen.rate = to.rate === own[to.name] ? undefined : to.rate;
  chosen.optimizer = to.name === own.optimizer ? undefined : to.name;
}

/** The estimator of each layer. */
export const estimatorsOf = ({ hidden, estimators }: Pick<Network, "hidden" | "estimators">): string[] =>
  hidden.map((_, i) => estimators[Math.min(i, estimators.length - 1)]!);

const optionOf = (text: string): number | string => (Number.isNaN(Number(text)) ? text : Number(text));

/** "concrete:temperature=0.5" as a config has it. */
function specOf(label: string): unknown {
  const [, name = label, options] = /^([^:]*):(.*)$/s.exec(label) ?? [];
  if (options === undefined) return name;
  return {
    name,
    ...Object.fromEntries(
      options.split(",").map((pair) => [pair.replace(/=.*$/s, ""), optionOf(pair.replace(/^.*?=/s, ""))]),
    ),
  };
}

const SIZE = 5;

/** The network as a config has it. */
export function modelOf(chosen: Network) {
  const { network, blocks, width, gater, gate, open, sparsity, features, dense, cell, units, gates, samples } = chosen;
  const more = samples === 1 ? {} : { trainingSamples: samples };
  const { option } = cells[cell];
  switch (network) {
    case "mlp":
      return {
        name: network,
        hidden: estimatorsOf(chosen).map((label, i) => ({ units: chosen.hidden[i]!, estimator: specOf(label) })),
        ...more,
      };
    case "gated-mlp": {
      const layer = { blocks, gater: { name: "dense", hidden: gater }, gate: specOf(gate) };
      const controls = [{ name: "kl", target: open, weight: sparsity }];
      return { name: network, gated: [{ ...layer, sparsity: controls, width }], ...more };
    }
    case "conv":
      return {
        name: network,
        stages: [
          ...features.flatMap((n) => [{ kind: "conv", features: n, size: SIZE }, { kind: "pool" }]),
          { kind: "dense", units: dense },
        ],
        estimator: specOf(chosen.estimators[0]!),
        ...more,
      };
    case "recurrent":
      return {
        name: network,
        cell: { name: cell, ...(option && gates !== undefined && { [option]: specOf(gates) }) },
        units,
        ...more,
      };
  }
}

/** An estimator with its options as a cell's option has it: concrete(temperature=0.5). */
const nested = (label: string): string => label.replace(/:(.*)$/s, "($1)");

function flagsOfModel(chosen: Network): Readonly<Record<string, string | number>> {
  const { network, blocks, width, gater, gate, open, sparsity, features, dense, cell, units, gates } = chosen;
  const { option } = cells[cell];
  switch (network) {
    case "mlp": {
      const labels = estimatorsOf(chosen);
      const same = labels.every((label) => label === labels[0]);
      return { hidden: chosen.hidden.join(","), estimator: same ? labels[0]! : labels.join(",") };
    }
    case "gated-mlp":
      return {
        ...{ model: network, blocks, width, gater: `dense:hidden=${gater}`, gate },
        sparsity: `kl:target=${open},weight=${sparsity}`,
      };
    case "conv":
      return {
        model: network,
        stages: `${features.map((n) => `conv:${n},size=${SIZE} pool `).join("")}dense:${dense}`,
        estimator: chosen.estimators[0]!,
      };
    case "recurrent":
      return {
        model: network,
        cell: option && gates !== undefined ? `${cell}:${option}=${nested(gates)}` : cell,
        units,
      };
  }
}

/** The flags of the network and of its optimizer. */
export function networkFlags(chosen: Network): Readonly<Record<string, string | number>> {
  const { name, rate } = optimizerOf(chosen);
  return {
    ...flagsOfModel(chosen),
    ...(chosen.samples > 1 && { "training-samples": chosen.samples }),
    ...((name !== "momentum" || chosen.network === "conv") && { optimizer: name }),
    rate,
  };
}

const titleOf = (label: string): string => cardOf(label)?.title ?? label;

/** The settings that matter in this network, each in words. */
export function networkWords(chosen: Network): Readonly<Record<string, string>> {
  const { network, blocks, width, gater, gate, open, sparsity, features, dense, cell, units, gates, samples } = chosen;
  const { option, title, usual } = cells[cell];
  const [one, ...others] = estimatorsOf(chosen);
  const same = others.every((label) => label === one);
  const optimizer = optimizerOf(chosen);
  const own: { readonly [N in NetworkName]: Readonly<Record<string, string>> } = {
    mlp: {
      network: `${chosen.hidden.join("-")} ${plural(chosen.hidden.length === 1 ? chosen.hidden[0]! : 0, "neuron")}`,
      estimator: same ? titleOf(one!) : [one!, ...others].map(titleOf).join(", "),
    },
    "gated-mlp": {
      network: `${counted(blocks, "gated block")} of ${width}`,
      gater: gater === 0 ? "no hidden layer in the gater" : `gater of ${gater}`,
      gate: `gates: ${titleOf(gate)}`,
      open: `open share ${open}`,
      sparsity: `sparsity weight ${sparsity}`,
    },
    conv: {
      network: `convolutions ${features.join("-")}, ${counted(dense, "neuron")}`,
      estimator: titleOf(chosen.estimators[0]!),
    },
    recurrent: {
      network: `${title}, ${counted(units, cell === "lif" ? "neuron" : "unit")}`,
      ...(option && { estimator: `${option === "gates" ? "gates" : "spikes"}: ${titleOf(gates ?? usual)}` }),
    },
  };
  return {
    ...own[network],
    ...{ samples: counted(samples, "noise sample") },
    ...{ optimizer: optimizer.name, rate: `learning rate ${optimizer.rate}` },
  };
}
