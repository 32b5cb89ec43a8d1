import { describe, expect, it } from "vitest";
import { parseArguments } from "./arguments.ts";
import { ceilingEntries, type Entry, findPython, ownEntries, peerEntries } from "./contestants.ts";

const options = (line: string) => parseArguments(line.split(" ").filter(Boolean), 2);
const names = (entries: Entry[]) => entries.map(({ name, threads }) => `${name} ${threads}`);

describe("who takes part", () => {
  it("every backend on every thread count; those asked for by name must run", () => {
    expect(names(ownEntries(options("")))).toEqual([
      ...["heaviside native 1", "heaviside native 2"],
      ...["heaviside wasm 1", "heaviside wasm 2"],
    ]);
    expect(ownEntries(options("")).every(({ optional }) => optional)).toBe(true);
    const asked = ownEntries(options("--backend reference --threads 1"));
    expect(asked).toMatchObject([{ name: "heaviside reference", threads: 1, optional: false }]);
    expect(asked[0]).not.toHaveProperty("ceiling");
  });

  it("peers with each thread count that they can use, PyTorch by hand only with the most", () => {
    expect(names(peerEntries(options(""), "python3"))).toEqual([
      ...["PyTorch 1", "PyTorch 2", "PyTorch by hand 2"],
      ...["onnxruntime-node 1", "onnxruntime-node 2", "jax-js 1", "tfjs-wasm 1"],
    ]);
  });

  it("all other peers where no Python has PyTorch", () => {
    expect(names(peerEntries(options("--threads 1"), undefined))).toEqual([
      ...["onnxruntime-node 1", "jax-js 1", "tfjs-wasm 1"],
    ]);
  });

  it("PyTorch's environment names its threads", () => {
    const threads = peerEntries(options(""), "python3").map(({ program }) => program.env?.OMP_NUM_THREADS);
    expect(threads.slice(0, 4)).toEqual(["1", "2", "2", undefined]);
  });

  it("rows are held against the ceiling of the vectors that their engine has", () => {
    const all = [...ownEntries(options("")), ...peerEntries(options(""), "python3")];
    const kinds = new Map(all.map(({ name, ceiling }) => [name, ceiling]));
    expect(Object.fromEntries(kinds)).toEqual({
      "heaviside native": "native",
      "heaviside wasm": "wasm",
      PyTorch: "native",
      "PyTorch by hand": "native",
      "onnxruntime-node": "native",
      "jax-js": "wasm",
      "tfjs-wasm": "wasm",
    });
  });

  it("ceilings of each kind once a thread count; only the native one may be missing", () => {
    const ceilings = ceilingEntries([1, 1, 2]);
    expect(names(ceilings)).toEqual(
      ["native", "wasm", "memory"].flatMap((kind) => [`ceiling ${kind} 1`, `ceiling ${kind} 2`]),
    );
    expect(ceilings.filter(({ optional }) => optional).map(({ variant }) => variant)).toEqual(["native", "native"]);
  });

  it("a Python that isn't there has no PyTorch, and no other is taken in its place", () => {
    expect(findPython("/nonexistent/python")).toBeUndefined();
    expect(findPython(process.execPath)).toBeUndefined();
  });
});
