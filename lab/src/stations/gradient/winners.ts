/** Of which a curve of errors is the lowest one. */
export interface Winner {
  readonly name: string;
  /** The first and the last number of evaluations. */
  readonly from: number;
  readonly to: number;
}

/** Who has the smallest error at each number of evaluations, in runs of the same name. The first of equals wins; NaN never does. */
export function winners(
  evaluations: readonly number[],
  curves: readonly { readonly name: string; readonly errors: readonly number[] }[],
): Winner[] {
  const found: Winner[] = [];
  evaluations.forEach((n, i) => {
    const able = curves.filter(({ errors }) => Number.isFinite(errors[i]));
    const best = able.reduce<(typeof able)[number] | undefined>(
      (least, curve) => (least === undefined || curve.errors[i]! < least.errors[i]! ? curve : least),
      undefined,
    );
    if (!best) return;
    const last = found.at(-1);
    if (last?.name === best.name) found[found.length - 1] = { ...last, to: n };
    else found.push({ name: best.name, from: n, to: n });
  });
  return found;
}
