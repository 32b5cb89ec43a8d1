/** An arrow from one point to another; a short one is all head, and where both are the same there is none. */
export function drawArrow(
  context: CanvasRenderingContext2D,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  { colour, width }: { readonly colour: string; readonly width: number },
): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 0.5)) return;
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(length, 5 + 2.5 * width);
  const half = head * 0.5;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1 - dx * head * 0.8, y1 - dy * head * 0.8);
  context.stroke();
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - dx * head - dy * half, y1 - dy * head + dx * half);
  context.lineTo(x1 - dx * head + dy * half, y1 - dy * head - dx * half);
  context.fill();
}
