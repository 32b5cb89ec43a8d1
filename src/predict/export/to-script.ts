import { joined } from "../../formats/protobuf.ts";
import { optionsOf } from "../../graph/arguments.ts";
import { checkChoice } from "../../rules.ts";
import { tableOf } from "../by-column.ts";
import { specOf } from "../program.ts";
import { checkedTrained, type Saveable } from "../save.ts";
import type { PredictionArray, PredictionSpec } from "../spec.ts";
import { ScriptBuilder } from "./script-builder.ts";
import { functions } from "./script-ops.ts";
import { readingOf, type Traced, traced } from "./traced.ts";

/** How a network is written as a program. */
export interface ScriptOptions {
  /** TypeScript, or the same without its types (default: "typescript"). */
  readonly language?: "typescript" | "javascript" | undefined;
}

/**
 * A trained network as one module without dependencies, for any runtime of JavaScript. Its `predict` takes one example, a list of numbers in row-major
 * order as the network was given them in training (an object of them by name where it reads several), and gives what `predictor` gives by its
 * deterministic readout: `label`, `name` and `probabilities`, or `value`, and `gates`. Of a network that was trained on a table it takes a row by its
 * columns, too, null where a cell is missing. Arrays of more axes are flat. Closed blocks are skipped. Weights
 * are float32 in base64.
 *
 *     await writeFile("digits.ts", toScript(await train(model, data)));
 *
 * Throws UserError for anything but a network with its parameters, for a head that scores samples alone, and where a stage computes what no function of
 * these files does.
 */
export function toScript(trained: Saveable, options: ScriptOptions = {}): string {
  const { language = "typescript" } = optionsOf("toScript", options, ["language"]);
  checkChoice("toScript: language", language, ["typescript", "javascript"]);
  const { model, params, fields } = checkedTrained(trained, "toScript");
  const spec = specOf(model, fields);
  const program = traced({ model, params, spec, reading: readingOf("toScript", spec, false), rows: [1] });
  const table = spec.inputs.length === 1 ? tableOf(spec.inputs[0]!) : undefined;
  const to = new ScriptBuilder(program);
  program.inputs.forEach((x, i) => {
    const { name } = spec.inputs[i]!;
    const given = spec.inputs.length > 1 ? `input[${json(name)}]` : table ? "numbersOf(input)" : "input";
    to.name(x, to.hold(to.call("read", json(name), given, x.size)));
  });
  const result = resultOf(program, to);
  const text = [
    `// Written by heaviside: the network ${json(model.name)}. predict(example) gives its deterministic prediction.`,
    ...declarations(spec, table !== undefined),
    ...(table ? [`export const columns‹: readonly Column[]› = ${json(table)};`, ROWS] : []),
    ...(spec.names ? [`export const classes‹: readonly string[]› = ${json(spec.names)};`] : []),
    `export function predict(input‹: Input›)‹: Prediction› {\n${to.lines.map((line) => `  ${line}`).join("\n")}\n  return ${result};\n}`,
    ...Object.entries(functions).flatMap(([name, source]) => (to.shared.used.has(name) ? [source] : [])),
    weights(to),
  ].join("\n\n");
  return language === "typescript"
    ? text.replace(/[‹›]/g, "")
    : `${text.replace(/‹[^›]*›/g, "").replace(/\n{3,}/g, "\n\n")}`;
}

const typeOf = ({ shape, dtype }: PredictionArray): string =>
  shape.length === 0 ? "number" : dtype === "int32" ? "Int32Array" : "Float32Array";

const shapeNote = ({ shape }: PredictionArray): string => (shape.length > 0 ? ` // [${shape.join(", ")}]` : "");

/** The types of a file. Only what stands between the marks, so that nothing is left of them without types. */
function declarations({ inputs, outputs, gates }: PredictionSpec, isTable: boolean): string[] {
  const given = inputs.map(({ shape }) => (isTable ? "Numbers | Row" : shape.length === 0 ? "number" : "Numbers"));
  const input =
    inputs.length === 1
      ? `type Input = ${given[0]};${shapeNote(inputs[0]!)}`
      : `interface Input {\n${inputs.map((own, i) => `  ${json(own.name)}: ${given[i]};${shapeNote(own)}`).join("\n")}\n}`;
  const members = outputs.map((own) => `  ${json(own.name)}: ${typeOf(own)};${shapeNote(own)}`);
  const label = outputs.find(({ name }) => name === "label");
  if (label) members.push(`  name: ${label.shape.length === 0 ? "string" : "string[]"};`);
  if (gates.length > 0) members.push("  gates: { layer: string; open: number[]; blocks: number }[];");
  return [
    "‹type F = Float32Array;›",
    "‹type Pair = readonly [number, number];›",
    "‹interface Window { size: Pair; stride: Pair; dilation: Pair; before: Pair; input: Pair; output: Pair }›",
    "‹export type Numbers = readonly number[] | Float32Array | Int32Array;›",
    ...(isTable
      ? [
          "‹export interface Column { name: string; texts?: readonly string[]; other?: boolean; fill?: number; missing?: boolean }›",
          "‹export type Row = { readonly [column: string]: number | string | boolean | null };›",
        ]
      : []),
    `‹export ${input}›`,
    `‹export interface Prediction {\n${members.join("\n")}\n}›`,
  ];
}

/** What reads a row of a table in a file: the same as encodeRow. */
const ROWS = `function numbersOf(input‹: Numbers | Row›)‹: Numbers› {
  if (Array.isArray(input) || ArrayBuffer.isView(input)) return input‹ as Numbers›;
  return columns.flatMap(({ name, texts, other, fill, missing }) => {
    const cell = (input‹ as Row›)[name];
    const at = cell === null || !texts ? -1 : texts.indexOf(String(cell));
    const fits = cell === null ? texts || fill !== undefined : texts ? cell !== undefined && (at >= 0 || other) : typeof cell === "number" && Number.isFinite(cell);
    if (!fits) throw new RangeError("predict: column " + name + " must be " + (texts ? "one of " + texts.join(", ") : "a finite number") + ", or null where that is missing, received " + cell);
    const numbers = texts ? texts.map((_, i) => Number(i === at)) : [Number(cell ?? fill)];
    if (other) numbers.push(Number(cell !== null && at < 0));
    if (missing) numbers.push(Number(cell === null));
    return numbers;
  });
}`;

/** The object that predict gives. */
function resultOf({ spec, outputs }: Traced, to: ScriptBuilder): string {
  const members = spec.outputs.map((own, i) => {
    const value = to.variable(outputs[i]!.tensor);
    const shown =
      own.shape.length === 0 ? `${value}[0]‹!›` : own.dtype === "int32" ? `Int32Array.from(${value})` : value;
    return `${json(own.name)}: ${shown}`;
  });
  const at = spec.outputs.findIndex(({ name }) => name === "label");
  if (at >= 0) {
    const value = to.variable(outputs[at]!.tensor);
    const nameOf = (label: string): string =>
      spec.names ? `classes[${label}] ?? String(${label})` : `String(${label})`;
    const isOne = spec.outputs[at]!.shape.length === 0;
    members.push(`name: ${isOne ? nameOf(`${value}[0]‹!›`) : `Array.from(${value}, (label) => ${nameOf("label")})`}`);
  }
  const gates = spec.gates.map(({ layer, blocks }, i) => {
    const open = to.call("open", to.value(outputs[spec.outputs.length + i]!.tensor));
    return `{ layer: ${json(layer)}, open: ${open}, blocks: ${blocks} }`;
  });
  if (gates.length > 0) members.push(`gates: [${gates.join(", ")}]`);
  return `{ ${members.join(", ")} }`;
}

/** All known arrays, one after the other in base64. */
function weights(to: ScriptBuilder): string {
  const { arrays } = to.shared;
  const parts = arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const bytes = joined(parts);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  let at = 0;
  const named = arrays.map(({ length }, i) => `const w${i} = numbers.subarray(${at}, ${(at += length)});`);
  return [
    "‹declare function atob(text: string): string;›",
    `const bytes = Uint8Array.from(atob("${btoa(text)}"), (c) => c.charCodeAt(0));`,
    "const floats = new DataView(bytes.buffer);",
    `const numbers = Float32Array.from({ length: ${at} }, (_, i) => floats.getFloat32(4 * i, true));`,
    ...named,
    "",
  ].join("\n");
}

/** JSON without the marks of types. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(/[‹›\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
