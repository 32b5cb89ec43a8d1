export { fileError, writeAtomically } from "./atomic.ts";
export { files, type RunFolder } from "./folder.ts";
