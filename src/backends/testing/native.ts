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

/**
 * Those under test: all of them, or the one that users of this processor get. HEAVISIDE_NATIVE_SETS=best asks for that one too, where
 * another Node loads the same machine code.
 */
export const nativeSets: readonly string[] =
  full && process.env.HEAVISIDE_NATIVE_SETS !== "best" ? allNativeSets : allNativeSets.slice(0, 1);
