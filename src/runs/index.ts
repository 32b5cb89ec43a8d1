export { fileError, writeAtomically } from "./atomic.ts";
export { createRun, files, openRun, type RunFolder } from "./folder.ts";
