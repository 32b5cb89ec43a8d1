// What a page's training has in the place of src/train/debug-nan/debugger.ts: it is asked for by an option that the page doesn't offer.

/** Never made. */
export class NanDebugger {
  constructor() {
    throw new Error("debugNan isn't in the lab");
  }
}
