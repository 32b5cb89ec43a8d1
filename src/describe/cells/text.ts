import type { Place } from "../../cells/neuron.ts";
import type { Unfolded, UnfoldedNeuron } from "./unfolded.ts";

const headings: Readonly<Record<Place, string>> = { dendrite: "dendrite", soma: "soma", axon: "axon" };
/** Where the unit's body stands: a terminal of 80 columns has room for it, and for what is indented. */
const BODY = 66;
const bodies: Readonly<Record<Place, string>> = { dendrite: "║", soma: "█", axon: "║" };

/**
 * A cell as neurons, in lines of at most 72 characters: what each sees in rows that meet in its function, the derivatives below, the unit's body on
 * the right.
 */
export function neuronLines({ neurons, soma, axon, back, state, output }: Unfolded): string[] {
  const places: readonly (readonly [Place, readonly string[]])[] = [
    ["dendrite", []],
    ["soma", [`keeps ${state.map((vector) => vector.join(" ")).join(", ")}`, ...soma.equations, ...soma.slopes]],
    ["axon", [`sends ${output.join(" ")}`, ...axon.equations, ...axon.slopes]],
  ];
  const lines = places.flatMap(([place, own]) => {
    const cards = neurons.filter((neuron) => neuron.place === place);
    const body = bodies[place];
    return [
      beside(headings[place], body),
      ...[...cards.filter((one) => !one.isGate), ...cards.filter((one) => one.isGate)].flatMap((one) =>
        cardLines(one, body),
      ),
      ...own.flatMap((text) => folded(`  ${text}`)).map((text) => beside(text, body)),
    ];
  });
  return [...lines, "back to the step before, and to x", ...back.flatMap((text) => folded(`  ${text}`))];
}

const lengthOf = (text: string): number => Array.from(text.replace(/\p{M}/gu, "")).length;
const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - lengthOf(text)));
const beside = (text: string, body: string): string => `${padded(text, BODY)}${body}`;

/** A line in lines that end before the unit's body. */
function folded(text: string): string[] {
  const indent = /^ */.exec(text)![0];
  const lines = [""];
  for (const word of text.trim().split(" ")) {
    const last = lines.at(-1)!;
    const longer = last === "" ? `${indent}${lines.length > 1 ? "  " : ""}${word}` : `${last} ${word}`;
    if (last !== "" && lengthOf(longer) > BODY - 2) lines.push(`${indent}  ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The rows of one neuron, its function in the middle row, and what flows back. */
function cardLines(neuron: UnfoldedNeuron, body: string): string[] {
  const { name, arrows, slopes, squash, decides, symbol, shape, touches, isGate } = neuron;
  const rows = arrows.map(({ from, fromShape, weight, shape: own, times }): readonly [string, string] => [
    fromShape === "" ? from : `${from} ${fromShape}`,
    weight === "" ? "as it is" : `${weight} ${own}${times === undefined ? "" : ` ⊙ ${times}`}`,
  ]);
  const [sources, weights] = [0, 1].map((i) => Math.max(...rows.map((row) => lengthOf(row[i]!)))) as [number, number];
  const middle = Math.floor((rows.length - 1) / 2);
  const sign = decides ? "0 1" : squash;
  const drawn = rows.map(([source, weight], i) => {
    const joint = rows.length === 1 ? "─" : i === 0 ? "┐" : i === rows.length - 1 ? "┘" : i === middle ? "┼" : "┤";
    const meets = i === middle && rows.length === 2 ? "┬" : joint;
    const start = `    ${padded(source, sources)} ── ${padded(weight, weights)} ─${meets}`;
    if (i !== middle) return beside(start, body);
    const out = `${start}─(${sign})── ${symbol} ${shape} `;
    if (!touches) return beside(`${out}→ other neurons`, body);
    return `${out}${"─".repeat(Math.max(1, BODY - 2 - lengthOf(out)))}${isGate ? "⊙" : decides ? "θ" : "+"}─${body}`;
  });
  return [
    beside(`  ${name}${decides ? `, decides: ${squash}` : ""}`, body),
    ...drawn,
    ...slopes.flatMap((text) => folded(`    ${text}`)).map((text) => beside(text, body)),
  ];
}
