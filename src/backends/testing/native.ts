import { loadAddon } from "../native/load.ts";

/** The instruction sets of the native add-on that this processor has; none where it is not built. */
export const nativeSets: readonly string[] = await loadAddon().then(
  (addon) => addon.instructionSets(),
  () => [],
);
