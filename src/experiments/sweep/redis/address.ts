import { UserError } from "../../../errors.ts";
import { show } from "../../../rules.ts";

/** Where the queue of trials is. */
export interface Address {
  /** `redis://user:password@host:port/database`; `rediss://` is TLS. */
  readonly url: string;
  /** All keys begin with it: sweeps and workers with another one see nothing of each other. */
  readonly prefix: string;
}

export const PREFIX = "heaviside";

/** Said where a user or a password was taken out of a message: its characters are what most often is wrong. */
const HIDDEN =
  " without what may be its user and password: HEAVISIDE_REDIS_PASSWORD takes a password as it is, and an address one with # / ? @ as %23 %2F %3F %40";

const EXAMPLE = "redis://127.0.0.1:6379";

/** Throws UserError, naming `subject`, for what is no address of a Redis. No message holds a password. */
export function addressOf(subject: string, url: unknown, prefix: unknown = PREFIX): Address {
  if (typeof url !== "string") throw new UserError(`${subject} must be a text, received ${show(url)}`);
  const refused = (rule: string): UserError =>
    new UserError(`${subject} ${rule}, received ${show(withoutUser(url))}${url === withoutUser(url) ? "" : HIDDEN}`);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "" || /[\s\p{Cc}]/u.test(url))
    throw refused(`must be an address such as ${EXAMPLE}`);
  if (/[?#]/.test(url))
    throw refused("must have no ? and no #: a password with such characters goes into HEAVISIDE_REDIS_PASSWORD");
  if (!/^\/?$|^\/(0|[1-9]\d{0,5})$/.test(parsed.pathname))
    throw refused(`may end with the number of a database, such as ${EXAMPLE}/1`);
  if (parsed.port === "0") throw refused("must have a port from 1 to 65535");
  if (!isEncoded(parsed.username) || !isEncoded(parsed.password))
    throw refused("must have % in a user or password as %25: HEAVISIDE_REDIS_PASSWORD takes a password as it is");
  if (typeof prefix !== "string" || !/^[\w.{}-]+$/.test(prefix))
    throw new UserError(`${subject}: prefix must be of letters, digits, . - _ { }, received ${show(prefix)}`);
  return { url, prefix };
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The number of an address's database. */
export const databaseOf = ({ url }: Pick<Address, "url">): number => Number(new URL(url).pathname.slice(1));

/** An address without its user and password, for messages and files. */
export function shownAddress({ url }: Pick<Address, "url">): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

/**
 * A text that may be an address, without what may be a password: what stands before its last @, what follows a ? or #, and what follows a colon
 * where a host would begin. It needn't be an address.
 */
export function withoutUser(text: string): string {
  const [, scheme = "", rest = ""] = /^([^/@]*\/\/)?(.*)$/s.exec(text)!;
  const place = rest.slice(rest.lastIndexOf("@") + 1).replace(/[?#].*$/s, "");
  // A port is a number behind a host; anything else behind a colon may be a password whose @ is missing.
  const isPlace = place === "" || /^(\[[\da-f:.]+\]|[^:/[\]]+)(:\d{1,5})?(\/.*)?$/is.test(place);
  return scheme + (isPlace ? place : `${/^[^:/[\]]*/.exec(place)![0]}:…`);
}
