import { formulaWidth } from "./formula.ts";
import type { StepGraph, StepNode } from "./step-graph.ts";

/** Half of what a node takes, with the space around it, and half of what it takes at least. */
function halfOf({ kind, label, symbol, taps }: StepNode): readonly [usual: number, least: number] {
  if (kind === "neuron") return [Math.max(38, 6 * taps.length + 12), Math.max(27, 5 * taps.length + 6)];
  if (kind === "bend") return [18, 9];
  if (kind === "end") return [40, 10 + formulaWidth(label, 14) / 2];
  const named = symbol === "" ? 0 : formulaWidth(symbol, 11);
  return [26 + named, 17 + named];
}

/** Gives each node its x in a picture of this width: beside what it is connected to, in an order with few crossings. */
export function place({ layers }: StepGraph, from: number, to: number): void {
  const readers = new Map<StepNode, StepNode[]>();
  for (const node of layers.flat())
    for (const source of node.inputs) readers.set(source, [...(readers.get(source) ?? []), node]);
  const orders = layers.map((layer) => [...layer]);
  for (const order of orders)
    order.forEach((node, i) => {
      node.x = from + ((i + 0.5) * (to - from)) / order.length;
    });
  const near = (node: StepNode, others: readonly StepNode[]): number =>
    others.length === 0 ? node.x : others.reduce((sum, { x }) => sum + x, 0) / others.length;
  for (let sweep = 0; sweep < 24; sweep++) {
    const down = sweep % 2 === 0;
    const sorts = sweep < 12;
    for (const order of down ? orders : orders.toReversed()) {
      const wanted = new Map(order.map((node) => [node, near(node, down ? node.inputs : (readers.get(node) ?? []))]));
      if (sorts) order.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      spread(
        order,
        order.map((node) => wanted.get(node)!),
        from,
        to,
      );
    }
  }
}

/** The places nearest to those wanted, in this order, without overlap: neighbours that collide are pushed apart alike. */
function spread(order: readonly StepNode[], wanted: readonly number[], from: number, to: number): void {
  let groups: { nodes: number[]; at: number; half: number }[] = [];
  const halves = halvesOf(order, to - from);
  const offsets = (nodes: readonly number[]): number[] => {
    let x = 0;
    return nodes.map((i) => {
      x += 2 * halves[i]!;
      return x - halves[i]!;
    });
  };
  const placed = (nodes: number[]): { nodes: number[]; at: number; half: number } => {
    const widths = offsets(nodes);
    const half = nodes.reduce((sum, i) => sum + halves[i]!, 0);
    const centre = nodes.reduce((sum, i, k) => sum + wanted[i]! - widths[k]! + half, 0) / nodes.length;
    return { nodes, half, at: Math.min(Math.max(centre, from + half), to - half) };
  };
  for (let i = 0; i < order.length; i++) {
    groups.push(placed([i]));
    while (groups.length > 1) {
      const [a, b] = [groups.at(-2)!, groups.at(-1)!];
      if (a.at + a.half <= b.at - b.half + 0.01) break;
      groups = [...groups.slice(0, -2), placed([...a.nodes, ...b.nodes])];
    }
  }
  for (const { nodes, at, half } of groups)
    offsets(nodes).forEach((offset, k) => {
      order[nodes[k]!]!.x = at - half + offset;
    });
}

/** Half of what each takes: less than usual where a layer is full. */
function halvesOf(order: readonly StepNode[], width: number): number[] {
  const halves = order.map(halfOf);
  const [usual, least] = [0, 1].map((i) => halves.reduce((sum, half) => sum + 2 * half[i]!, 0)) as [number, number];
  const share = usual <= width ? 1 : Math.max(0, (width - least) / (usual - least));
  const squeezed = share > 0 ? 1 : width / least;
  return halves.map(([most, few]) => squeezed * (few + share * (most - few)));
}
