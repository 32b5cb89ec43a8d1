import { expect, test } from "vitest";
import { choice, list, number, whole, word } from "./fields.ts";
import { readHash, writeHash } from "./hash.ts";

test("a hash keeps every text, and leaves what it may as it is", () => {
  const texts = { at: "train", "train.estimators": "concrete:temperature=0.5+disarm", "x.y": "a&b #%ü", empty: "" };
  expect(readHash(writeHash(texts))).toEqual(texts);
  expect(writeHash({ "train.hidden": "400+100", "train.e": "concrete:temperature=0.5" })).toBe(
    "#train.hidden=400+100&train.e=concrete:temperature=0.5",
  );
  expect(writeHash({})).toBe("");
});

test("a hash that nobody wrote does no harm", () => {
  expect(readHash("#a=1&&junk&=2&b=%zz&c=x=y&__proto__=1")).toEqual(
    Object.fromEntries([
      ["a", "1"],
      ["b", "%zz"],
      ["c", "x=y"],
      ["__proto__", "1"],
    ]),
  );
});

test("a setting reads what it writes, and refuses the rest", () => {
  const range = { atLeast: 1, atMost: 10 };
  expect([number(2, range).read("1.5"), number(2, range).read("0.9"), number(2, range).read("abc")]).toEqual([
    1.5,
    undefined,
    undefined,
  ]);
  expect(["3", "3.5", "11", "", " ", "0x5", "1e1"].map(whole(2, range).read)).toEqual([
    ...[3, undefined, undefined, undefined, undefined, undefined, 10],
  ]);
  expect(["end", "never"].map(choice("end", ["end", "epoch"] as const).read)).toEqual(["end", undefined]);
  const sizes = list([400], whole(2, range), { atLeast: 1, atMost: 2 });
  expect(["1+2", "1", "", "1+2+3", "1+99"].map(sizes.read)).toEqual([[1, 2], [1], undefined, undefined, undefined]);
  const distinct = list([1], whole(2, range), { atLeast: 1, atMost: 3, distinct: true });
  expect(["2+1", "2+2"].map(distinct.read)).toEqual([[2, 1], undefined]);
  expect(sizes.read("2+2")).toEqual([2, 2]);
  expect(sizes.write([1, 2])).toBe("1+2");
  expect(word("a", "a letter", (text) => /^[a-z]$/.test(text)).read("ab")).toBeUndefined();
});
