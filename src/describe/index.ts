export type { CellForm } from "./cells/index.ts";
export { type Description, describe } from "./describe.ts";
export { type GateLayer, gateLayersOf } from "./gates.ts";
export { readable } from "./readable.ts";
export type { Row, Totals } from "./table.ts";
