/**
 * A page with what stands between `<!-- name -->` and `<!-- /name -->` made anew, for each name.
 * Throws where a name has no such place on the page; `title` names the page.
 */
export function withSections(title: string, page: string, sections: Readonly<Record<string, () => string>>): string {
  return Object.entries(sections).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${title}: no text between ${begin} and ${end}`);
    return `${text.slice(0, from + begin.length)}\n\n${make()}\n\n${text.slice(to)}`;
  }, page);
}

/** For each section the run that it is made of, and what makes its text of the run's rows. */
export type Tables<Run extends string, Row> = Readonly<
  Record<string, readonly [run: Run, (rows: readonly Row[]) => string]>
>;

/**
 * A page with every table as the files of the benchmark's runs have it; a run without rows is named with the command that makes it.
 * `runs` are each run's file and arguments. Throws where a table has no place.
 */
export function withTables<Run extends string, Row>(
  title: string,
  page: string,
  tables: Tables<Run, Row>,
  results: Readonly<Record<Run, readonly Row[]>>,
  runs: Readonly<Record<Run, readonly [file: string, args: string, ...unknown[]]>>,
): string {
  const made = Object.entries(tables).map(([section, [run, make]]) => {
    const rows = results[run];
    const missing = `Not measured: \`npm run bench -- ${runs[run][1]} --json ${runs[run][0]}\` does.`;
    return [section, () => (rows.length > 0 ? make(rows) : missing)] as const;
  });
  return withSections(title, page, Object.fromEntries(made));
}
