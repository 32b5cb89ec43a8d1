/** Sizes that stand for I and H in shapes: primes, so that no product or sum of others is one of them. */
export const LETTERS = { inputs: 7919, units: 7907 } as const;
export const sized = (n: number): string => (n === LETTERS.inputs ? "I" : n === LETTERS.units ? "H" : String(n));
