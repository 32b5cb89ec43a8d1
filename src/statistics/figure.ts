/** A figure with its 95 % confidence interval. */
export interface Figure {
  /** The estimate. */
  readonly value: number;
  /** The lower end of the interval. */
  readonly low: number;
  /** The upper end of the interval. */
  readonly high: number;
}

/** √ of a figure that can't be negative: what noise has pushed below 0 is 0. */
export const root = ({ value, low, high }: Figure): Figure => {
  const of = (x: number): number => Math.sqrt(Math.max(0, x));
  return { value: of(value), low: of(low), high: of(high) };
};

/** The interval cut to where the figure can be. */
export const within = ({ value, low, high }: Figure, least: number, most: number): Figure => {
  const cut = (x: number): number => Math.min(most, Math.max(least, x));
  return { value: cut(value), low: cut(low), high: cut(high) };
};

/** The product of two independent positive figures. */
export function product(a: Figure, b: Figure): Figure {
  const value = a.value * b.value;
  if (!(value > 0)) return { value, low: value, high: value };
  const down = Math.hypot(Math.log(a.value / a.low), Math.log(b.value / b.low));
  const up = Math.hypot(Math.log(a.high / a.value), Math.log(b.high / b.value));
  return { value, low: value * Math.exp(-down), high: value * Math.exp(up) };
}
