import type { Plugin } from "vite";
import { callingOf } from "../../src/cells/decide.ts";
import { type EstimatorName, estimatorFor, estimatorNames, estimatorRow } from "../../src/estimators/index.ts";
import { drawsOf } from "../../src/laws/draws.ts";
import { isBinary } from "../../src/measure/binary.ts";
import type { Option } from "../../src/options/option.ts";
import type { PageCard } from "../src/cards.ts";
import { mathml } from "./mathml.ts";

/** An estimator calls the downstream network in the same way for any width. */
const SOME_UNITS = 3;
const NAME = "virtual:cards";

/** Those of bits and numbers: no station has one-hot units. */
const offered = estimatorNames.filter((name) => !estimatorRow(name).card.categorical);
const others = estimatorNames.length - offered.length;

/** The cards of the estimators as a module of the page, which needn't hold the library to show them. */
export function cards(): Plugin {
  return {
    name: "cards",
    resolveId: (name) => (name === NAME ? `\0${NAME}` : undefined),
    load: (id) =>
      id === `\0${NAME}`
        ? `export const cards = ${JSON.stringify(offered.map(card))};\nexport const others = ${others};`
        : undefined,
  };
}

/** 0 is said of those that have any τ above it. */
function leastTemperatureOf(name: EstimatorName): number | undefined {
  const { temperature }: { readonly temperature?: Option } = estimatorRow(name).options;
  return temperature?.kind === "number" ? (temperature.rule.atLeast ?? 0) : undefined;
}

function card(name: EstimatorName): PageCard {
  const { title, family, summary, formula, source, unbiased, bias = "", objective } = estimatorRow(name).card;
  const { unit, init } = estimatorFor(name);
  const ofBits = isBinary(unit) && unit.stochastic && objective === undefined;
  const ofOneNeuron = ofBits && init === undefined;
  return {
    ...{ name, title, family, summary, formula: mathml(String.raw`\hat g = ${formula}`), source, unbiased, bias },
    ofBits,
    hasRate: unit.rate !== undefined,
    local: callingOf(estimatorFor(name), SOME_UNITS).local,
    ofOneNeuron,
    leastTemperature: leastTemperatureOf(name),
    oneDraw: ofOneNeuron && drawsOf(estimatorFor(name), 1).length === 1,
  };
}
