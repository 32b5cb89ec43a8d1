import { CorruptData } from "../inflate.ts";
import type { Field } from "./metadata.ts";

/** Receives the cells of a column, one after another. */
export interface Cells {
  number(value: number): void;
  missing(): void;
  /** A text in these bytes, from `start` to before `end`. */
  text(bytes: Uint8Array, start: number, end: number): void;
  /** A date, a time, a name, or a whole number that no double holds. */
  word(text: string): void;
}

/** Gives the next value of a page to `cells`. */
export type Give = (cells: Cells) => void;

/** The values that lie one after another as they are (PLAIN). Throws CorruptData. */
export function plain(field: Field, bytes: Uint8Array, start = 0): Give {
  let at = start;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const next = (width: number): number => {
    if (width > bytes.length - at) throw new CorruptData("a page has fewer values than it says");
    at += width;
    return at - width;
  };
  const give = integer(field);
  if (field.physical === "INT32") return (cells) => give(cells, view.getInt32(next(4), true));
  if (field.physical === "INT64") return (cells) => give(cells, longAt(view, next(8)));
  if (field.physical === "FLOAT") return (cells) => cells.number(view.getFloat32(next(4), true));
  if (field.physical === "DOUBLE") return (cells) => cells.number(view.getFloat64(next(8), true));
  if (field.physical === "INT96") return (cells) => cells.word(oldTime(view, next(12)));
  if (field.physical === "BOOLEAN") {
    let bit = 8 * start;
    return (cells) => {
      const byte = bytes[bit >> 3];
      if (byte === undefined) throw new CorruptData("a page has fewer values than it says");
      cells.word((byte >> (bit++ & 7)) & 1 ? "true" : "false");
    };
  }
  const take = inBytes(field);
  if (field.physical === "FIXED_LEN_BYTE_ARRAY")
    return (cells) => {
      const from = next(field.width);
      take(cells, bytes, from, at);
    };
  return (cells) => {
    const from = next(view.getUint32(next(4), true));
    take(cells, bytes, from, at);
  };
}

/** How a value of bytes is given. */
export function inBytes({
  meaning,
  scale,
  width,
  physical,
}: Field): (cells: Cells, bytes: Uint8Array, start: number, end: number) => void {
  // biome-ignore format: one line
  if (meaning === "decimal")
    return (cells, bytes, start, end) => cells.number(scaled(bigEndian(bytes, start, end), scale));
  if (meaning === "uuid" && width === 16)
    return (cells, bytes, start) => {
      const hex = Array.from(bytes.subarray(start, start + 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
      cells.word(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
    };
  if (meaning === "float16" && width === 2)
    return (cells, bytes, start) => cells.number(half(bytes[start]! + 256 * bytes[start + 1]!));
  if (physical === "BYTE_ARRAY") return (cells, bytes, start, end) => cells.text(bytes, start, end);
  throw new CorruptData("a column of bytes has no meaning");
}

/** How a whole number is given. */
export function integer({ meaning, physical, scale, ticks, isUtc }: Field): (cells: Cells, value: Whole) => void {
  if (meaning === "decimal") return (cells, value) => cells.number(scaled(value, scale));
  if (meaning === "date") return (cells, value) => cells.word(dateText(Number(value)));
  if (meaning === "time" || meaning === "timestamp") {
    const isTime = meaning === "time";
    return (cells, value) => cells.word(timeText(value, ticks, isTime, isUtc));
  }
  const whole = (cells: Cells, value: Whole): void =>
    typeof value === "number" ? cells.number(value) : cells.word(String(value));
  if (meaning !== "unsigned") return whole;
  if (physical === "INT32") return (cells, value) => cells.number(Number(value) >>> 0);
  return (cells, value) => whole(cells, value >= 0 ? value : narrow(BigInt.asUintN(64, BigInt(value))));
}

/** A whole number: a bigint where no double holds it. */
type Whole = number | bigint;

/** The number of a bigint where a double holds it. */
export const narrow = (value: bigint): Whole =>
  value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;

function longAt(view: DataView, at: number): Whole {
  const high = view.getInt32(at + 4, true);
  const isSafe = high >= -0x200000 && high < 0x200000;
  return isSafe ? 2 ** 32 * high + view.getUint32(at, true) : narrow(view.getBigInt64(at, true));
}

function bigEndian(bytes: Uint8Array, start: number, end: number): Whole {
  if (end - start > 64) throw new CorruptData("a decimal must have at most 64 bytes");
  let value = 0n;
  for (let at = start; at < end; at++) value = (value << 8n) | BigInt(bytes[at]!);
  return narrow(BigInt.asIntN(8 * (end - start), value));
}

/** Powers of ten that a double holds exactly. */
const EXACT = 22;

/** The double next to value / 10^scale. */
const scaled = (value: Whole, scale: number): number =>
  typeof value === "number" && scale >= 0 && scale <= EXACT ? value / 10 ** scale : Number(`${value}e${-scale}`);

/** Milliseconds from 1970 that a Date takes, and those of a day. */
const [FARTHEST, DAY] = [8.64e15, 86_400_000];

const iso = (milliseconds: number): string | undefined =>
  Math.abs(milliseconds) <= FARTHEST ? new Date(milliseconds).toISOString() : undefined;

const dateText = (days: number): string => iso(days * DAY)?.split("T")[0] ?? `${days} days`;

function timeText(value: Whole, ticks: number, isTime: boolean, isUtc: boolean): string {
  const whole = BigInt(value);
  const per = BigInt(ticks);
  let seconds = whole / per;
  if (whole < seconds * per) seconds--;
  const rest = String(whole - seconds * per).padStart(Math.round(Math.log10(ticks)), "0").replace(/0+$/, ""); // biome-ignore format: one line
  const text = iso(1000 * Number(seconds))?.replace(/\.000Z$/, "");
  if (text === undefined) return `${value} of ${ticks} a second`;
  return `${isTime ? text.slice(11) : text}${rest === "" ? "" : `.${rest}`}${isUtc && !isTime ? "Z" : ""}`;
}

/** The Julian day of 1970-01-01. */
const FIRST_DAY = 2_440_588;

/** A time of 96 bits, as Impala and old Spark write it: nanoseconds of the day, and the Julian day. */
function oldTime(view: DataView, at: number): string {
  const days = BigInt(view.getInt32(at + 8, true) - FIRST_DAY);
  return timeText(days * 86_400_000_000_000n + view.getBigInt64(at, true), 1e9, false, false);
}

/** IEEE 754's binary16. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
