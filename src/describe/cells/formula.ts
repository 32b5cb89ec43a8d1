/** Formulas in drawings: the letters below and above the line that `readable` writes, set smaller and lower or higher. */
import { escapeXml } from "../../plots/escape.ts";

const below: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₜₓ", (c, i) => [c, Array.from("0123456789+−=()ijklmntx")[i]!]),
);

/** Keeps letters from being joined; it takes no room. */
const APART = "\u200c";

interface Run {
  readonly text: string;
  /** 1 below the line, −1 above it. */
  readonly shift: -1 | 0 | 1;
}

/** "U_f hₜ₋₁" → U, f below, h, t−1 below */
function runsOf(formula: string): Run[] {
  const pattern = /([_^])(?:\(([^()]*)\)|(.)) ?|([₀-₉₊₋₌₍₎ᵢⱼₖₗₘₙₜₓ]+)/gu;
  const runs: Run[] = [];
  let at = 0;
  for (const found of formula.matchAll(pattern)) {
    const [all, mark, several, one, lowered] = found;
    if (found.index > at) runs.push({ text: formula.slice(at, found.index), shift: 0 });
    const text = lowered === undefined ? (several ?? one!) : Array.from(lowered, (c) => below[c]!).join("");
    // Two f that meet would be one ligature on one line.
    runs.push({ text: mark === "^" ? `${text}${APART}` : text, shift: mark === "^" ? -1 : 1 });
    at = found.index + all.length;
    // The space that ends an index is not read, but one before an operator or a word is.
    if (mark !== undefined && all.endsWith(" ") && !/[_^]/u.test(formula[at] ?? "")) runs.push({ text: " ", shift: 0 });
  }
  return [...runs, { text: formula.slice(at), shift: 0 as const }].filter(({ text }) => text !== "");
}

const SMALL = 0.76;
/** About how wide a letter is, of its size. */
const LETTER = 0.6;

/** About how wide a formula is drawn. */
export const formulaWidth = (formula: string, size: number): number =>
  runsOf(formula).reduce(
    (sum, { text, shift }) =>
      sum +
      Array.from(text.normalize("NFC").replace(/[\p{M}\u200c]/gu, "")).length *
        LETTER *
        size *
        (shift === 0 ? 1 : SMALL),
    0,
  );

/** A formula as the inside of an SVG's text. */
export function formulaSpans(formula: string, size: number): string {
  let height = 0;
  return runsOf(formula)
    .map(({ text, shift }) => {
      const target = shift === 0 ? 0 : shift * (shift > 0 ? 0.22 : 0.35) * size;
      const move = Number((target - height).toFixed(1));
      height = target;
      const small = shift === 0 ? "" : ` font-size="${Number((SMALL * size).toFixed(1))}"`;
      return move === 0 && small === "" ? escapeXml(text) : `<tspan dy="${move}"${small}>${escapeXml(text)}</tspan>`;
    })
    .join("");
}

/** An operator before which a line may end. */
const opens = (word: string): boolean => /^[+−]$/u.test(word);

/** Where a formula may be broken: before operators outside of parentheses. */
function piecesOf(formula: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  for (const word of formula.split(" ")) {
    if (pieces.length > 0 && (depth > 0 || !opens(word))) pieces[pieces.length - 1] += ` ${word}`;
    else pieces.push(word);
    for (const c of word) depth += "([".includes(c) ? 1 : ")]".includes(c) ? -1 : 0;
  }
  return pieces;
}

/** A long term: before its factors, and at any space where these are long too. */
const parted = (text: string, size: number, width: number): string[] =>
  text.split(/ (?=⊙ )/u).flatMap((part) => (formulaWidth(part, size) > width - 2 * size ? part.split(" ") : [part]));

/** A formula in lines of at most this width, broken before a term where it can be; all but the first are indented. */
export function formulaLines(formula: string, size: number, width: number): string[] {
  const lines = [""];
  const pieces = piecesOf(formula).flatMap((text, i) =>
    formulaWidth(text, size) > width - (i === 0 ? 0 : size) ? parted(text, size, width) : [text],
  );
  for (const piece of pieces) {
    const last = lines.at(-1)!;
    const longer = last === "" ? piece : `${last} ${piece}`;
    if (last !== "" && formulaWidth(longer, size) > width) lines.push(`\u2003${piece}`);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
