import { loadAddon } from "../native/load.ts";

/** The instruction sets of the native add-on that this processor has; none where it is not built. */
export const nativeSets: readonly string[] = (() => {
  try {
    return loadAddon().instructionSets();
  } catch {
    return [];
  }
})();
