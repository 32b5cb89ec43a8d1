export { fileError, writeAtomically } from "./atomic.ts";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { crc32 } from "./crc32.ts";
export { createRun, files, openRun, type RunFolder } from "./folder.ts";
