// Networks that the page trained, as the browser remembers them: one for each name, so that an older one makes room.

const CACHE = "heaviside-lab";
const [KEY, SUM] = ["x-key", "x-sum"];
const addressOf = (name: string): string => new URL(`remembered/${name}`, document.baseURI).href;

async function sumOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A key of all that decides the numbers; undefined where the browser remembers nothing, as over plain http, or something isn't known. */
export const keyOf = async (...all: readonly (string | null)[]): Promise<string | undefined> =>
  typeof caches === "undefined" || crypto.subtle === undefined || all.includes(null)
    ? undefined
    : sumOf(new TextEncoder().encode(JSON.stringify(all)));

/** The file that was remembered; undefined where there is none of this key, or it is damaged. */
export async function recall(name: string, key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const found = await (await caches.open(CACHE)).match(addressOf(name));
    if (found?.headers.get(KEY) !== key) return undefined;
    const bytes = new Uint8Array(await found.arrayBuffer());
    return found.headers.get(SUM) === (await sumOf(bytes)) ? bytes : undefined;
  } catch {
    // A private window may refuse.
    return undefined;
  }
}

/** Remembers a file, in place of the one before. */
export async function remember(name: string, key: string, file: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const headers = { [KEY]: key, [SUM]: await sumOf(file) };
    await (await caches.open(CACHE)).put(addressOf(name), new Response(file, { headers }));
  } catch {
    // There is no room, or a private window refuses: it is trained again then.
  }
}
