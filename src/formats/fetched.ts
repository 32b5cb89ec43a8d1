import { cut } from "../rules.ts";

/** Ends a reading with a reason, in words that follow the name of what is read: "can't be fetched: 404 Not Found". */
export type Refuse = (reason: string) => never;

/** An address as messages name it: a data: URL is a whole file, and a password is nobody's business. */
export const shownAddress = (href: string): string =>
  /^data:/i.test(href) ? "a data: URL" : cut(withoutPassword(href), 300);

const withoutPassword = (text: string): string => text.replace(/(\w:\/\/)[^/?#@\s]*@/g, "$1");

/**
 * The bytes behind an address. Refuses one that can't be reached, an answer that is no success, an empty one, and an HTML page.
 * @param expected what it shall be, in messages: "WebAssembly"
 */
export async function fetched(href: string, expected: string, refuse: Refuse): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (error: unknown): never => refuse(`can't be fetched: ${whyNot(href, error)}`);
  const response = await fetch(href).catch(failed);
  if (!response.ok) refuse(`can't be fetched: ${response.status} ${response.statusText}`.trimEnd());
  const bytes = new Uint8Array(await response.arrayBuffer().catch(failed));
  checkContent(bytes, expected, refuse, response.headers.get("content-type") ?? "");
  return bytes;
}

/** Refuses nothing at all, and an HTML page. */
export function checkContent(bytes: Uint8Array, expected: string, refuse: Refuse, type = ""): void {
  if (bytes.length === 0) refuse("is empty");
  const start = new TextDecoder().decode(bytes.subarray(0, 200)).trimStart();
  if (/^<(!doctype|html|head|body|\?xml)/i.test(start) || (type.startsWith("text/html") && start.startsWith("<")))
    refuse(
      `is ${/^<\?xml/i.test(start) ? "XML" : "an HTML page"} and not ${expected}: many servers answer so where there is no such file`,
    );
}

/** Node says in an error's cause what happened; others say it in the error. */
function whyNot(href: string, error: unknown): string {
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(href)?.[0] ?? "";
  if (!["", "http:", "https:", "data:", "blob:"].includes(scheme.toLowerCase()))
    return `${scheme} is no scheme that is read here, http:, https:, file:, data: and blob: are`;
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  const reason = cause?.message || cause?.code;
  // Engines repeat the address in what they say of it.
  return withoutPassword(reason ? `${message}: ${reason}` : message);
}
