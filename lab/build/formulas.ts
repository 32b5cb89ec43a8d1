import type { Plugin } from "vite";
import { mathml } from "./mathml.ts";

const NAME = "virtual:formulas";

/** The page's own formulas. Those of estimators and cells are of their cards. */
const formulas = {
  logistic: String.raw`p = \sigma(a) = \frac{1}{1 + e^{-a}}`,
  fires: "h = 1[u < p]",
  firesFrom: String.raw`h = 1[u < \sigma(a)]`,
  mean: String.raw`\sigma(a)`,
  exactOne: String.raw`\frac{dE}{da} = \sum_h P(h)\,(h - p)\,L(h)`,
  exactOfTwo: String.raw`\frac{\partial E}{\partial a_i} = \sum_h P(h)\,(h_i - p_i)\,L(h)`,
  lossIsOutput: "L = h",
  outputOfTwo: String.raw`y = w\,(h_1 + 2 h_2 - 1)`,
  lossOfTwo: String.raw`L = -\ln \sigma(y)`,
  errorOfSteps: String.raw`\sqrt{\mathrm{bias}^2 + \mathrm{variance} / K}`,
  entropy: String.raw`H(\bar p) = -\sum \bar p \log \bar p`,
  disagreement: String.raw`H(\bar p) - \text{mean of } H(p)`,
} as const;

/** The name of a formula. */
export type FormulaName = keyof typeof formulas;

/** The formulas as a module of the page: MathML by name. */
export function formulasOfPage(): Plugin {
  return {
    name: "formulas",
    resolveId: (name) => (name === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? `export const formulas = ${JSON.stringify(set())};` : undefined),
  };
}

const set = () => Object.fromEntries(Object.entries(formulas).map(([name, tex]) => [name, mathml(tex)]));
