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

/** Letters from which a beginning may have a mistake, and an alias too. */
const LONG = 5;

/**
 * The name that was most likely meant, or undefined where none is near: at most a third of its letters differ, or it begins alike, with
 * one mistake at most. Case, spaces and underscores don't matter.
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
  const known = Object.entries(aliases).filter(([alias, name]) => alias.length >= LONG && names.includes(name));
  const meant = closest(plain, names) ?? closest(plain, known.map(([alias]) => alias)); // biome-ignore format: one line
  return meant === undefined || names.includes(meant) ? meant : aliases[meant];
}

/** The text that is nearest to `plain`, or that begins as it does. */
function closest(plain: string, texts: readonly string[]): string | undefined {
  const most = (text: string): number => Math.max(1, text.length / 3);
  const begins = (text: string): boolean => plain.length > 2 && text.toLowerCase().startsWith(plain);
  const ranked = texts
    // A distance is never less than how much longer one of the two is.
    .filter((text) => Math.abs(text.length - plain.length) <= most(text) || begins(text))
    .map((text) => ({ text, distance: editDistance(plain, text.toLowerCase()) }))
    // Two letters that have nothing in common are no mistake of each other.
    .filter(({ text, distance }) => (distance <= most(text) && distance < text.length) || begins(text))
    .sort((a, b) => a.distance - b.distance);
  if (ranked.length > 0 || plain.length < LONG) return ranked[0]?.text;
  return texts.find((text) => editDistance(plain, text.toLowerCase().slice(0, plain.length)) <= 1);
}
