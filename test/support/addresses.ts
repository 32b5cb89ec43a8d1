/** Hosts that pages and comments may send a reader to. What is there can't be looked at without a network: a new one is added after a look. */
export const hosts = [
  "arxiv.org",
  "deno.com",
  "doi.org",
  "duckdb.org",
  "github.com",
  "hono.dev",
  "jmlr.org",
  "jsonlines.org",
  "jupyter.org",
  "keepachangelog.com",
  "neuronaldynamics.epfl.ch",
  "numpy.org",
  "optuna.org",
  "onnxruntime.ai",
  "openreview.net",
  "parquet.apache.org",
  "proceedings.mlr.press",
  "protobuf.dev",
  "semver.org",
  "www.cs.toronto.edu",
  "www.jstor.org",
  "www.npmjs.com",
  "www.tensorflow.org",
  "www.w3.org",
] as const;

/** Hosts that nobody is sent to: of examples, and this machine. */
const nowhere = /^(example\.(com|org)|localhost|127\.0\.0\.1|registry)$/;

/** The form that addresses of a host have. */
const forms: Readonly<Record<string, RegExp>> = {
  "arxiv.org": /^\/abs\/(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+\/\d{7})$/,
  "doi.org": /^\/10\.\d{4,9}\/\S+$/,
};

/** Addresses on the web, without the signs of the sentence around them. */
export const addressesIn = (text: string): string[] =>
  Array.from(text.matchAll(/https?:\/\/[^\s"'`<>)\]}|\\]+/g), ([address]) => address.replace(/[.,;:]+$/, "")).filter(
    (address) => !address.includes("${"),
  );

/** What is wrong with a text's addresses: a host that isn't listed, no encryption, and a form that the host doesn't have. */
export function addressViolations(text: string): string[] {
  return addressesIn(text).flatMap((address) => {
    if (!URL.canParse(address)) return [`${address} is no address`];
    const { protocol, hostname, pathname } = new URL(address);
    if (nowhere.test(hostname)) return [];
    if (!hosts.some((host) => host === hostname))
      return [`${address}: test/support/addresses.ts doesn't list its host`];
    // The names of XML's languages are addresses that nobody opens.
    if (protocol !== "https:" && !/^http:\/\/www\.w3\.org\/\d{4}\//.test(address))
      return [`${address} begins with http`];
    return forms[hostname]?.test(pathname) === false ? [`${address} hasn't the form of ${hostname}`] : [];
  });
}
