export { fileError, writeAtomically } from "./atomic.ts";
export { files, type RunFolder } from "./folder.ts";
export { type Lock, lockFolder } from "./lock.ts";
export { makeFolder, makeNewFolder } from "./make-folder.ts";
