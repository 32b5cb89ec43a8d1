/** In the place of src/backends/at-once.ts: calls of tests that name no backend have the reference. */
import type { Backend } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference/reference.ts";

export const startAtOnce = (): Backend => referenceBackend();
