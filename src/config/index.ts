export { type RunConfig, resolveConfig, sections } from "./config.ts";
export { type ConfigFlags, flagName, flagsOf, inFull, membersWith, overlay } from "./flags.ts";
export type { MachineConfig } from "./machine.ts";
export { datasetFor, layerNames, modelFor, written } from "./make.ts";
export { withUsual } from "./usual.ts";
