// The public face of the library: re-exports only.
export type { Backend, BackendInfo, Storage } from "./backends/backend.ts";
export { type BackendName, backend, currentBackend } from "./backends/select.ts";
export { type Arrays, type Compiled, type CompileOptions, compile, type Symbols, type Values } from "./compile.ts";
export * from "./data/index.ts";
export { ShapeError, UserError } from "./errors.ts";
export * from "./estimators/index.ts";
export * from "./graph/index.ts";
export * from "./random/index.ts";
export { Resident, resident } from "./resident.ts";
