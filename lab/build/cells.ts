import type { Plugin } from "vite";
import { type CellConfig, type CellName, cellFor, cells } from "../../src/cells/index.ts";
import type { LstmCard, MembraneCard } from "../src/stations/cells/card.ts";
import { nameOf, variants } from "../src/stations/cells/networks.ts";
import { mathml } from "./mathml.ts";

const NAME = "virtual:cells";

/** The equations of the station's cells as a module of the page, which needn't hold the library to show them. */
export function cellCards(): Plugin {
  return {
    name: "cells",
    resolveId: (name) => (name === NAME ? `\0${NAME}` : undefined),
    load: (id) =>
      id === `\0${NAME}`
        ? `export const membranes = ${JSON.stringify(membranes)};\nexport const lstms = ${JSON.stringify(lstms)};`
        : undefined,
  };
}

/** Without the numbers that options come to, which the page's sliders set. */
const withoutNumbers = (tex: string): string =>
  tex
    .replace(/,\\quad .*$/s, "")
    .replace(/(=.*) = [\d.]+$/s, "$1")
    .replace("= 0.5 + 0.18", String.raw`= \theta + \beta_a`);

const equationsOf = (config: CellConfig): string[] =>
  cellFor(config, { inputs: 2, units: 1 }).equations!.map(withoutNumbers);

const leaky = { name: "leaky", recurrent: false, activation: "linear" } as const;
const spiking = { recurrent: false, decayInput: true } as const;
const shown = {
  "leaky, τ fixed": leaky,
  "leaky, τ set by the context": { ...leaky, timeConstant: "modulated" },
  "leaky integrate-and-fire": { name: "lif", ...spiking },
  "with an adaptive threshold": { name: "alif", ...spiking },
} as const satisfies Record<string, CellConfig>;

const membranes = Object.entries(shown).map(([title, config]): MembraneCard => {
  const { summary, source } = cells[config.name as CellName].card;
  const equations = equationsOf(config).filter((tex) => !/^\\theta = /.test(tex));
  return { name: config.name, title, summary, equations: equations.map(mathml), source };
});

const lstms = Object.fromEntries(
  variants.map((variant): [string, LstmCard] => {
    const { coupled, peepholes } = variant;
    const config = { name: "lstm", inputGate: coupled ? "coupled" : "own", peepholes } as const;
    return [nameOf(variant), { equations: equationsOf(config).map(mathml), source: cells.lstm.card.source }];
  }),
);
