export { fileError, temporaryEnd, writeAtomically } from "./atomic.ts";
export { checkpointIn, files, type RunFolder } from "./folder.ts";
export { holding, type Lock, lockFolder } from "./lock.ts";
export { ensureFolder, newFolder } from "./make-folder.ts";
export { readText } from "./text.ts";
