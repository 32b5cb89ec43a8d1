import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { type LabServer, serveLab } from "../../src/lab/server.ts";
import { Draws, damages } from "./draws.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Requests to the lab's server, strange and damaged: an answer of HTTP each, nothing from outside of its folders, and a server that goes on. */
export const lab: Suite = {
  name: "lab",
  about: "strange and damaged requests to the lab's server",
  cases: 500,
  full: 100_000,
  async run(options) {
    const server = await begun(options.folder);
    const port = Number(new URL(server.url).port);
    try {
      return await eachCase(options, (seed) => oneCase(port, new Draws(seed)));
    } finally {
      await server.close();
    }
  },
};

const SECRET = "nobody reads this";
const [PAGE, IMAGES] = ["<!doctype html><title>the page</title>", "plain images"];

/** A site, with what isn't of it beside it and links that lead out. */
async function begun(folder: string): Promise<LabServer> {
  const site = join(folder, "site");
  for (const name of ["site/assets", "kernels", "run"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(site, "index.html"), PAGE);
  writeFileSync(join(site, "assets/simd-Cd34.wasm"), "wasm");
  writeFileSync(join(folder, "kernels/relaxed-wide.wasm"), "wide");
  writeFileSync(join(folder, "secret.txt"), SECRET);
  writeFileSync(join(folder, "images"), IMAGES);
  writeFileSync(join(folder, "run/config.json"), "{}");
  writeFileSync(join(folder, "run/metrics.jsonl"), '{"epoch":1}\n{"epoch":2}\n');
  symlinkSync(join(folder, "secret.txt"), join(site, "link.txt"));
  symlinkSync(folder, join(site, "up"));
  const none = () => Promise.reject(new UserError("data: the clothes are not there"));
  const mnist = async () => new Map([["train-images-idx3-ubyte", join(folder, "images")]]);
  return serveLab({
    ...{ folder: site, kernels: join(folder, "kernels"), sets: { mnist, "fashion-mnist": none } },
    ...{ host: "127.0.0.1", port: 0, watch: [join(folder, "run")] },
  });
}

const parts = ["/", "..", "%2e%2e", ".", "secret.txt", "site", "link.txt", "up", "assets", "simd-Cd34.wasm", "relaxed-wide-12345678.wasm", "..%2f", "%5c..", "data", "mnist", "fashion-mnist", "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "__proto__", "constructor", "sets.json", "watch.json", "watch", "%00", "%", "%ff", "index.html", "?run=../secret.txt", "?after=1-1", "#x", "é", "x".repeat(3000), "etc/passwd", "hasOwnProperty"] as const; // biome-ignore format: one line
const hosts = [
  "localhost",
  "127.0.0.1",
  "127.0.0.1:80",
  "evil.example",
  "localhost.evil.example",
  "[::1]",
  "",
  "LOCALHOST:1",
  "127.0.0.1.evil",
];

function drawnRequest(draws: Draws): string {
  const usual = ["/", "/watch.json", "/watch?run=run&after=1-1", "/data/mnist/train-images-idx3-ubyte", "/assets/simd-Cd34.wasm"]; // biome-ignore format: one line
  const path = draws.oneIn(3)
    ? draws.of(usual)
    : `/${Array.from({ length: 1 + draws.below(5) }, () => draws.of(parts)).join(draws.of(["/", "", "//"]))}`;
  const method = draws.oneIn(5) ? draws.of(["POST", "HEAD", "PUT", "OPTIONS", "TRACE", "get", "DELETE"]) : "GET";
  const headers = [
    `Host: ${draws.of(hosts)}`,
    "Connection: close",
    ...(draws.oneIn(3)
      ? [`Last-Event-ID: ${draws.of(["", "1-1", "zzzzzzzzz-zzzzzzzzz", "1-1.2-2", "__proto__", "-", "9".repeat(400)])}`]
      : []),
    ...(draws.oneIn(4)
      ? [
          `If-None-Match: ${draws.of(["*", '"x"', "\u0001"])}`,
          `Range: bytes=${draws.of(["0-", "-1", "5-2", "0-99999999999999999999"])}`,
        ]
      : []),
  ];
  return `${method} ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`;
}

const LONGEST = 5000;

/** What comes back, up to its end or, of events, for a moment. */
function answered(port: number, request: Uint8Array, isWhole = true): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const late = setTimeout(() => failed(new Error(`no end after ${LONGEST} ms: ${text.slice(0, 300)}`)), LONGEST);
    const end = () => {
      clearTimeout(late);
      socket.destroy();
      done(text);
    };
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (/^HTTP[^\n]*200/.test(text) && /text\/event-stream/i.test(text) && text.includes("event: ")) end(); // biome-ignore format: one line
    });
    socket.on("close", end);
    socket.on("error", end);
    // What was cut off would wait for the rest; a request whose sender is gone gets no answer.
    if (isWhole) socket.write(request);
    else socket.end(request);
  });
}

async function oneCase(port: number, draws: Draws): Promise<string> {
  const whole = Buffer.from(drawnRequest(draws), "latin1");
  const isWhole = !draws.oneIn(4);
  const request = isWhole ? whole : new Uint8Array(draws.of(Object.values(damages))(whole, draws));
  const answer = await answered(port, request, isWhole);
  if (answer.includes(SECRET)) throw new Error(`gave away a file beside the site: ${whole.toString("latin1")}`);
  const [status] = /(?<=^HTTP\/1\.1 )\d{3}/.exec(answer) ?? [];
  if (isWhole && status === undefined) throw new Error(`no answer to ${whole.toString("latin1")}`);
  if (
    status !== undefined &&
    !["200", "304", "400", "403", "404", "405", "408", "413", "414", "431", "501"].includes(status)
  )
    throw new Error(`${answer.slice(0, 300)} to ${whole.toString("latin1")}`);
  const isWatched = /^GET \/watch(\.json)?[? ]/.test(whole.toString("latin1"));
  const isOther = /\r\nHost: (?!(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?\r\n)/i.test(whole.toString("latin1"));
  if (isWhole && isWatched && isOther && status !== "403" && status !== "400")
    throw new Error(`told ${whole.toString("latin1")} of its runs`);
  if (draws.oneIn(50)) {
    const good = await answered(port, Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    if (!good.endsWith(PAGE)) throw new Error(`after ${whole.toString("latin1")} the page is ${good.slice(0, 300)}`);
  }
  return status === undefined ? "no request" : status;
}
