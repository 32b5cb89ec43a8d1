/** Who takes part in the convolutional network, in what, and in which forms. */
import { ceilingEntries, type Entry, ownEntries, peerEntries } from "../../contestants.ts";
import type { ConvPass } from "../../workloads/conv.ts";
import type { SubjectOptions } from "../subject.ts";

/** The forms of a peer by what is timed; `undefined` is the only one. ONNX Runtime has no gradients here. */
const taking: Readonly<Record<string, Readonly<Record<ConvPass, readonly (string | undefined)[]>>>> = {
  PyTorch: { step: ["channels first", "channels last"], forward: ["channels first", "channels last", "frozen"] },
  "onnxruntime-node": { step: [], forward: [undefined] },
  "tfjs-wasm": { step: [undefined], forward: [undefined] },
};

/** Our backends take part in everything. */
export const convForms = (engine: string, pass: ConvPass): readonly (string | undefined)[] =>
  engine.startsWith("heaviside") ? [undefined] : (taking[engine]?.[pass] ?? []);

type Asked = Pick<SubjectOptions, "backends" | "threads" | "peers" | "python">;

export function convEntries({ backends, threads, peers, python }: Asked): Entry[] {
  const own = ownEntries({ backends, threads, backendsAsked: true });
  const others = peers ? peerEntries({ threads }, python).filter(({ name }) => Object.hasOwn(taking, name)) : [];
  const ceilings = ceilingEntries(threads).filter(({ ceiling }) =>
    own.some((entry) => entry.ceiling !== undefined && entry.ceiling === ceiling),
  );
  return [...own, ...others, ...ceilings];
}
