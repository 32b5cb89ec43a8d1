import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { imageSets } from "./image-sets.ts";
import { type LabServer, serveLab } from "./server.ts";

let folder: string;
let server: LabServer | undefined;
folderForAllTests((path) => {
  folder = path;
  writeFileSync(join(path, "index.html"), "the page");
});
afterEach(() => server?.close());

/** The status of an answer to a request that names this host; without one for undefined. */
async function statusFor(host: string | undefined, path = "/"): Promise<number> {
  const socket = connect(Number(new URL(server!.url).port), "127.0.0.1");
  const named = host === undefined ? "" : `Host: ${host}\r\n`;
  socket.write(`GET ${path} HTTP/1.${host === undefined ? 0 : 1}\r\n${named}Connection: close\r\n\r\n`);
  let text = "";
  for await (const part of socket) text += part;
  expect(text.toLowerCase()).not.toContain("access-control-allow-origin");
  expect(text).toContain("Content-Security-Policy: default-src 'none'");
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

const serve = async (host: string): Promise<void> => {
  server = await serveLab({ folder, kernels: folder, sets: imageSets(), watch: [folder], host, port: 0 });
};

const strangers = [
  "evil.example",
  "evil.example:80",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.evil",
  "",
];

describe("a server for this machine alone", () => {
  it.each(["localhost", "LOCALHOST:4680", "127.0.0.1", "127.0.0.1:4680", "127.1.2.3", "[::1]:4680", "[::1]"])(
    "answers to %s",
    async (host) => {
      await serve("127.0.0.1");
      expect(await statusFor(host)).toBe(200);
    },
  );

  it.each([...strangers, "192.0.2.1", "0.0.0.0", hostname()])("doesn't answer to %j", async (host) => {
    await serve("127.0.0.1");
    for (const path of ["/", "/index.html", "/watch", "/watch.json", "/data/sets.json", "/nothing"])
      expect(await statusFor(host, path), path).toBe(403);
  });

  it("doesn't answer a request that names nothing", async () => {
    await serve("127.0.0.1");
    expect(await statusFor(undefined)).toBe(403);
  });
});

/** A stranger may give a name of its own the name of this machine as its first part. */
const likeOurs = `${hostname().split(".")[0]}.evil.example`;

describe("a server for other machines", () => {
  it.each([
    "localhost:4680",
    "192.0.2.1:4680",
    "[2001:db8::1]:4680",
    hostname(),
    `${hostname().split(".")[0]!.toUpperCase()}.local:1`,
  ])("answers to %s", async (host) => {
    await serve("0.0.0.0");
    expect(await statusFor(host)).toBe(200);
  });

  it.each([...strangers, likeOurs])("doesn't answer to %j", async (host) => {
    await serve("0.0.0.0");
    expect(await statusFor(host)).toBe(403);
  });
});
