import type { OpenChannels } from "../../graph/open-channels.ts";
import { instructions as codes, inputKinds, pairKinds, poolKinds, reductions, tapeOps } from "../../plan/codes.ts";
import type { Sliding } from "../../plan/conv.ts";
import type { Gates, Instruction, Location, LoopInstruction, Operand, Plan, Tape } from "../../plan/plan.ts";

/** Instructions as the words that the kernels read; the format is in kernels/README.md. */
export function encode(instructions: Plan["instructions"]): Int32Array {
  const words: number[] = [0, instructions.length];
  append(instructions, words);
  words[0] = words.length;
  const encoded = Int32Array.from(words);
  // Shapes and offsets are limited before: what does not fit would silently be another number.
  const wrong = encoded.findIndex((word, i) => word !== words[i]);
  if (wrong >= 0) throw new Error(`plan: the word ${words[wrong]} is no whole number of 32 bits`);
  return encoded;
}

function append(instructions: Plan["instructions"], words: number[]): void {
  for (const instruction of instructions) {
    const start = words.length;
    words.push(0, 0);
    words[start] = payload(instruction, words);
    words[start + 1] = words.length - start;
  }
}

const pairKindsTo = { gates: pairKinds.SPREAD_GATES, blocks: pairKinds.SPREAD_BLOCKS };
const pairKindsFrom = { gates: pairKinds.GATES_FROM, blocks: pairKinds.BLOCKS_FROM };

/** Appends an instruction's payload and gives its opcode. */
function payload(x: Instruction, words: number[]): number {
  const at = ({ buffer, offset }: Location) => words.push(buffer, offset);
  switch (x.kind) {
    case "elementwise":
      if (x.limit) {
        at(x.limit.plan);
        words.push(x.limit.perPair);
      }
      words.push(x.dims.length, ...x.dims);
      tape(x.tape, words);
      return x.limit ? codes.LIMITED_ELEMENTWISE : codes.ELEMENTWISE;
    case "gemm":
      words.push(x.batch, x.m, x.n, x.k);
      operand(x.a, words);
      operand(x.b, words);
      at(x.packed);
      tape(x.tape, words);
      return codes.GEMM;
    case "reduce":
      words.push(reductions[x.how], x.integer ? 1 : 0, x.outer, x.length, x.inner);
      at(x.from);
      at(x.to);
      return codes.REDUCE;
    case "gather":
    case "scatterAdd":
      words.push(x.rows, x.count, x.inner);
      at(x.from);
      at(x.index);
      at(x.to);
      return x.kind === "gather" ? codes.GATHER : codes.SCATTER_ADD;
    case "kthLargest":
    case "topK":
      words.push(x.rows, x.length, x.k);
      at(x.from);
      at(x.to);
      return x.kind === "topK" ? codes.TOP_K : codes.KTH_LARGEST;
    case "foldKey":
      words.push(x.count, x.keyStep, x.dataStep);
      at(x.key);
      at(x.data);
      at(x.to);
      return codes.FOLD_KEY;
    case "routing":
      words.push(x.batch, x.blocks, x.denseAbove);
      at(x.gates);
      at(x.plan);
      return codes.ROUTING;
    case "toBlocks":
    case "fromBlocks":
      words.push(x.batch, x.blocks, x.units, x.depth);
      for (const place of [x.plan, x.kind === "toBlocks" ? x.x : x.c, x.m, x.to, x.packed]) at(place);
      return x.kind === "toBlocks" ? codes.TO_BLOCKS : codes.FROM_BLOCKS;
    case "blocksGradient":
      words.push(x.batch, x.blocks, x.units, x.depth);
      for (const place of [x.plan, x.x, x.c, x.packed]) at(place);
      words.push(x.skipsClosed ? 1 : 0);
      tape(x.tape, words);
      return codes.BLOCKS_GRADIENT;
    case "conv":
    case "convGradient":
    case "pool":
      return slidingPayload(x, words);
    case "loop":
      loop(x, words);
      return codes.LOOP;
    case "products":
      words.push(x.rows, x.n, x.products.length);
      for (const { k, a, b } of x.products)
        words.push(k, a.buffer, a.offset, a.row, a.column, b.buffer, b.offset, b.row ?? (b.skipsRows ? -1 : 0));
      tape(x.tape, words);
      return codes.PRODUCTS;
    case "toPairs":
    case "fromPairs": {
      const kinds = x.kind === "toPairs" ? pairKindsTo : pairKindsFrom;
      words.push(kinds[x.table], x.batch, x.blocks, x.inner);
      for (const place of [x.plan, x.from, x.to]) at(place);
      return codes.PAIRS;
    }
  }
}

/** Instructions whose windows slide over images. */
function slidingPayload(x: Extract<Instruction, { kind: "conv" | "convGradient" | "pool" }>, words: number[]): number {
  const at = ({ buffer, offset }: Location) => words.push(buffer, offset);
  switch (x.kind) {
    case "conv":
      if (x.pooled) {
        words.push(...x.pooled.window);
        at(x.pooled.largest);
        at(x.pooled.taps ?? { buffer: -1, offset: 0 });
      }
      gates(x.open, words);
      sliding(x.sliding, words);
      at(x.from);
      at({ ...x.weights, offset: x.weights.offset + x.steps.offset });
      words.push(...x.steps.tap, x.steps.channel, x.steps.feature, x.steps.group);
      at(x.packed);
      tape(x.tape, words);
      return x.pooled ? codes.POOLED_CONV : x.open ? codes.OPEN_CONV : codes.CONV;
    case "convGradient":
      gates(x.open, words);
      sliding(x.sliding, words);
      for (const place of [x.x, x.y, x.sums]) at(place);
      words.push(x.parts, x.isLong ? 1 : 0);
      tape(x.tape, words);
      return x.open ? codes.OPEN_CONV_GRADIENT : codes.CONV_GRADIENT;
    case "pool":
      words.push(poolKinds[x.how]);
      sliding(x.sliding, words);
      for (const place of [x.from, x.taps, x.to]) at(place);
      return codes.POOL;
  }
}

/** Gates of features and of channels, of 0 groups where there are none of one side. */
function gates(open: OpenChannels<Gates> | undefined, words: number[]): void {
  if (!open) return;
  for (const side of [open.features, open.channels])
    words.push(side?.groups ?? 0, side?.buffer ?? 0, side?.offset ?? 0);
}

function sliding(x: Sliding, words: number[]): void {
  words.push(x.images, ...x.from, x.channels, ...x.to, x.features, x.groups);
  words.push(...x.taps, ...x.step, ...x.holes, ...x.gap, ...x.before);
}

function loop({ length, reverse, rows, locals, packs, body }: LoopInstruction, words: number[]): void {
  words.push(length, reverse ? 1 : 0, rows, locals.length, packs.length, body.length);
  for (const { buffer, offset, step, flip } of locals) words.push(buffer, offset, step, flip);
  for (const { from, k, n, row, column, to } of packs)
    words.push(from.buffer, from.offset, k, n, row, column, to.buffer, to.offset);
  append(body, words);
}

const operand = (x: Operand, words: number[]): void => {
  words.push(x.buffer, x.offset, ...x.strides);
};

function tape(t: Tape, words: number[]): void {
  words.push(t.inputs.length, t.outputs.length, t.temps, t.columns, t.keys.length, t.steps.length);
  for (const input of t.inputs) {
    if (input.kind === "operand") {
      words.push(inputKinds.OPERAND);
      operand(input.operand, words);
    } else if (input.kind === "immediate") words.push(inputKinds.IMMEDIATE, input.bits);
    else words.push(inputKinds.RESULT);
  }
  for (const output of t.outputs) operand(output, words);
  for (const { buffer, offset } of t.keys) words.push(buffer, offset);
  for (const { code, to, args } of t.steps) words.push(tapeOps[code], to, args[0] ?? 0, args[1] ?? 0, args[2] ?? 0);
}
