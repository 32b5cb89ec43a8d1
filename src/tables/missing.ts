const MISSING_SPELLINGS = new Set(["", "na", "n/a", "nan", "null", "?"]);
/** Characters of the longest spelling. */
export const LONGEST_MISSING = 4;

/** Whether a cell, without spaces around it, says that there is no value: empty, NA, n/a, NaN, null or ?. */
export const isMissing = (cell: string): boolean =>
  cell.length <= LONGEST_MISSING && MISSING_SPELLINGS.has(cell.toLowerCase());
