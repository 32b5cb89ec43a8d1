export { fileError, temporaryEnd, writeAtomically } from "./atomic.ts";
export { ensureFolder, files, type RunFolder } from "./folder.ts";
export { readText } from "./text.ts";
