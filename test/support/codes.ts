/** A table of numbers by name, as src/plan/codes.ts exports them. */
export type Codes = Readonly<Record<string, number>>;

/** The numbers that a C header defines: `#define NAME 12`. */
export function definitions(header: string): Map<string, number> {
  const found = header.matchAll(/^#define[ \t]+(\w+)[ \t]+(-?\d+)[ \t]*$/gm);
  return new Map(Array.from(found, ([, name, value]) => [name!, Number(value)]));
}

/** Where the header and the tables differ; `tables` says for each prefix of the header's names which table it is. */
export function codeViolations(header: string, tables: Readonly<Record<string, Codes>>): string[] {
  const defined = definitions(header);
  const expected = new Map(
    Object.entries(tables).flatMap(([prefix, codes]) =>
      Object.entries(codes).map(([name, value]) => [prefix + name, value] as const),
    ),
  );
  const wrong = [...expected]
    .filter(([name, value]) => defined.get(name) !== value)
    .map(([name, value]) => `${name} is ${value} in src/plan/codes.ts and ${defined.get(name)} in kernels/codes.h`);
  const extra = [...defined.keys()]
    .filter((name) => !expected.has(name))
    .map((name) => `${name} is in kernels/codes.h alone`);
  return [...wrong, ...extra];
}

/** Names within one table that share a number. */
export function doubles(codes: Codes): string[] {
  const names = new Map<number, string[]>();
  for (const [name, value] of Object.entries(codes)) names.set(value, [...(names.get(value) ?? []), name]);
  return [...names].filter(([, same]) => same.length > 1).map(([value, same]) => `${same.join(" and ")} are ${value}`);
}
