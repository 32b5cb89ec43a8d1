import temml from "temml";

/**
 * A formula as MathML, which browsers set by themselves. It has no styles and classes of Temml: the page's policy refuses the first, and nothing
 * reads the second. Throws where the formula can't be read.
 */
export const mathml = (tex: string): string =>
  temml
    .renderToString(tex, { throwOnError: true })
    .replace("<math>", '<math displaystyle="true">')
    .replace(/ (?:style|class)="[^"]*"/g, "")
    // What stands first or last in a row is a fence by itself.
    .replace(/ fence="true" form="(?:prefix|postfix)"| separator="true"| stretchy="true"/g, "");
