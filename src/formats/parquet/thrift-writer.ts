/** Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), as far as Parquet's metadata need it. */
import { joined } from "../protobuf.ts";

/** A value with the code of its type. */
export interface Value {
  readonly type: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];

/** 7 bits a byte, the lowest first. */
export function varint(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    if (left < 128n) return Uint8Array.from([...bytes, Number(left)]);
    bytes.push(Number(left & 127n) | 128);
  }
}

/** Numbers near 0 are short, whatever their sign. */
const zigzag = (value: number): bigint => (value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value));

export const i32 = (value: number): Value => ({ type: I32, bytes: varint(zigzag(value)) });
export const i64 = (value: number): Value => ({ type: I64, bytes: varint(zigzag(value)) });

export function text(value: string): Value {
  const bytes = new TextEncoder().encode(value);
  return { type: BINARY, bytes: joined([varint(BigInt(bytes.length)), bytes]) };
}

/** Values of one type. */
export function list(values: readonly Value[]): Value {
  const type = values[0]?.type ?? STRUCT;
  const head =
    values.length < 15
      ? Uint8Array.of((values.length << 4) | type)
      : joined([Uint8Array.of(0xf0 | type), varint(BigInt(values.length))]);
  return { type: LIST, bytes: joined([head, ...values.map(({ bytes }) => bytes)]) };
}

/** Fields by their numbers, each at most 15 above the one before. */
export function struct(fields: Readonly<Record<number, Value>>): Value {
  let last = 0;
  const parts = Object.entries(fields).flatMap(([id, { type, bytes }]) => {
    const step = Number(id) - last;
    last = Number(id);
    return [Uint8Array.of((step << 4) | type), bytes];
  });
  return { type: STRUCT, bytes: joined([...parts, Uint8Array.of(0)]) };
}
