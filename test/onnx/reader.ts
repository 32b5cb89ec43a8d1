/** An ONNX file read back, apart from what writes it: only what the tests look at. */

type Field = { readonly field: number; readonly number: bigint; readonly bytes: Uint8Array };

/** The fields of a message in their order. */
function fieldsOf(message: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("a message ends within a number");
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [field, wire] = [tag >> 3, tag & 7];
    const number = wire === 0 ? varint() : 0n;
    const length = wire === 2 ? Number(varint()) : wire === 5 ? 4 : wire === 1 ? 8 : 0;
    if (wire === 3 || wire === 4 || wire > 5 || at + length > message.length)
      throw new Error(`field ${field} of wire type ${wire}`);
    found.push({ field, number, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return found;
}

const all = (message: Uint8Array, field: number): Uint8Array[] =>
  fieldsOf(message).flatMap((found) => (found.field === field ? [found.bytes] : []));
const texts = (message: Uint8Array, field: number): string[] =>
  all(message, field).map((bytes) => new TextDecoder().decode(bytes));
const numberIn = (message: Uint8Array, field: number): number =>
  Number(fieldsOf(message).find((found) => found.field === field)?.number ?? 0n);

export interface ReadNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Graphs among its attributes. */
  readonly graphs: readonly ReadGraph[];
  readonly attributes: readonly string[];
}

export interface ReadGraph {
  readonly nodes: readonly ReadNode[];
  /** Bytes of each array by its name. */
  readonly arrays: Readonly<Record<string, number>>;
  /** Element type and axes, which are numbers or names, of each input and output. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

function graphOf(message: Uint8Array): ReadGraph {
  const described = (field: number) =>
    Object.fromEntries(
      all(message, field).map((value) => {
        const tensor = all(all(value, 2)[0]!, 1)[0]!;
        const axes = all(all(tensor, 2)[0]!, 1).map((axis) => texts(axis, 2)[0] ?? numberIn(axis, 1));
        return [texts(value, 1)[0]!, [numberIn(tensor, 1), ...axes]];
      }),
    );
  return {
    nodes: all(message, 1).map((node) => ({
      op: texts(node, 4)[0]!,
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      attributes: all(node, 5).map((attribute) => texts(attribute, 1)[0]!),
      graphs: all(node, 5).flatMap((attribute) => all(attribute, 6).map(graphOf)),
    })),
    arrays: Object.fromEntries(all(message, 5).map((array) => [texts(array, 8)[0]!, all(array, 9)[0]?.length ?? 0])),
    inputs: described(11),
    outputs: described(12),
  };
}

export function readOnnx(bytes: Uint8Array) {
  return {
    format: numberIn(bytes, 1),
    opsets: all(bytes, 8).map((opset) => numberIn(opset, 2)),
    metadata: Object.fromEntries(all(bytes, 14).map((entry) => [texts(entry, 1)[0]!, texts(entry, 2)[0]!])),
    graph: graphOf(all(bytes, 7)[0]!),
  };
}

/** Every node, those of graphs within graphs too. */
export const nodesOf = (graph: ReadGraph): ReadNode[] =>
  graph.nodes.flatMap((node) => [node, ...node.graphs.flatMap(nodesOf)]);

/** Names that a node reads before anything made them. In ONNX there must be none. */
export function unknownNames(graph: ReadGraph, outer: ReadonlySet<string> = new Set()): string[] {
  const known = new Set([...outer, ...Object.keys(graph.arrays), ...Object.keys(graph.inputs)]);
  const unknown: string[] = [];
  for (const { inputs, outputs, graphs } of graph.nodes) {
    unknown.push(...inputs.filter((name) => !known.has(name)));
    for (const inner of graphs) unknown.push(...unknownNames(inner, known));
    for (const name of outputs) {
      if (known.has(name)) unknown.push(`${name} twice`);
      known.add(name);
    }
  }
  return [...unknown, ...Object.keys(graph.outputs).filter((name) => !known.has(name))];
}
