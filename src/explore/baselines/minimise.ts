/** Steps that are remembered, steps at most, and the length of a gradient, beside the first one's, that ends the search. */
const [MEMORY, MOST_STEPS, SMALL] = [10, 200, 1e-5];

/**
 * The minimum of a smooth convex function by L-BFGS with backtracking: at most 200 steps, or until the gradient is 1e-5 of the first. Liu and
 * Nocedal, Mathematical Programming 45, 1989.
 * @param start    where to begin
 * @param evaluate gives the value at a point, and writes the gradient there
 */
export function minimise(
  start: Float64Array,
  evaluate: (at: Float64Array, gradient: Float64Array) => number,
): Float64Array {
  let [at, gradient] = [start.slice(), new Float64Array(start.length)];
  let value = evaluate(at, gradient);
  const first = Math.sqrt(dot(gradient, gradient));
  const memory: Step[] = [];
  for (let step = 0; step < MOST_STEPS && Math.sqrt(dot(gradient, gradient)) > SMALL * first; step++) {
    const direction = directionOf(gradient, memory);
    const slope = dot(direction, gradient);
    const next = new Float64Array(at.length);
    const there = new Float64Array(at.length);
    let [length, reached] = [memory.length > 0 ? 1 : 1 / Math.max(1, Math.sqrt(-slope)), Number.POSITIVE_INFINITY];
    for (; length > 1e-12; length /= 2) {
      for (let i = 0; i < at.length; i++) next[i] = at[i]! + length * direction[i]!;
      reached = evaluate(next, there);
      if (reached <= value + 1e-4 * length * slope) break;
    }
    if (!(reached < value)) return at;
    const moved = next.map((x, i) => x - at[i]!);
    const turned = there.map((x, i) => x - gradient[i]!);
    const curvature = dot(moved, turned);
    if (curvature > 0) memory.push({ moved, turned, curvature });
    if (memory.length > MEMORY) memory.shift();
    [at, gradient, value] = [next, there, reached];
  }
  return at;
}

interface Step {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly curvature: number;
}

/** Minus the inverse Hessian, as the remembered steps suggest it, times the gradient. */
function directionOf(gradient: Float64Array, memory: readonly Step[]): Float64Array {
  const q = gradient.map((x) => -x);
  const shares = memory.map(() => 0);
  for (let k = memory.length - 1; k >= 0; k--) {
    const { moved, turned, curvature } = memory[k]!;
    shares[k] = dot(moved, q) / curvature;
    for (let i = 0; i < q.length; i++) q[i]! -= shares[k]! * turned[i]!;
  }
  const last = memory.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.turned, last.turned);
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const [k, { moved, turned, curvature }] of memory.entries()) {
    const back = dot(turned, q) / curvature;
    for (let i = 0; i < q.length; i++) q[i]! += (shares[k]! - back) * moved[i]!;
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
