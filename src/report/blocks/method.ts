import { readable } from "../../describe/index.ts";
import type { Card } from "../../estimators/index.ts";
import { colourOf, escapeXml } from "../../plots/index.ts";
import type { ReportedRun } from "../report.ts";
import type { Block } from "./block.ts";

/** How the units are trained, and what the network computes. */
export const method: Block = {
  name: "method",
  title: "The method",
  reads:
    "The estimators that train the units, each with what it computes for ∂L/∂a, whether that is the gradient on average, and its source; and the functional diagram of the network.",
  async draw({ runs }) {
    const cards = runs.map((run, i) => card(run, i, runs.length === 1)).filter((text) => text !== "");
    if (cards.length === 0) return [];
    const title = runs.length > 1 ? "The methods" : "The method";
    return [{ title, html: `<div class="cards">${cards.join("\n")}</div>` }];
  },
};

/** @param alone whether the page is of this run alone */
function card<M extends string>({ name, cards, diagram }: ReportedRun<M>, i: number, alone: boolean): string {
  if (cards.length === 0 && !diagram) return "";
  // Layers with the same estimator share its card.
  const methods = cards.filter((c, at) => cards.findIndex((other) => other.name === c.name) === at);
  const about = methods.map(
    (c) => `<p>${escapeXml(c.summary)}</p>
<p class="formula">∂L/∂a ${c.family === "deterministic" ? "=" : "≈"} ${escapeXml(readable(c.formula))}</p>
<p class="quiet">${standing(c)}; ${linked(c.source)}</p>`,
  );
  const drawn = diagram
    ? `<details${alone ? " open" : ""}><summary>Functional diagram: shapes, and the derivative of every arrow</summary><div class="diagram">${diagram}</div></details>`
    : "";
  return `<section class="card"><h3><span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(methods.map((c) => c.title).join(", ") || name)}</h3>
${about.join("\n")}${drawn}</section>`;
}

/** Whether the mean of what it computes is the gradient of the expected loss. */
const standing = ({ family, unbiased }: Card): string =>
  family === "deterministic" || family === "exact" ? "Exact" : unbiased ? "Unbiased" : "Biased";

/** Text with its addresses as links. */
const linked = (source: string): string =>
  escapeXml(source).replace(/https?:\/\/[^\s;,]+/g, (address) => `<a href="${address}">${address}</a>`);
