import { describe, expect, test } from "vitest";
import { choice, type Field, list, number, whole } from "../../fields.ts";
import { keptField, namesOf, runOf, runText } from "./kept.ts";

const name: Field<string> = { initial: "a", rule: "a word", read: (text) => text, write: String };
const fields = {
  network: choice("mlp", ["mlp", "conv"]),
  hidden: list([100], whole(100, { atLeast: 1, atMost: 2000 }), { atLeast: 1, atMost: 4 }),
  rate: number(0.3, { atLeast: 0.0001, atMost: 10 }),
  name,
};
const first = { network: "mlp", hidden: [100], rate: 0.3, name: "a" } as const;

describe("a run's settings as a text", () => {
  test("say what isn't as at first, and always the first of them", () => {
    expect(runText(fields, first)).toBe("network=mlp");
    expect(runText(fields, { ...first, hidden: [50, 20], rate: 0.1 })).toBe("network=mlp!hidden=50+20!rate=0.1");
  });

  test("are read as they were written, whatever stands in them", () => {
    for (const own of ["b!rate=9", "~", "%21", "a=b%7E!", "100 %"]) {
      const values = { ...first, hidden: [1, 2, 3], name: own };
      const text = runText(fields, values);
      expect(runOf(fields, text)).toEqual(values);
      expect(keptField(fields).read(keptField(fields).write([text, text]))).toEqual([text, text]);
    }
  });

  test.each(["", "rate", "rate=", "rate=11", "unknown=1", "network=mlp!rate=x", "toString=1"])(
    "“%s” is none",
    (text) => {
      expect(runOf(fields, text)).toBeUndefined();
    },
  );

  test("more runs than have a place are no setting, nor is one that breaks a rule", () => {
    const { read } = keptField(fields);
    expect(read("")).toEqual([]);
    expect(read("rate=1~rate=2~rate=3")).toEqual(["rate=1", "rate=2", "rate=3"]);
    expect(read("rate=1~rate=2~rate=3~rate=4")).toBeUndefined();
    expect(read("rate=1~rate=11")).toBeUndefined();
  });
});

describe("the names of runs", () => {
  test("say what differs", () => {
    const run = { network: "100 neurons", rate: "learning rate 0.3", seed: "seed 1" };
    expect(namesOf([run, { ...run, rate: "learning rate 0.1" }, { ...run, seed: "seed 2" }])).toEqual([
      "learning rate 0.3, seed 1",
      "learning rate 0.1, seed 1",
      "learning rate 0.3, seed 2",
    ]);
  });

  test("say the network where nothing differs, and nothing that only one has", () => {
    expect(namesOf([{ network: "100 neurons", seed: "seed 1" }])).toEqual(["100 neurons"]);
    expect(namesOf([{ network: "a" }, { network: "b", gate: "gates: c" }])).toEqual(["a", "b"]);
  });
});
