/** Widths of characters in ems, at least as large as in the sans-serif fonts that systems use. */
const NARROW = /[iljtfrI.,:;'’|!()[\] ·]/u;
const WIDE = /[mwMW@%—ELBOQG+−=<>≈→]/u;

/** An upper bound for the width of a line of text, in pixels. */
export function textWidth(text: string, font: number): number {
  let ems = 0;
  for (const character of text) ems += NARROW.test(character) ? 0.42 : WIDE.test(character) ? 0.86 : 0.64;
  return ems * font;
}

/**
 * Text in lines that are no wider than `width` where its words allow it. A line ends after a space, or after a hyphen, colon or
 * comma in a word.
 */
export function wrapText(text: string, width: number, font: number): string[] {
  const lines = [""];
  for (const part of text.split(/(?<= )|(?<=\p{L}[-:,])(?=\p{L})/u)) {
    const last = lines.at(-1)!;
    if (last !== "" && textWidth((last + part).trimEnd(), font) > width) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map((line) => line.trim());
}
