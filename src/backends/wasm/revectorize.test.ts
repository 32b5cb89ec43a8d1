import { afterEach, describe, expect, test, vi } from "vitest";
import { loadModule } from "./load.ts";
import { mayRevectorize, revectorize, type TileKernels, tryKernels } from "./revectorize.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const wideModule = async () => (await loadModule({ shared: true, tile: "wide", revectorize: false })).module;

/** The wide tile's kernels and their memory. */
async function wideKernels(): Promise<{ kernels: TileKernels; memory: WebAssembly.Memory }> {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const { exports } = await WebAssembly.instantiate(await wideModule(), { env: { memory } });
  return { kernels: exports as unknown as TileKernels, memory };
}

/** The same with something done after each call of a kernel. */
const spoiled = (kernels: TileKernels, spoil: (...call: Parameters<TileKernels["multiply"]>) => void): TileKernels => ({
  ...kernels,
  multiply(...call) {
    const columns = kernels.multiply(...call);
    if (columns > 0) spoil(...call);
    return columns;
  },
});

describe("the check of the kernels", () => {
  test("finds them right as they are", async () => {
    const { kernels, memory } = await wideKernels();
    expect(tryKernels(kernels, memory)).not.toBe("wrong");
  });

  const places = [1, 3, 6].flatMap((height) => [0, 1].flatMap((packed) => [0, 1].map((add) => [height, packed, add])));
  test.each(places)("finds one wrong lane at height %i, packed %i, add %i", async (height, packed, add) => {
    const { kernels, memory } = await wideKernels();
    const floats = new Float32Array(memory.buffer);
    const bad = spoiled(kernels, (p, h, _depth, _a, _b, c, added) => {
      if (p === packed && h === height && added === add) floats[c / 4 + 16 * h - 3]! += 1;
    });
    expect(tryKernels(bad, memory)).toBe("wrong");
  });

  test("finds a store behind the block, and a lane that is never written", async () => {
    const { kernels, memory } = await wideKernels();
    const floats = new Float32Array(memory.buffer);
    const beyond = spoiled(kernels, (_p, h, _depth, _a, _b, c) => {
      floats[c / 4 + 16 * h] = 0;
    });
    expect(tryKernels(beyond, memory)).toBe("wrong");
    const missing = spoiled(kernels, (_p, _h, _depth, _a, _b, c) => {
      floats[c / 4] = Number.NaN;
    });
    expect(tryKernels(missing, memory)).toBe("wrong");
  });

  test("refuses a tile of another width", async () => {
    const { kernels, memory } = await wideKernels();
    const narrow = {
      ...kernels,
      multiply: (...call: Parameters<TileKernels["multiply"]>) => kernels.multiply(...call) / 2,
    };
    expect(tryKernels(narrow, memory)).toBe("wrong");
  });
});

describe("the choice by time", () => {
  /** Kernels and a clock on which an operation of the kernel, and one of the 128-bit loop, take so long. */
  async function timed(kernelOperation: number, peakOperation: number) {
    const { kernels, memory } = await wideKernels();
    let time = 0;
    const slow: TileKernels = {
      ...kernels,
      multiply(...call) {
        const columns = kernels.multiply(...call);
        time += kernelOperation * 2 * columns * call[1] * call[2];
        return columns;
      },
      peak_fma(n) {
        const operations = kernels.peak_fma(n);
        time += peakOperation * operations;
        return operations;
      },
    };
    return tryKernels(slow, memory, () => time);
  }

  test("takes the wide tile where it beats 128-bit arithmetic, and only there", async () => {
    expect(await timed(0.9, 1)).toBe("wider");
    expect(await timed(1.1, 1)).toBe("plain");
  });
});

describe("V8's flags", () => {
  /** Remembers which flags are on. */
  function watch() {
    const on = new Set<string>();
    const setFlagsFromString = (flag: string) => {
      if (flag.startsWith("--no-")) on.delete(flag.replace("--no-", "--"));
      else on.add(flag);
    };
    return { on, setFlagsFromString };
  }

  test("are on while the kernels run, and off afterwards", async () => {
    const flags = watch();
    const during: Set<string>[] = [];
    vi.spyOn(performance, "now").mockImplementation(() => during.push(new Set(flags.on)));
    revectorize(await wideModule(), flags);
    expect(during[0]).toEqual(new Set(["--wasm-sync-tier-up", "--experimental-wasm-revectorize"]));
    expect(flags.on).toEqual(new Set());
  });

  test("are off too when something throws on the way", async () => {
    const module = await wideModule();
    const flags = watch();
    vi.spyOn(performance, "now").mockImplementation(() => {
      throw new Error("no clock");
    });
    expect(() => revectorize(module, flags)).toThrow("no clock");
    expect(flags.on).toEqual(new Set());
  });

  test("are left alone on request, and where the user has set some", () => {
    vi.stubEnv("HEAVISIDE_REVECTORIZE", "0");
    expect(mayRevectorize()).toBe(false);
    vi.unstubAllEnvs();
    const here = mayRevectorize();
    expect(here).toBe(process.arch === "x64" && Number.parseInt(process.versions.node, 10) >= 24);
    vi.spyOn(process, "execArgv", "get").mockReturnValue(["--liftoff-only"]);
    expect(mayRevectorize()).toBe(false);
  });
});
