/** Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i || j));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const differs = Number(a[i - 1] !== b[j - 1]);
      let best = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + differs);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, d[i - 2]![j - 2]! + 1);
      d[i]![j] = best;
    }
  return d[a.length]![b.length]!;
}

/** The longest text that is compared: no name is half as long, and a bomb costs nothing. */
const LONGEST = 60;

/**
 * The name that was most likely meant, or undefined where none is near: at most a third of its letters differ, or it begins alike. Case,
 * spaces and underscores don't matter.
 * @param aliases what others call the names: RLOO is leave-one-out
 */
export function nearest(
  given: string,
  names: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): string | undefined {
  if (given.length > LONGEST) return undefined;
  const plain = given
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, "-");
  if (Object.hasOwn(aliases, plain) && names.includes(aliases[plain]!)) return aliases[plain];
  const most = (name: string): number => Math.max(1, name.length / 3);
  const begins = (name: string): boolean => plain.length > 2 && name.toLowerCase().startsWith(plain);
  const ranked = names
    // A distance is never less than how much longer one of the two is.
    .filter((name) => Math.abs(name.length - plain.length) <= most(name) || begins(name))
    .map((name) => ({ name, distance: editDistance(plain, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= most(name) || begins(name))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}
