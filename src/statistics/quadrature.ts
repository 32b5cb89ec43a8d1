import { gaussLegendre } from "./gauss-legendre.ts";
import { sigmoid } from "./sigmoid.ts";

/** A quadrature rule over the noise of one unit: the values that it takes and their probabilities. */
export interface Axis {
  /** The values that the noise takes. */
  readonly nodes: readonly number[];
  /** Their probabilities. */
  readonly weights: readonly number[];
}

/**
 * Midpoints of the cells of (0, 1) between `cuts`: exact where what is integrated is linear in u between two cuts, as it is for a
 * unit that compares u with a threshold among them.
 */
export function cells(cuts: readonly number[]): Axis {
  const { edges, widths } = cellsBetween(cuts);
  return { nodes: widths.map((width, i) => edges[i]! + width / 2), weights: widths };
}

/** Two-point Gauss–Legendre on the cells of (0, 1) between `cuts`: exact for cubics, such as the square of what is linear in u. */
export function gaussCells(cuts: readonly number[]): Axis {
  const { edges, widths } = cellsBetween(cuts);
  const at = [-1, 1].map((side) => 0.5 + (side * 0.5) / Math.sqrt(3));
  return {
    nodes: widths.flatMap((width, i) => at.map((x) => edges[i]! + width * x)),
    weights: widths.flatMap((width) => at.map(() => width / 2)),
  };
}

function cellsBetween(cuts: readonly number[]): { edges: number[]; widths: number[] } {
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < 1).sort((a, b) => a - b), 1];
  return { edges, widths: edges.slice(1).map((end, i) => end - edges[i]!) };
}

/** The rule for a unit that draws nothing, or one draw that doesn't matter. */
export const once: Axis = cells([]);

/** z ~ N(0, 1): Gauss–Legendre on panels of [−9, 9] that end at the `kinks`. What is omitted has a probability of 2e-19. */
export function gaussian(kinks: readonly number[]): Axis {
  const { nodes, weights } = panels(9, 1.5, kinks);
  return {
    nodes,
    weights: nodes.map((z, i) => (weights[i]! * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI)),
  };
}

/**
 * u = σ(z), z ~ the standard logistic: the same on [−34, 34], in z. What is omitted has a probability of 3e-15.
 * @param width of the narrowest panels, in units of z; wider ones are fewer nodes, for integrals over several draws of smooth functions
 */
export function logistic(kinks: readonly number[], width = 2): Axis {
  const { nodes, weights } = panels(34, width, kinks);
  const at = nodes.map(sigmoid);
  return { nodes: at, weights: at.map((u, i) => (weights[i]! * u) / (1 + Math.exp(nodes[i]!))) };
}

/** Six-point Gauss–Legendre on `panels` equal parts of each piece between two `edges`: for what is smooth there. */
export function gaussPanels(edges: readonly number[], panels: number): Axis {
  const ends = edges.slice(1).flatMap((right, i) => {
    const [left, width] = [edges[i]!, (right - edges[i]!) / panels];
    return Array.from({ length: panels }, (_, k) => ({ from: left + k * width, width }));
  });
  const rule = gaussLegendre(6).map(({ at, weight }) => ({ at: (1 + at) / 2, weight: weight / 2 }));
  return {
    nodes: ends.flatMap(({ from, width }) => rule.map(({ at }) => from + width * at)),
    weights: ends.flatMap(({ width }) => rule.map(({ weight }) => width * weight)),
  };
}

/**
 * 14-point Gauss–Legendre on panels between −end, the kinks and end: at most `width` wide near 0 and the kinks, where what is integrated
 * is steep, and elsewhere at most as wide as they are far.
 */
function panels(end: number, width: number, kinks: readonly number[]): { nodes: number[]; weights: number[] } {
  const steep = kinks.some((k) => Math.abs(k) < width / 2) ? kinks : [0, ...kinks];
  const edges = [-end, ...steep.filter((k) => k > -end && k < end).sort((a, b) => a - b), end];
  const nodes: number[] = [];
  const weights: number[] = [];
  const add = (left: number, right: number): void => {
    const far = Math.min(...steep.map((k) => Math.max(left - k, k - right, 0)));
    const half = (right - left) / 2;
    if (half <= 0) return;
    if (2 * half > Math.max(width, far)) {
      add(left, left + half);
      add(left + half, right);
      return;
    }
    for (const { at, weight } of legendre) {
      nodes.push(left + half * (1 + at));
      weights.push(half * weight);
    }
  };
  edges.slice(1).forEach((right, i) => add(edges[i]!, right));
  return { nodes, weights };
}

const legendre = gaussLegendre(14);
