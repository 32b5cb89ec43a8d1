export { type Key, key } from "./key.ts";
export { philoxWords, uniformBelow, type Words4 } from "./philox.ts";
export { type Noise, replayKey } from "./replay-key.ts";
export { type Called, layerKey, sharedKey, tile } from "./shared-key.ts";
