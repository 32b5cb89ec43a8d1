/** Whether the page is dark: what is drawn on a canvas has no style sheet that follows. */
const query = matchMedia("(prefers-color-scheme: dark)");

class Dark {
  value = $state(query.matches);
  constructor() {
    query.addEventListener("change", () => (this.value = query.matches));
  }
}
export const dark = new Dark();

/** A canvas of this size, empty, with coordinates in pixels of the page; reads the colours by the names of the style sheet's variables. */
export function sheet(canvas: HTMLCanvasElement, width: number, height: number) {
  void dark.value;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const style = getComputedStyle(canvas);
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  return { pen, colour: (name: string) => style.getPropertyValue(name) };
}
