import { expect, test } from "vitest";
import { gainInWords, gainOf } from "./verdict.ts";

test("a gain is told when the whole interval is above 1, and only then", () => {
  expect(gainOf({ value: 2, low: 1.01, high: 3 })).toBe("faster");
  expect(gainOf({ value: 2, low: 0.99, high: 3 })).toBe("no difference told");
  expect(gainOf({ value: 0.5, low: 0.4, high: 0.99 })).toBe("slower");
  expect(gainInWords({ value: 3.1, low: 2.98, high: 3.254 })).toBe("3.10 times as fast (2.98 to 3.25)");
  expect(gainInWords({ value: 1.1, low: 1, high: 1.2 })).toBe("no gain: 1.10 times as fast (1.00 to 1.20)");
  expect(gainInWords({ value: 0.8, low: 0.7, high: 0.9 })).toMatch(/^no gain: 0\.80/);
});
