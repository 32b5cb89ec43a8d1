/** A checksum of 32 bits over some pieces in a row: unsigned. */
type Checksum = (...pieces: readonly Uint8Array[]) => number;

/** @param polynomial the generator, its bits reflected and without the leading one */
function checksumBy(polynomial: number): Checksum {
  const [table0, table1, table2, table3] = madeTables(polynomial) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  return (...pieces) => {
    let crc = -1;
    for (const bytes of pieces) {
      let i = 0;
      for (; i + 4 <= bytes.length; i += 4) {
        crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
        crc =
          table3[crc & 0xff]! ^
          table2[(crc >>> 8) & 0xff]! ^
          table1[(crc >>> 16) & 0xff]! ^
          table0[(crc >>> 24) & 0xff]!;
      }
      for (; i < bytes.length; i++) crc = table0[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
    }
    return ~crc >>> 0;
  };
}

/** tables[k][byte]: what a byte with k zero bytes after it adds to the sum, so that four bytes are one step. */
function madeTables(polynomial: number): Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let x = byte;
    for (let k = 0; k < 4; k++) {
      for (let bit = 0; bit < 8; bit++) x = x & 1 ? (x >>> 1) ^ polynomial : x >>> 1;
      tables[k]![byte] = x;
    }
  }
  return tables;
}

/** The CRC-32 of gzip and PNG. It finds every damage of up to 32 bits in a row. ISO 3309. */
export const crc32: Checksum = checksumBy(0xedb88320);

/** The CRC-32C of TensorBoard's files (Castagnoli's polynomial). RFC 3720, section 12.1. */
export const crc32c: Checksum = checksumBy(0x82f63b78);
