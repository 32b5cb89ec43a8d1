/**
 * Messages of protocol buffers, written field by field (https://protobuf.dev/programming-guides/encoding). A field's number is the one in the
 * format's own .proto file. A message is its fields in a row: `joined([int(1, 8), text(2, "heaviside")])`.
 */
export type Message = Uint8Array<ArrayBuffer>;

const LARGEST_FIELD = 2 ** 29 - 1;
/** How a value is laid out; it follows a field's number. */
const wire = { varint: 0, eightBytes: 1, counted: 2, fourBytes: 5 } as const;

/** 7 bits a byte, the lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Message {
  let left = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    bytes.push(left > 0n ? low | 0x80 : low);
  } while (left > 0n);
  return Uint8Array.from(bytes);
}

function tag(field: number, how: keyof typeof wire): Message {
  if (!Number.isInteger(field) || field < 1 || field > LARGEST_FIELD)
    throw new Error(`protobuf: a field's number must be a whole number from 1 to ${LARGEST_FIELD}, received ${field}`);
  return varint(BigInt(field) * 8n + BigInt(wire[how]));
}

/** Fields in a row: a message. */
export function joined(fields: readonly Uint8Array[]): Message {
  const message = new Uint8Array(fields.reduce((length, field) => length + field.length, 0));
  let at = 0;
  for (const field of fields) {
    message.set(field, at);
    at += field.length;
  }
  return message;
}

/** An int32, int64, uint64, bool or enum. */
export const int = (field: number, value: number | bigint): Message => joined([tag(field, "varint"), varint(value)]);

/** A float: 4 bytes. */
export function float(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([tag(field, "fourBytes"), bytes]);
}

/** A double: 8 bytes. */
export function double(field: number, value: number): Message {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([tag(field, "eightBytes"), bytes]);
}

/** Bytes, or a message within this one. */
export const bytes = (field: number, value: Uint8Array): Message =>
  joined([tag(field, "counted"), varint(value.length), value]);

/** A string, as UTF-8. */
export const text = (field: number, value: string): Message => bytes(field, new TextEncoder().encode(value));

/** A repeated number in one field ("packed"): doubles. */
export function doubles(field: number, values: readonly number[]): Message {
  const packed = new Uint8Array(8 * values.length);
  const view = new DataView(packed.buffer);
  for (const [i, value] of values.entries()) view.setFloat64(8 * i, value, true);
  return bytes(field, packed);
}

/** A repeated number in one field ("packed"): int32, int64, uint64, bool or enum. */
export const ints = (field: number, values: readonly (number | bigint)[]): Message =>
  bytes(field, joined(values.map(varint)));
