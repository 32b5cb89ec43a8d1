import { numberText, scatter } from "../plots/index.ts";
import { figure, type Section } from "../report/index.ts";
import type { Feature } from "./features.ts";
import { rowsOfFeature } from "./features.ts";
import { drawnByName, type Groups } from "./groups.ts";
import { type Direction, type PrincipalMap, principalMap } from "./map.ts";
import { sampleOf } from "./sample.ts";
import { type Umap, umap } from "./umap.ts";

/** Points of a map at most, and columns of numbers from which on neighbours say more than the plane. */
const [POINTS, LEAST] = [1000, 3];

const percent = (share: number): string => `${numberText(100 * share, 3)} %`;

/** Maps of rows: their principal components, and beside it one that keeps neighbours together. None where nothing varies. */
export async function mapSection(inputs: readonly Feature[], rows: number, groups?: Groups): Promise<Section[]> {
  const shown = sampleOf(rows, POINTS);
  const map = principalMap(
    inputs.map((feature) => rowsOfFeature(feature, shown)),
    shown.length,
  );
  if (!map) return [];
  const of = groups && { ...groups, of: shown.map((row) => groups.of[row]!) };
  const figures = [await planeFigure(map, directionWords(map), of)];
  const numbers = inputs.filter(({ kind }) => kind === "numbers").length;
  if (numbers >= LEAST) figures.push(await nearFigure(umap(map.standard, shown.length, map), "rows", of));
  const which = shown.length < rows ? `<p class="quiet">${shown.length.toLocaleString("en-US")} rows, drawn at random.</p>` : ""; // biome-ignore format: one line
  return [
    { title: figures.length > 1 ? "Two maps of the rows" : "A map of the rows", html: which + figures.join("\n") },
  ];
}

const cloudsOf = ({ x, y }: Umap, groups?: Groups) =>
  (groups?.names ?? ["rows"]).map((name, place) => ({
    name,
    points: Array.from(x, (value, row) => [value, y[row]!] as const).filter(
      (_, row) => (groups?.of[row] ?? 0) === place,
    ),
  }));

/** Room for points below the names of the groups, in pixels, and whether points are these names. */
function formFor(groups?: Groups): { readonly height: number; readonly named: boolean } {
  const named = groups !== undefined && drawnByName(groups);
  return { named, height: 330 + 18 * (named ? 0 : (groups?.names.length ?? 0)) };
}

/** Points in the plane of the two directions that vary most; `words` say which ones these are. */
export async function planeFigure(
  map: Pick<PrincipalMap, "x" | "y" | "shares">,
  words: string,
  groups?: Groups,
): Promise<string> {
  // biome-ignore format: one line
  const { shares } = map;
  const picture = await scatter(cloudsOf(map, groups), {
    title: `Two directions hold ${percent(shares[0] + shares[1])} of the variance`,
    ...{
      ...formFor(groups),
      x: `first component, ${percent(shares[0])}`,
      y: `second component, ${percent(shares[1])}`,
    },
  });
  return figure(picture, words);
}

/** Points of UMAP. */
export async function nearFigure(map: Umap, what: string, groups?: Groups): Promise<string> {
  const picture = await scatter(cloudsOf(map, groups), {
    ...{
      title: `Neighbours stay together: ${what} that are alike form groups`,
      x: "first direction",
      y: "second direction",
      ...formFor(groups),
    },
  });
  return figure(
    picture,
    `UMAP (McInnes, Healy, Melville 2018) of the same ${what}: what is near was near before. Distances between groups, and their sizes, say little.`,
  );
}

function directionWords({ directions }: PrincipalMap): string {
  const words = (direction: Direction): string =>
    direction
      .map(({ name, weight }) => `${weight < 0 ? "−" : "+"}${numberText(Math.abs(weight), 2)} ${name}`)
      .join(", ");
  return `Principal components of the standardised numbers, and of categories as columns of 0 and 1. First: ${words(directions[0])}. Second: ${words(directions[1])}.`;
}
