/** A piece of a line in one of the fonts that every reader of PDF has. */
export interface TextRun {
  /** F1 Helvetica, F2 Helvetica-Bold, F3 Symbol. */
  readonly font: "F1" | "F2" | "F3";
  /** One byte a character, in the font's encoding. */
  readonly bytes: readonly number[];
  /** Of the size of the line: exponents are smaller, and raised by `rise` sizes. */
  readonly scale: number;
  readonly rise: number;
  /** Its width in sizes of the line. */
  readonly width: number;
}

/** Widths of the characters 32 to 126 in thousandths of the size, from Adobe's font metrics of the 14 standard fonts. */
const REGULAR =
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584";
const BOLD =
  "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584";
const tables = { F1: REGULAR.split(" ").map(Number), F2: BOLD.split(" ").map(Number) };

/** Other characters of the encoding WinAnsi, with widths that are those of both fonts. */
const others: Readonly<Record<string, readonly [code: number, width: number]>> = {
  "…": [0x85, 1000],
  "•": [0x95, 350],
  "–": [0x96, 556],
  "—": [0x97, 1000],
  "\u00a0": [0x20, 278],
  "°": [0xb0, 400],
  "±": [0xb1, 584],
  "·": [0xb7, 278],
  "×": [0xd7, 584],
};

/** Characters of the font Symbol, and their widths. */
const symbols: Readonly<Record<string, readonly [code: number, width: number]>> = {
  "←": [172, 987],
  "↑": [173, 603],
  "→": [174, 987],
  "↓": [175, 603],
  "−": [45, 549],
  "∂": [182, 494],
  "≈": [187, 549],
  "≠": [185, 549],
  "≤": [163, 549],
  "≥": [179, 549],
  "∞": [165, 713],
  "∇": [209, 713],
  "√": [214, 549],
  "∈": [206, 713],
  "⊙": [196, 768],
  Σ: [83, 592],
  Δ: [68, 612],
  α: [97, 631],
  β: [98, 549],
  γ: [103, 411],
  δ: [100, 494],
  ε: [101, 439],
  θ: [113, 521],
  λ: [108, 549],
  μ: [109, 576],
  π: [112, 549],
  ρ: [114, 549],
  σ: [115, 603],
  τ: [116, 439],
  φ: [102, 521],
  ω: [119, 686],
};

/** Exponents are digits of a smaller size. */
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const [SMALLER, RAISED] = [0.65, 0.38];
/** What stands for characters that no font of these has. */
const spelled: Readonly<Record<string, string>> = { "‖": "||", "′": "'", "◦": "o", "’": "'", "“": '"', "”": '"' };

interface Glyph {
  readonly font: TextRun["font"];
  readonly code: number;
  readonly width: number;
  readonly raised: boolean;
}

/** A line of text as runs of one font each. What no font has loses its accent, or becomes a question mark. */
export function textRuns(text: string, bold: boolean): TextRun[] {
  const runs: {
    font: TextRun["font"];
    bytes: number[];
    scale: number;
    rise: number;
    width: number;
    raised: boolean;
  }[] = [];
  for (const character of text) {
    for (const { font, code, width, raised } of glyphsOf(character, bold ? "F2" : "F1")) {
      let last = runs.at(-1);
      if (last?.font !== font || last.raised !== raised) {
        last = { font, bytes: [], scale: raised ? SMALLER : 1, rise: raised ? RAISED : 0, width: 0, raised };
        runs.push(last);
      }
      last.bytes.push(code);
      last.width += (width / 1000) * last.scale;
    }
  }
  return runs;
}

function glyphsOf(character: string, font: "F1" | "F2", raised = false): Glyph[] {
  const code = character.codePointAt(0)!;
  const width = tables[font][code - 32];
  if (code >= 32 && width !== undefined) return [{ font, code, width, raised }];
  const place = SUPERSCRIPTS.indexOf(character);
  if (place >= 0) return glyphsOf(String(place), font, true);
  if (character === "⁻") return glyphsOf("−", font, true);
  const other = others[character];
  if (other) return [{ font, code: other[0], width: other[1], raised }];
  const symbol = symbols[character];
  if (symbol) return [{ font: "F3", code: symbol[0], width: symbol[1], raised }];
  const plain = spelled[character] ?? character.normalize("NFD")[0]!;
  // Letters with accents are those of Latin 1, as wide as without.
  const base = plain === character ? "?" : plain;
  const glyphs = [...base].flatMap((each) => glyphsOf(each, font, raised));
  return code >= 0xc0 && code <= 0xff && glyphs.length === 1 ? [{ ...glyphs[0]!, code }] : glyphs;
}
