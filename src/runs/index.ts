export { FileError, fileError, removeFile, temporaryEnd, writeAtomically } from "./atomic.ts";
export { checkpointIn, clearUnfinished, files, lastCheckpoint, type RunFolder } from "./folder.ts";
export { appendWhole } from "./growing.ts";
export { refuseLinks } from "./links.ts";
export { holderOf, InUse, isLock, type Lock, lockFolder, lockFolderOfDead } from "./lock.ts";
export { ensureFolder, newFolder } from "./make-folder.ts";
export { sealed, unsealed } from "./sealed.ts";
export { readText } from "./text.ts";
