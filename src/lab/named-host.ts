import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** Whether only this machine can reach a server there. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);

/** How this machine is called in its own network. */
function ownNames(): string[] {
  const name = hostname().toLowerCase();
  const short = name.split(".")[0]!;
  return [name, short, `${short}.local`];
}

/**
 * Whether a request names the server by a name that is its own. A page of another site can have that site's name lead here, and would read
 * what is served as if it were its own (DNS rebinding); but its requests then name that site. A server for this machine alone is named by a
 * loopback name; others by any address, by the host that the user gave, and by this machine's own name.
 */
export function namesServer({ headers }: IncomingMessage, host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(headers.host ?? "") ?? [];
  const name = (bracketed ?? plain ?? "").toLowerCase();
  if (isLoopback(name) && (name === "localhost" || isIP(name) !== 0)) return true;
  if (name === "" || isLoopback(host)) return false;
  return isIP(name) !== 0 || name === host.toLowerCase() || ownNames().includes(name);
}
