/** A reader of event files, written from the formats' descriptions and apart from what writes them: bit by bit, and by the wire alone. */

/** CRC-32C by its definition, a bit at a time. */
function crc(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const out = (remainder ^ (byte >> bit)) & 1;
      remainder = (remainder >>> 1) ^ (out ? 0x82f63b78 : 0);
    }
  return (remainder ^ 0xffffffff) >>> 0;
}

const masked = (bytes: Uint8Array): number => {
  const sum = BigInt(crc(bytes));
  return Number((((sum >> 15n) | (sum << 17n)) + 0xa282ead8n) & 0xffffffffn);
};

/** The messages of a file. Throws where a length, a checksum or the file's end is wrong. */
export function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const length = Number(view.getBigUint64(at, true));
    if (view.getUint32(at + 8, true) !== masked(file.subarray(at, at + 8)))
      throw new Error(`checksum of a length at ${at}`);
    const data = file.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 12 + length, true) !== masked(data)) throw new Error(`checksum of data at ${at}`);
    found.push(data);
    at += 16 + length;
  }
  return found;
}

/** Fields of a message by number, each as often as it occurs: numbers, or bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

/** Takes a message apart by the wire format. Throws where it is none. */
export function fieldsOf(message: Uint8Array): Fields {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= message.length) throw new Error("a number beyond the end of its message");
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new Error("a field beyond the end of its message");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    if (![0, 1, 2, 5].includes(kind)) throw new Error(`wire type ${kind}`);
    const value = kind === 0 ? varint() : take(kind === 1 ? 8 : kind === 5 ? 4 : Number(varint()));
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const only = (fields: Fields, number: number): bigint | Uint8Array => {
  const [value, ...more] = fields.get(number) ?? [];
  if (value === undefined || more.length > 0) throw new Error(`field ${number} occurs ${more.length} times too often`);
  return value;
};
export const bytesAt = (fields: Fields, number: number): Uint8Array => only(fields, number) as Uint8Array;
export const textAt = (fields: Fields, number: number): string => new TextDecoder().decode(bytesAt(fields, number));
export const intAt = (fields: Fields, number: number): number => Number(only(fields, number));
/** Packed or single numbers of 4 or 8 bytes. */
export function floatsAt(fields: Fields, number: number, width: 4 | 8): number[] {
  const bytes = bytesAt(fields, number);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / width }, (_, i) =>
    width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  );
}

/** An event with its values by tag. */
export interface ReadEvent {
  readonly seconds: number;
  readonly step: number;
  readonly values: ReadonlyMap<string, Fields>;
}

/** The events behind the version, which must come first. Throws where a tag occurs twice at a step. */
export function eventsOf(file: Uint8Array): ReadEvent[] {
  const [version, ...events] = recordsOf(file).map(fieldsOf);
  if (textAt(version!, 3) !== "brain.Event:2") throw new Error("the version must come first");
  return events.map((event) => {
    const values = (fieldsOf(bytesAt(event, 5)).get(1) ?? []).map((value) => fieldsOf(value as Uint8Array));
    const byTag = new Map(values.map((value) => [textAt(value, 1), value]));
    if (byTag.size !== values.length) throw new Error("a tag occurs twice");
    return { seconds: floatsAt(event, 1, 8)[0]!, step: intAt(event, 2), values: byTag };
  });
}

/** The scalars of an event by tag. */
export const scalarsOf = ({ values }: ReadEvent): Map<string, number> =>
  new Map(
    Array.from(values)
      .filter(([, value]) => value.has(2))
      .map(([tag, value]) => [tag, floatsAt(value, 2, 4)[0]!]),
  );
