import { showSpec } from "../graph/ndarray.ts";
import type { OpenChannels } from "../graph/open-channels.ts";
import type { Sliding } from "./conv.ts";
import {
  CONSTANTS,
  type Gates,
  INPUTS,
  type Instruction,
  type Location,
  type LoopInstruction,
  type Plan,
  type Pooled,
  type Tape,
} from "./plan.ts";
import type { Program } from "./program.ts";

/** What a place in memory is called. */
type Name = (at: Location) => string;

/** Names of places in a program's memory. */
const naming =
  (program: Program): Name =>
  ({ buffer, offset }) => {
    const name =
      buffer < CONSTANTS ? "arena" : buffer === CONSTANTS ? "const" : (program.inputs[buffer - INPUTS]?.name ?? "?");
    return buffer >= INPUTS && offset === 0 ? name : `${name}+${offset}`;
  };

/** Each instruction in a line: what it does, its sizes, and what it reads. */
export const showInstructions = (plan: Plan, program: Program): string[] =>
  plan.instructions.map((x) => showOne(x, naming(program))[0]!);

/** The plan as text: one line an instruction, and the tape's steps below it. */
export function showPlan(plan: Plan, program: Program): string {
  const at = naming(program);
  const lines = plan.instructions.flatMap((x, i) => {
    const [head, ...rest] = showOne(x, at);
    return [`${String(i).padStart(4)}  ${head}`, ...rest];
  });
  const size = ((plan.arena + plan.constantSize) * 4) / 1024;
  return [
    `${plan.instructions.length} instructions, ${size.toFixed(1)} KiB of memory besides inputs`,
    ...lines,
    ...plan.outputs.map((o) => `return ${showSpec(o)} at ${at(o.at)}`),
  ].join("\n");
}

function showTape(t: Tape, at: Name): string[] {
  const names = [
    ...t.inputs.map((x) => (x.kind === "operand" ? at(x.operand) : x.kind === "result" ? "result" : showBits(x.bits))),
    ...t.outputs.map((x) => `[${at(x)}]`),
    ...Array.from({ length: t.temps }, (_, i) => `t${i}`),
    ...Array.from({ length: t.columns }, (_, i) => `c${i}`),
  ];
  return t.steps.map(({ code, to, args }) => {
    const draw = code.startsWith("UNIFORM") || code === "NORMAL";
    const from = draw ? `key ${at(t.keys[args[0]!]!)}` : args.map((a) => names[a]).join(", ");
    return `        ${names[to]} = ${code.toLowerCase()} ${from}`;
  });
}

const showLocal: Name = ({ buffer, offset }) => `local${buffer}+${offset}`;

/** What the loop's pointers are, and its step's instructions, which know nothing else. */
function showLoop({ length, reverse, rows, locals, body }: LoopInstruction, at: Name): string[] {
  const where = locals.map(({ step, flip, ...place }, i) => {
    const other = flip ? ` or ${at({ ...place, offset: place.offset + flip })}` : "";
    return `local${i} = ${at(place)}${step ? ` + ${step}t` : ""}${other}`;
  });
  const how = `${reverse ? ", from the last" : ""}${rows > 0 ? `, for each of ${rows} rows` : ""}`;
  const lines = body.flatMap((inner) => showOne(inner, showLocal).map((line) => `    ${line}`));
  return [`loop of ${length} steps${how}  ${where.join(", ")}`, ...lines];
}

function showOne(x: Instruction, at: Name): string[] {
  switch (x.kind) {
    case "elementwise":
      return [
        `elementwise [${x.dims.join(", ")}]${x.limit ? ` for open pairs of ${at(x.limit.plan)}` : ""}`,
        ...showTape(x.tape, at),
      ];
    case "gemm":
      return [
        `gemm ${x.batch > 1 ? `${x.batch} × ` : ""}[${x.m}, ${x.k}] × [${x.k}, ${x.n}]  ${at(x.a)}, ${at(x.b)}`,
        ...showTape(x.tape, at),
      ];
    case "reduce":
      return [
        `${x.how.toLowerCase()} [${x.outer}, ${x.length}, ${x.inner}] over the middle  ${at(x.from)} -> ${at(x.to)}`,
      ];
    case "gather":
    case "scatterAdd":
      return [`${x.kind} ${x.count} of ${x.rows} rows of ${x.inner}  ${at(x.from)}, ${at(x.index)} -> ${at(x.to)}`];
    case "kthLargest":
    case "topK":
      return [`${x.kind} ${x.k} of [${x.rows}, ${x.length}]  ${at(x.from)} -> ${at(x.to)}`];
    case "foldKey":
      return [`foldKey ${x.count > 1 ? `${x.count} × ` : ""}${at(x.key)}, ${at(x.data)} -> ${at(x.to)}`];
    case "routing":
      return [`routing [${x.batch}, ${x.blocks}], dense above ${x.denseAbove}  ${at(x.gates)} -> ${at(x.plan)}`];
    case "toBlocks":
      return [`toBlocks ${blockSizes(x)} by ${at(x.plan)}  ${at(x.x)}, ${at(x.m)} -> ${at(x.to)}`];
    case "fromBlocks":
      return [`fromBlocks ${blockSizes(x)} by ${at(x.plan)}  ${at(x.c)}, ${at(x.m)} -> ${at(x.to)}`];
    case "blocksGradient": {
      const only = x.skipsClosed ? ", open blocks only" : "";
      return [
        `blocksGradient ${blockSizes(x)} by ${at(x.plan)}${only}  ${at(x.x)}, ${at(x.c)}`,
        ...showTape(x.tape, at),
      ];
    }
    case "conv":
      return [
        `convolution ${slidingSizes(x.sliding)}${showOpen(x.open, at)}  ${at(x.from)}, ${at(x.weights)}`,
        ...showTape(x.tape, at),
        ...(x.pooled ? [showPooled(x.pooled, at)] : []),
      ];
    case "convGradient":
      return [
        `gradient of a convolution ${slidingSizes(x.sliding)}${showOpen(x.open, at)}  ${at(x.x)}, ${at(x.y)}`,
        ...showTape(x.tape, at),
      ];
    case "pool":
      return [
        `pool ${x.how.toLowerCase()} ${slidingSizes({ ...x.sliding, features: x.sliding.channels })}  ${at(x.from)} -> ${at(x.to)}`,
      ];
    case "loop":
      return showLoop(x, at);
    case "products":
      return [
        `${x.products.length} products [${x.rows}, k] × [k, ${x.n}], k = ${x.products.map(({ k, b }) => (b.row ? `${k} where not 0` : b.skipsRows ? `${k} of rows that are not 0` : k)).join(", ")}`,
        ...showTape(x.tape, at),
      ];
    case "toPairs":
    case "fromPairs":
      return [`${x.kind} of ${x.table}, ${x.inner} each, by ${at(x.plan)}  ${at(x.from)} -> ${at(x.to)}`];
  }
}

const showPooled = ({ window, largest, taps }: Pooled, at: Name): string =>
  `      largest of [${window.join(", ")}] -> ${at(largest)}${taps ? `, which of them -> ${at(taps)}` : ""}`;

const slidingSizes = ({ images, from, channels, taps, to, features, groups }: Sliding): string =>
  `[${[images, ...from, channels].join(", ")}] by [${taps.join(", ")}] -> [${[images, ...to, features].join(", ")}]${groups > 1 ? ` in ${groups} groups` : ""}`;

/** The gates of a convolution's channels. */
const showOpen = (open: OpenChannels<Gates> = {}, at: (x: Location) => string): string =>
  (["features", "channels"] as const)
    .map((side) => open[side] && `, open ${side} of ${open[side].groups} groups by ${at(open[side])}`)
    .join("");

const blockSizes = (x: { batch: number; blocks: number; units: number; depth: number }): string =>
  `${x.batch} × [${x.blocks}, ${x.units}, ${x.depth}]`;

/** An immediate is 4 bytes whose type the step knows; small integers are shown as such, the rest as float32. */
function showBits(bits: number): string {
  if (bits !== 0 && Math.abs(bits) < 1 << 20) return String(bits);
  return String(Number(new Float32Array(Int32Array.of(bits).buffer)[0]!.toPrecision(7)));
}
