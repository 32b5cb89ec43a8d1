/** The colour of the i-th line: a variable of the style sheet, so that it fits light and dark. */
export const colourOf = (i: number): string => `var(--c${(i % 6) + 1})`;

const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 4"];
/** Its dashes, for those who can't tell the colours apart. */
export const dashOf = (i: number): string => dashes[i % dashes.length]!;
