import { STANDALONE } from "./plot.ts";

/** Drawings below each other as one <svg>. */
export function stacked(svgs: readonly string[]): string {
  if (svgs.length === 1) return `${svgs[0]!.trim()}\n`;
  let y = 0;
  const placed = svgs.map((svg) => {
    const at = y;
    y += sizeOf(svg).height + 12;
    return svg.replace("<svg ", `<svg y="${at}" `);
  });
  const width = Math.max(...svgs.map((svg) => sizeOf(svg).width));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img"><style>${STANDALONE}</style>\n${placed.join("\n")}\n</svg>\n`;
}

function sizeOf(svg: string): { width: number; height: number } {
  const [width, height] = ["width", "height"].map((name) =>
    Number(new RegExp(`<svg[^>]* ${name}="([\\d.]+)"`).exec(svg)![1]),
  );
  return { width: width!, height: height! };
}
