/** Who takes part in the recurrent layer, and in what. */
import { type Entry, furtherPeerEntries, ownEntries, peerEntries } from "../../contestants.ts";
import { type Pass, type Recurrent, recurrentFlops } from "../../workloads/recurrent.ts";
import type { SubjectOptions } from "../subject.ts";

/** ONNX Runtime has the layer as an operator, without a gradient. */
const taking: Readonly<Record<string, readonly Pass[]>> = {
  PyTorch: ["step", "forward"],
  "PyTorch by hand": ["step", "forward"],
  "onnxruntime-node": ["forward"],
  "onnxruntime-web": ["forward"],
  "tfjs-wasm": ["step", "forward"],
  "tfjs-cpu": ["step", "forward"],
};

/** FLOP of a run beyond which tfjs would take minutes: it calls every kernel of every step by itself. */
const MOST_FOR_TFJS = 2e9;

/** Our backends take part in everything, also those that this list doesn't know. */
export function takesPart(engine: string, task: Recurrent): boolean {
  if (engine.startsWith("heaviside")) return true;
  if (engine.startsWith("tfjs") && recurrentFlops(task) > MOST_FOR_TFJS) return false;
  return Boolean(taking[engine]?.includes(task.pass));
}

type Asked = Pick<SubjectOptions, "backends" | "threads" | "peers" | "python">;

export function recurrentEntries({ backends, threads, peers, python }: Asked): Entry[] {
  const own = ownEntries({ backends, threads, backendsAsked: true });
  if (!peers) return own;
  const usual = peerEntries({ threads }, python).filter(({ name }) => Object.hasOwn(taking, name));
  const isByHand = ({ name }: Entry): boolean => name === "PyTorch by hand";
  // The products of a step are small: a second thread may cost steps by hand more than it gains them.
  const byHand = threads.flatMap((count) => peerEntries({ threads: [count] }, python).filter(isByHand));
  return [...own, ...usual.filter((entry) => !isByHand(entry)), ...byHand, ...furtherPeerEntries({ threads })];
}
