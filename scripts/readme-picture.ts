// README's picture: a trained network that reads one digit, a decision and the slope that stands in for its own, and what skipping saves.
import { array, backend, compile, key, loadDataset, mlp, type Params, type Tensor, train } from "../src/index.ts";

/** One digit of the test set as a trained network saw it, and what its 400 neurons did. */
export interface Digit {
  readonly label: number;
  /** 28 × 28, each from 0 to 255. */
  readonly pixels: readonly number[];
  /** The neurons' pre-activations a, and what they sent: b = 1 with probability σ(a). */
  readonly a: readonly number[];
  readonly b: readonly (0 | 1)[];
  /** The probabilities of the ten classes, from b. */
  readonly classes: readonly number[];
}

/** Trains the network of README's example, and shows it the fifth image of the test set. */
export async function trainDigit(): Promise<Digit> {
  const AT = 4;
  const data = await loadDataset("mnist", { limit: 10_000 });
  const model = mlp({ input: 784, hidden: [{ units: 400, estimator: "straight-through-slope" }], classes: 10 });
  const options = { epochs: 3, optimizer: { name: "momentum", rate: 0.3 }, seed: 1 } as const;
  await backend();
  const { params } = await train(model, data, options);
  const { x, label } = data.test.fields;
  const image = Array.from(x!.data.subarray(AT * 784, (AT + 1) * 784));
  const pass = compile(([first, second]: Params<Tensor>, input: Tensor) => {
    const a = input.matmul(first!.weight!).add(first!.bias!);
    const b = key(1).bernoulli(a.sigmoid());
    return { a, b, classes: b.matmul(second!.weight!).add(second!.bias!).softmax() };
  });
  const { a, b, classes } = pass(params, array([image]));
  const rounded = (list: ArrayLike<number>) => Array.from(list, (value) => Number(value.toFixed(3)));
  return {
    label: label!.data[AT]!,
    pixels: image.map((value) => Math.round(255 * value)),
    a: rounded(a.data),
    b: Array.from(b.data, (bit) => (bit === 1 ? 1 : 0)),
    classes: rounded(classes.data),
  };
}

const WIDTH = 800;
const HEIGHT = 690;

const style = `
  :root { --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --off: #e3e8ee; --fire: #c2410c; --cool: #1f6feb }
  @media (prefers-color-scheme: dark) {
    :root { --page: #0d1117; --ink: #f0f6fc; --quiet: #a5afba; --line: #3d444d; --off: #2a313a; --fire: #ff9248; --cool: #6cb0ff }
  }
  text { font: 23px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink) }
  .title { font-weight: 700; font-size: 27px } .quiet { fill: var(--quiet) } .fire { fill: var(--fire) } .cool { fill: var(--cool) }
  .end { text-anchor: end } .mid { text-anchor: middle } .bold { font-weight: 700 }
  .page { fill: var(--page) } .off { fill: var(--off) } .ink { fill: var(--ink) }
  .axis { stroke: var(--line); stroke-width: 2; fill: none } .curve { fill: none; stroke-width: 4; stroke-linecap: round }
  .curve.fire { fill: none; stroke: var(--fire) } .curve.cool { fill: none; stroke: var(--cool); stroke-dasharray: 2 9 }`;

const text = (x: number, y: number, words: string, kind = ""): string =>
  `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`}>${words}</text>`;
const round = (value: number): string => String(Math.round(10 * value) / 10);
const box = (x: number, y: number, width: number, height: number, more: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${more}/>`;
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

/** The digit, the neurons, and the probabilities of the classes, from left to right. */
function network({ pixels, b, classes }: Digit): string {
  const [top, side] = [78, 6];
  const ink = pixels.flatMap((value, i) =>
    value < 20
      ? []
      : [
          box(
            16 + side * (i % 28),
            top + 34 + side * Math.floor(i / 28),
            side,
            side,
            `class="ink" opacity="${(value / 255).toFixed(2)}"`,
          ),
        ],
  );
  const dots = b.map((bit, i) => {
    const [x, y] = [242 + 13.4 * (i % 25), top + 8 + 15 * Math.floor(i / 25)];
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${bit ? 5.6 : 3}" class="${bit ? "fire" : "off"}"/>`;
  });
  const best = classes.indexOf(Math.max(...classes));
  const bars = classes.map((p, i) => {
    const y = top + 8 + 25 * i;
    const kind = i === best ? "bold" : "quiet";
    const bar = box(648, y - 8, Math.max(2, 134 * p), 15, `class="${i === best ? "ink" : "off"}"`);
    return text(634, y + 8, String(i), `end ${kind}`) + bar;
  });
  const arrow = (x: number) => `<path class="axis" d="M${x} ${top + 118}h22m-8 -8l8 8l-8 8"/>`;
  const fired = b.filter((bit) => bit === 1).length;
  return [
    text(16, 36, `400 neurons fire or stay silent, and read a ${best}`, "title"),
    ...[...ink, ...dots, ...bars, arrow(196), arrow(584)],
    text(100, top + 268, "one image", "mid quiet"),
    text(402, top + 268, `${fired} neurons fire`, "mid fire"),
    text(712, top + 268, "P(digit)", "mid quiet"),
  ].join("\n");
}

/** What the same neurons send over their pre-activation; beneath, the slope of that, and the slope that an estimator puts there. */
function decision({ a, b }: Digit): string {
  const [left, width, top, height, base] = [30, 330, 452, 92, 640];
  const x = (value: number): number => left + (width * (value + 7)) / 14;
  const y = (value: number): number => top + height * (1 - value);
  const along = Array.from({ length: 57 }, (_, i) => -7 + i / 4);
  const path = (f: (value: number) => number): string =>
    `M${along.map((value) => `${round(x(value))} ${round(f(value))}`).join("L")}`;
  const dots = a.map((value, i) =>
    Math.abs(value) > 7
      ? ""
      : `<circle cx="${round(x(value))}" cy="${round(y(b[i]!))}" r="5" class="fire" opacity="0.45"/>`,
  );
  const slope = (value: number): number => base - 240 * sigmoid(value) * (1 - sigmoid(value));
  return [
    text(16, 408, "Train hard decisions", "title"),
    `<path class="axis" d="M${left} ${y(0)}h${width}M${left} ${y(1)}h${width}M${left} ${base}h${width}"/>`,
    `<path class="curve cool" d="${path((value) => y(sigmoid(value)))}"/>`,
    ...dots,
    text(left, y(1) + 32, "output: 1", "fire"),
    text(left + width, y(0) - 14, "or 0", "end fire"),
    text(left + width / 2 + 34, y(0.5) + 8, "P(1) = σ", "cool"),
    `<path class="curve fire" d="${path(() => base)}"/>`,
    `<path class="curve cool" d="${path(slope)}"/>`,
    text(left, base - 14, "slope: 0", "fire"),
    text(left + width / 2 + 52, base - 34, "σ′ instead", "cool"),
    text(left + width / 2, base + 32, "input of the neuron", "mid quiet"),
  ].join("\n");
}

/** Blocks of ten examples, of which a tenth is open, and the times of the layer in full and with closed blocks skipped. */
function skipping({ dense, skip }: { readonly dense: number; readonly skip: number }): string {
  const [left, top, columns, rows, step] = [436, 440, 40, 9, 8.6];
  const blocks = Array.from({ length: columns * rows }, (_, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    // Four open blocks of forty in each row, at places that look drawn.
    const open = [0, 1, 2, 3].some((k) => (7 * row + 11 * k + 3 * row * k + 5 * row * row) % columns === column);
    return box(left + step * column, top + step * row, 7, 7, `rx="1" class="${open ? "fire" : "off"}"`);
  });
  const scale = 230;
  const bar = (y: number, time: number, kind: string): string =>
    box(left, y, (scale * time) / dense, 22, `rx="2" class="${kind}"`) +
    text(
      left + (scale * time) / dense + 10,
      y + 20,
      `${time.toFixed(1)} ms`,
      kind === "off" ? "quiet" : `bold ${kind}`,
    );
  return [
    text(left, 408, "Skip closed blocks", "title"),
    ...blocks,
    text(left, 550, "all blocks", "quiet"),
    bar(560, dense, "off"),
    text(left, 616, "open blocks only", "fire"),
    bar(626, skip, "fire"),
  ].join("\n");
}

/** The picture, which follows the reader's light or dark mode. Text is 11 px high where it is shown 390 px wide. */
export const picture = (digit: Digit, times: { readonly dense: number; readonly skip: number }): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="what">`,
    `<title id="what">Neurons that fire or stay silent read a digit; an estimator lets training pass through their decisions; closed blocks are skipped.</title>`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    network(digit),
    `<path class="axis" d="M16 370H784M404 384V674"/>`,
    decision(digit),
    skipping(times),
    "</svg>\n",
  ].join("\n");
