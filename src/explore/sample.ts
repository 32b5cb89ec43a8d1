import { philoxWords, uniformBelow } from "../random/index.ts";

/** Keeps the words of samples apart from all other draws ("EXPL"). */
const SAMPLE_DOMAIN = 0x4558504c;

/** `wanted` of the rows 0..rows-1 in their order, each set of that size with the same probability; all where there are no more. Knuth, algorithm S. */
export function sampleOf(rows: number, wanted: number, seed = 0): Int32Array {
  if (rows <= wanted) return Int32Array.from({ length: rows }, (_, row) => row);
  const word = philoxWords([seed, 0], SAMPLE_DOMAIN);
  const chosen = new Int32Array(wanted);
  let taken = 0;
  for (let row = 0; taken < wanted; row++) if (uniformBelow(word, rows - row) < wanted - taken) chosen[taken++] = row;
  return chosen;
}
