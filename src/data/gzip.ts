import { UserError } from "../errors.ts";

/** Whether the bytes begin with gzip's magic number. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * At most `limit` bytes of what a gzip file holds. A file that holds no more is read to its end, where its checksum and
 * its length are checked. `name` stands for the file in errors. Throws UserError for corrupt or truncated data.
 */
export async function gunzip(bytes: Uint8Array, name: string, limit: number): Promise<Uint8Array> {
  if (typeof DecompressionStream === "undefined") {
    throw new UserError(`gzip: ${name} is compressed and this platform has no DecompressionStream; unpack it first`);
  }
  const source = new ReadableStream<BufferSource>({
    start(controller) {
      controller.enqueue(bytes as BufferSource);
      controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < limit) {
      const { done, value } = await reader.read();
      if (done) {
        checkLength(bytes, name, length);
        return join(chunks, length);
      }
      chunks.push(value);
      length += value.length;
    }
    await reader.cancel();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`gzip: ${name} is corrupt or truncated (${reason(error)})`, { cause: error });
  }
  return join(chunks, length).subarray(0, limit);
}

/** Platforms differ in what they say about bytes after the end; the length that a gzip file ends with settles it. */
function checkLength(bytes: Uint8Array, name: string, length: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const promised = bytes.length < 18 ? Number.NaN : view.getUint32(bytes.length - 4, true);
  if (promised === length % 2 ** 32) return;
  throw new UserError(
    `gzip: ${name} is corrupt or has bytes after its end (it ends with the length ${promised}, and holds ${length} bytes)`,
  );
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
