import type { Section } from "../page.ts";
import type { Report } from "../report.ts";

/** A part of a report: what it shows of the runs, and how it is drawn. It reads plain data alone. */
export interface Block {
  /** Its name, as the file's. */
  readonly name: string;
  /** What it shows, in a few words. */
  readonly title: string;
  /** How it is read, in a sentence or two. */
  readonly reads: string;
  /** Its sections of the page; none where no run has anything of it. */
  draw<M extends string>(given: Report<M>): Promise<readonly Section[]>;
}

/** A block's only section, under its title; none without anything to show. */
export const sectionOf = ({ title, reads }: Pick<Block, "title" | "reads">, parts: readonly string[]): Section[] =>
  parts.length === 0 ? [] : [{ title, html: `${parts.join("\n")}\n<p class="quiet">${reads}</p>` }];

/** The name of a run before something said of it, where a page has several. */
export const ofRun = (runs: readonly unknown[], name: string, text: string): string =>
  runs.length > 1 ? `${name}: ${text}` : text;
