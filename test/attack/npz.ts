import { deflateRawSync } from "node:zlib";
import { UserError } from "../../src/errors.ts";
import { type EncodableNpy, encodeNpy, encodeNpz, readNpy, readNpz } from "../../src/formats/npy.ts";
import { Draws, damages } from "./draws.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Good .npy and .npz files, damaged: each is read right or refused by a UserError, in little memory. */
export const npz: Suite = {
  name: "npz",
  about: "damaged .npy and .npz files",
  cases: 4000,
  full: 100_000,
  run: (options) =>
    eachCase(options, async (seed) => {
      const draws = new Draws(seed);
      return draws.oneIn(3) ? arrayCase(draws) : archiveCase(draws);
    }),
};

const REFUSED = "refused";
/** Bytes that a case may take beside ten times the file: tables of codes, small arrays. */
const SMALL = 200_000;

/** What `read` gives, or REFUSED; any error but a UserError with a message is passed on, and so is a hunger for memory. */
function attempt<Result>(file: Uint8Array, read: () => Result): Result | typeof REFUSED {
  const before = process.memoryUsage().arrayBuffers;
  let found: Result | typeof REFUSED = REFUSED;
  try {
    found = read();
  } catch (error) {
    if (!(error instanceof UserError && /^(zip|npy|npz): ./.test(error.message))) throw error;
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  if (taken > 10 * file.length + SMALL) throw new Error(`took ${taken} bytes for a file of ${file.length}`);
  return found;
}

const damaged = (bytes: Uint8Array, draws: Draws): Uint8Array => {
  let found = bytes;
  for (let n = 1 + draws.below(2); n > 0; n--) found = draws.of(Object.values(damages))(found, draws);
  return found;
};

const kinds = [Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array];

function drawnArray(draws: Draws): EncodableNpy {
  const shape = Array.from({ length: draws.below(4) }, () => draws.below(9));
  const count = shape.reduce((product, length) => product * length, 1);
  if (draws.oneIn(6)) return { shape, data: new Uint8Array(draws.bytes(count)).map((byte) => byte & 1), type: "bool" };
  if (draws.oneIn(6)) return { shape, data: Float64Array.from(draws.bytes(count), (byte) => 2 ** (byte % 53)), type: "int64" }; // biome-ignore format: one line
  return { shape, data: new (draws.of(kinds))(new Uint8Array(draws.bytes(8 * count)).buffer).slice(0, count) };
}

const told = ({ shape, data }: Pick<EncodableNpy, "shape" | "data">): string =>
  `[${shape.join()}] ${Array.from(data).join()}`;

/** One array, damaged: where it is read, its elements are the last bytes of the file. */
function arrayCase(draws: Draws): string {
  const array = drawnArray(draws);
  const good = encodeNpy(array);
  const isWhole = draws.oneIn(5);
  const bytes = isWhole ? good : damaged(good, draws);
  const read = attempt(bytes, () => readNpy(bytes, "file"));
  if (read === REFUSED) {
    if (isWhole) throw new Error(`refused a good array ${told(array)}`);
    return REFUSED;
  }
  if (isWhole && told(read) !== told(array)) throw new Error(`read ${told(read)}, there is ${told(array)}`);
  const again = readNpy(encodeNpy(read), "file");
  if (told(again) !== told(read)) throw new Error(`${told(read)} came back as ${told(again)}`);
  return "read";
}

/** Stored parts of a ZIP file, deflated: written anew from the parts of the format that are not ours to choose. */
function deflated(bytes: Uint8Array): Uint8Array {
  const whole = Buffer.from(bytes);
  const end = whole.length - 22;
  const [parts, listed]: [Buffer[], Buffer[]] = [[], []];
  let place = 0;
  for (let at = whole.readUInt32LE(end + 16); at < end; ) {
    const length = whole.readUInt16LE(at + 28);
    const entry = Buffer.from(whole.subarray(at, at + 46 + length));
    const from = entry.readUInt32LE(42);
    const content = whole.subarray(from + 30 + length, from + 30 + length + entry.readUInt32LE(20));
    const packed = deflateRawSync(content);
    const local = Buffer.from(whole.subarray(from, from + 30 + length));
    for (const [header, method] of [
      [local, 8],
      [entry, 10],
    ] as const) {
      // biome-ignore format: pairs
      header.writeUInt16LE(8, method);
      header.writeUInt32LE(packed.length, method + 10);
    }
    entry.writeUInt32LE(place, 42);
    place += local.length + packed.length;
    parts.push(local, packed);
    listed.push(entry);
    at += 46 + length;
  }
  const last = Buffer.from(whole.subarray(end));
  last.writeUInt32LE(place, 16);
  return Buffer.concat([...parts, ...listed, last]);
}

/** Several arrays, one or the whole of them damaged: where the whole is read, checksums say that all is as it was. */
function archiveCase(draws: Draws): string {
  const arrays = new Map(Array.from({ length: draws.below(4) }, (_, i) => [`array ${i}`, drawnArray(draws)] as const));
  const stored = encodeNpz(arrays);
  const good = draws.oneIn(2) ? stored : deflated(stored);
  const isWhole = draws.oneIn(5);
  const bytes = isWhole ? good : damaged(good, draws);
  const read = attempt(bytes, () => readNpz(bytes, "file"));
  if (read === REFUSED) {
    if (isWhole) throw new Error("refused a good file");
    return REFUSED;
  }
  const say = (all: ReadonlyMap<string, EncodableNpy>) =>
    Array.from(all, ([name, array]) => `${name} ${told(array)}`).join("\n");
  if (say(read) !== say(arrays)) throw new Error(`read ${say(read)}\nthere is ${say(arrays)}`);
  return "read";
}
