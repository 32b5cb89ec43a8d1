import { full } from "../../../test/support/full.ts";
import { loadAddon } from "../native/load.ts";

/** The instruction sets of the native add-on that this processor has, the best first; none where it is not built. */
export const allNativeSets: readonly string[] = (() => {
  try {
    return loadAddon().instructionSets();
  } catch {
    return [];
  }
})();

/** Those under test: all of them, or the one that users of this processor get. */
export const nativeSets: readonly string[] = full ? allNativeSets : allNativeSets.slice(0, 1);
