import { theme } from "../../parts/theme.svelte.ts";

/** A canvas of this size, empty, with coordinates in pixels of the page; reads the colours by the names of the style sheet's variables. */
export function sheet(canvas: HTMLCanvasElement, width: number, height: number) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  return { pen, colour: (name: string) => theme.colour(name) };
}
