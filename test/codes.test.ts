import { describe, expect, test } from "vitest";
import { crc32 } from "../src/formats/crc32.ts";
import { inputKinds, instructions, limits, pairKinds, poolKinds, reductions, tapeOps } from "../src/plan/codes.ts";
import { PROGRAMS } from "../src/plan/program-version.ts";
import { codeViolations, doubles } from "./support/codes.ts";
import { read } from "./support/repository.ts";

const tables = {
  "": limits,
  INSTRUCTION_: instructions,
  REDUCTION_: reductions,
  PAIRS_: pairKinds,
  POOL_: poolKinds,
  INPUT_: inputKinds,
  OP_: tapeOps,
};

describe("the numbers that planner and kernels share", () => {
  test("are the same in kernels/codes.h and src/plan/codes.ts (else run `node kernels/build.js --codes`)", () => {
    expect(codeViolations(read("kernels/codes.h"), tables)).toEqual([]);
  });

  test("keep their version as long as no number changes: saved models hold programs made of them", () => {
    const sum = crc32(new TextEncoder().encode(JSON.stringify(tables))).toString(16);
    // Where this fails, raise PROGRAMS, and record its sum here.
    expect([PROGRAMS, sum]).toEqual([2, "25f43dfb"]);
  });

  test.each(Object.entries({ instructions, reductions, pairKinds, poolKinds, inputKinds, tapeOps }))(
    "differ within %s",
    (_, codes) => {
      expect(doubles(codes)).toEqual([]);
    },
  );
});

describe("the comparison", () => {
  const header = "#pragma once\n\n#define TILE 8\n#define OP_ADD 1\n#define OP_SUB 2\n";

  test("accepts what agrees", () => {
    expect(codeViolations(header, { "": { TILE: 8 }, OP_: { ADD: 1, SUB: 2 } })).toEqual([]);
  });

  test("reports another value, a name that the header lacks and one that only it has", () => {
    expect(codeViolations(header, { "": { TILE: 9 }, OP_: { ADD: 1, MUL: 3 } })).toEqual([
      "TILE is 9 in src/plan/codes.ts and 8 in kernels/codes.h",
      "OP_MUL is 3 in src/plan/codes.ts and undefined in kernels/codes.h",
      "OP_SUB is in kernels/codes.h alone",
    ]);
  });

  test("reports two names with one number", () => {
    expect(doubles({ ADD: 1, SUB: 2, PLUS: 1 })).toEqual(["ADD and PLUS are 1"]);
  });
});
