import { afterAll, beforeAll } from "vitest";
import { type Backend, backend } from "../../src/index.ts";

/** Makes wasm the current backend of a file's tests, as in a process of the bench. */
export function onWasm(): void {
  let wasm: Backend;
  beforeAll(async () => {
    wasm = await backend("wasm");
  });
  afterAll(async () => {
    await wasm.close();
    await backend("reference");
  });
}
