import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { usage } from "../arguments.ts";
import { parseSubject } from "./arguments.ts";
import { subjects } from "./index.ts";

const parse = (line: string, cores = 2) => parseSubject(line.split(" ").filter(Boolean), cores);

describe("a subject's arguments", () => {
  it("are those of no subject where the first word is a workload, or none, or help is asked for", () => {
    for (const line of ["", "gemm 1x2x3", "--peers", "toString", "startup --help"]) expect(parse(line)).toBeUndefined();
  });

  it("without any: what is usual, on no more threads than there are cores", () => {
    expect(parse("ablation")).toMatchObject({
      name: "ablation",
      sizes: ["784-2000-2000-10", "s784-2000-2000-10", "784-400-10"],
      backends: ["native", "wasm"],
      backendsAsked: false,
      threads: [2],
      seconds: 0.3,
      rounds: 5,
      peers: false,
      command: "npm run bench -- ablation",
    });
    expect(parse("ablation", 1)!.threads).toEqual([1]);
    expect(parse("compile")).toMatchObject({ sizes: ["100", "1000", "10000"], backends: [] });
  });

  it("take the flags", () => {
    const line = "neighbour 784-50-10 20-10-2 --threads 1,2 --backend wasm --seconds 0.1 --rounds 3";
    expect(parse(line)).toMatchObject({
      sizes: ["784-50-10", "20-10-2"],
      threads: [1, 2],
      backends: ["wasm"],
      backendsAsked: true,
      seconds: 0.1,
      rounds: 3,
      command: `npm run bench -- ${line}`,
    });
    expect(parse("startup --peers --python /opt/python")).toMatchObject({ peers: true, python: "/opt/python" });
  });

  it.each([
    ["startup 784-32-10", /^startup takes no size; received 784-32-10$/],
    ["startup --seconds 1", /^startup has no use for --seconds; received 1$/],
    ["compile --threads 2", /^compile has no use for --threads; received 2$/],
    ["compile --backend wasm", /^compile has no use for --backend; received wasm$/],
    ["ablation --peers", /^ablation has no use for --peers; received true$/],
    ["ablation --batch 10", /^ablation has no use for --batch; received 10$/],
    ["ablation --rounds 0", /^--rounds takes a positive integer; received 0/],
    ["neighbour --threads 0", /counts from 1 to 64/],
    ["neighbour --seconds -1", /--seconds/],
    ["compile --fast", /^Unknown option '--fast'/],
  ])("refuse %s in one line", (line, message) => {
    let failure: unknown;
    try {
      parse(line);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain("\n");
  });

  it("are in the help: every subject with an example that parses", () => {
    for (const [name, { example, about }] of Object.entries(subjects)) {
      expect(usage).toContain(`  ${example}\n      ${about}`);
      expect(parse(example)!.name).toBe(name);
    }
  });
});
