declare module "virtual:cards" {
  export const cards: readonly import("./cards.ts").PageCard[];
  /** How many estimators of one-hot units the library has, which no station offers. */
  export const others: number;
}
declare module "virtual:cells" {
  export const membranes: readonly import("./stations/cells/card.ts").MembraneCard[];
  export const lstms: Readonly<Record<string, import("./stations/cells/card.ts").LstmCard>>;
}
declare module "virtual:slowness" {
  export const findings: import("./slowness.ts").PageFindings;
}
declare module "virtual:formulas" {
  /** MathML by name. */
  export const formulas: Readonly<Record<import("../build/formulas.ts").FormulaName, string>>;
}
declare module "jpeg-js/lib/decoder.js" {
  const decode: typeof import("jpeg-js").decode;
  export default decode;
}
