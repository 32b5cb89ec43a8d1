import { afterEach, expect, test, vi } from "vitest";
import { loadModule } from "./load.ts";
import * as revectorizer from "./revectorize.ts";
import { wasmBackend } from "./wasm.ts";

vi.mock("./revectorize.ts", { spy: true });
afterEach(() => vi.resetAllMocks());

/** An engine whose revectoriser does this to the wide tile's kernels. */
function engine(outcome: revectorizer.Outcome): void {
  vi.mocked(revectorizer.mayRevectorize).mockReturnValue(true);
  vi.mocked(revectorizer.revectorize).mockReturnValue(outcome);
}

test("the wide tile is taken where it comes out wider, the narrow one otherwise", async () => {
  engine("wider");
  expect(await loadModule({ shared: true })).toMatchObject({ variant: "relaxed-wide", revectorized: true });
  engine("plain");
  expect(await loadModule({ shared: true })).toMatchObject({ variant: "relaxed", revectorized: false });
  expect(await loadModule({ shared: true, tile: "wide" })).toMatchObject({
    variant: "relaxed-wide",
    revectorized: false,
  });
});

test("kernels that come out wrong are not used, not even on request, and info says why", async () => {
  engine("wrong");
  for (const tile of [undefined, "wide"] as const) {
    const backend = await wasmBackend({ threads: 1, ...(tile && { tile }) });
    expect(backend.info()).toMatchObject({
      instructionSet: "WebAssembly SIMD with fused multiply-add (relaxed SIMD)",
      note: expect.stringContaining("wrong"),
    });
    await backend.close();
  }
});

test("the revectoriser is left alone on request, without relaxed SIMD, and without shared memory", async () => {
  engine("wider");
  const plain = [
    [{ shared: true, revectorize: false }, "relaxed"],
    [{ shared: true, tile: "narrow" }, "relaxed"],
    [{ shared: true, tile: "wide", revectorize: false }, "relaxed-wide"],
    [{ shared: true, relaxed: false }, "simd"],
    [{ shared: false }, "relaxed-single"],
    [{ shared: false, tile: "wide" }, "relaxed-single"],
  ] as const;
  for (const [options, variant] of plain)
    expect(await loadModule(options)).toMatchObject({ variant, revectorized: false });
  expect(revectorizer.revectorize).not.toHaveBeenCalled();
});

test("a tile that there isn't is refused", async () => {
  const tile = "huge" as "wide";
  await expect(loadModule({ shared: true, tile })).rejects.toThrow('tile: must be "narrow" or "wide", received "huge"');
});
