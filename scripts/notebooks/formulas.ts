// The formulas of a page of HTML are MathML, which browsers set by themselves: the page needs no script and no network.

/** A formula of a text. */
export interface Formula {
  readonly tex: string;
  /** Whether it has a line of its own. */
  readonly isDisplayed: boolean;
}

/** What turns TeX into MathML. It throws where a formula can't be read. */
export type Typesetter = (tex: string, options: { displayMode: boolean; throwOnError: true }) => string;

// Code, which may hold dollars, comes first; then a formula of its own line, then one within a line.
const PIECE = /(`+)(?!`).*?(?<!`)\1(?!`)|<pre>.*?<\/pre>|\$\$([^$]+)\$\$|\$([^$]+)\$/gs;
const MARK = /\uE000(\d+)\uE001/g;

/** A cell's Markdown with a mark in place of each formula, which is added to `formulas`: what follows takes marks for words. */
export const markFormulas = (markdown: string, formulas: Formula[]): string =>
  markdown.replace(PIECE, (piece, _ticks, displayed?: string, within?: string) => {
    const tex = displayed ?? within;
    if (tex === undefined) return piece;
    return `\uE000${formulas.push({ tex: tex.trim(), isDisplayed: displayed !== undefined }) - 1}\uE001`;
  });

/** The page with each formula as MathML at its mark. Throws where a formula can't be read. */
export const setFormulas = (html: string, formulas: readonly Formula[], typeset: Typesetter): string =>
  html.replace(MARK, (_, index) => {
    const { tex, isDisplayed } = formulas[Number(index)]!;
    try {
      const math = typeset(tex, { displayMode: isDisplayed, throwOnError: true });
      return isDisplayed ? `<span class="formula">${math}</span>` : math;
    } catch (error) {
      throw new Error(`the formula ${tex} can't be read: ${error instanceof Error ? error.message : error}`);
    }
  });
