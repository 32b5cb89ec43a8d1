import { crc32c } from "./crc32.ts";

/**
 * Records of TensorFlow's files: each is its length (uint64), a checksum of these eight bytes, the data, a checksum of them. All of it is
 * little-endian. https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
const [HEAD, TAIL] = [12, 4];

/** A checksum of bytes that may hold checksums themselves: CRC-32C, rotated and moved. */
const masked = (bytes: Uint8Array): number => {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
};

/** One record. */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(HEAD + data.length + TAIL);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, HEAD);
  view.setUint32(HEAD + data.length, masked(data), true);
  return record;
}

/** A record in a file. */
export interface TfRecord {
  readonly data: Uint8Array;
  /** Where the next one begins, in bytes from the beginning of the file. */
  readonly end: number;
}

/** The records of a file from its beginning up to the first that is cut off or damaged. */
export function tfRecords(bytes: Uint8Array): TfRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: TfRecord[] = [];
  for (let at = 0; at + HEAD + TAIL <= bytes.length; ) {
    const length = view.getBigUint64(at, true);
    const from = at + HEAD;
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8))) break;
    if (length > BigInt(bytes.length - from - TAIL)) break;
    const data = bytes.subarray(from, from + Number(length));
    if (view.getUint32(from + data.length, true) !== masked(data)) break;
    at = from + data.length + TAIL;
    found.push({ data, end: at });
  }
  return found;
}
