import { describe, expect, it } from "vitest";
import { clock, count, jsonLine, nats, percent, wrap } from "../describe/format.ts";
import { parseSpec, parseSpecs } from "../options/text.ts";
import { fitting, packed, progressLine } from "./progress.ts";
import { isLive, styleFor } from "./terminal.ts";
import { fakeTerminal } from "./testing.ts";

describe("progressLine", () => {
  it("rewrites one line in a terminal, and never fills its last column", () => {
    const { terminal, written } = fakeTerminal({ tty: true, columns: 20 });
    let time = 0;
    const progress = progressLine(terminal.out, terminal.env, () => time);
    progress.update("epoch 1/2", "step 3/100", "loss 0.123");
    time = 1000;
    progress.update("epoch 2/2", "x".repeat(9));
    progress.line("done");
    const lines = written.out.split("\r\x1b[2K");
    expect(lines).toEqual(["", "epoch 1/2", "epoch 2/2  xxxxxxxxx".slice(0, 9), "done\n"]);
  });

  it("rewrites lines above it too, and takes all of them away", () => {
    const { terminal, written } = fakeTerminal({ tty: true, columns: 20 });
    let time = 0;
    const progress = progressLine(terminal.out, terminal.env, () => time);
    progress.updateBelow(["trial 1", "y".repeat(30)], "2/9");
    time = 1000;
    progress.updateBelow(["trial 2"], "3/9");
    time = 2000;
    progress.update("4/9");
    progress.line("done");
    expect(written.out).toBe(
      `\r\x1b[2Ktrial 1\n${"y".repeat(19)}\n2/9\r\x1b[2A\x1b[Jtrial 2\n3/9\r\x1b[1A\x1b[J4/9\r\x1b[2Kdone\n`,
    );
  });

  it("prints a line at least every ten seconds in a pipe, and no more", () => {
    const { terminal, written } = fakeTerminal();
    let time = 0;
    const progress = progressLine(terminal.out, terminal.env, () => time);
    for (time = 0; time <= 30_000; time += 500) progress.update(`at ${time}`);
    expect(written.out).toBe("at 10000\nat 20000\nat 30000\n");
  });

  it("writes no control characters in a pipe", () => {
    const { terminal, written } = fakeTerminal();
    const progress = progressLine(terminal.out, terminal.env);
    progress.update("a");
    progress.clear();
    progress.line("b");
    expect(written.out).toBe("b\n");
  });
});

describe("fitting", () => {
  it("drops what doesn't fit from the end, and cuts the first part only", () => {
    expect(fitting(["ab", "cd", "ef"], 6)).toBe("ab  cd");
    expect(fitting(["ab", "cd", "ef"], 10)).toBe("ab  cd  ef");
    expect(fitting(["abcdef"], 3)).toBe("abc");
  });
});

describe("packed", () => {
  it("breaks lines between parts, and never for what is of little weight", () => {
    expect(packed(["epoch 1/8", "loss 0.1"], ["0:00", "9 examples/s"], 40)).toBe(
      "epoch 1/8  loss 0.1  0:00  9 examples/s",
    );
    expect(packed(["epoch 1/8", "loss 0.1"], ["0:00", "9 examples/s"], 38)).toBe("epoch 1/8  loss 0.1  0:00");
    expect(packed(["epoch 1/8", "loss 0.1"], ["0:00", "9 examples/s"], 19)).toBe("epoch 1/8  loss 0.1");
    expect(packed(["epoch 1/8", "loss 0.1"], ["0:00"], 18)).toBe("epoch 1/8\n  loss 0.1  0:00");
  });
});

describe("styleFor", () => {
  it("writes plain text with NO_COLOR, in a pipe and in a dumb terminal", () => {
    const tty = fakeTerminal({ tty: true }).terminal.out;
    expect(styleFor(tty, {}).bold("x")).toBe("\x1b[1mx\x1b[22m");
    expect(styleFor(tty, { NO_COLOR: "1" }).bold("x")).toBe("x");
    expect(styleFor(fakeTerminal().terminal.out, {}).bold("x")).toBe("x");
    expect(isLive(tty, { TERM: "dumb" })).toBe(false);
  });
});

describe("numbers as text", () => {
  it("are short, and never NaN", () => {
    expect([clock(75), clock(3700), clock(Number.NaN)]).toEqual(["1:15", "1:01:40", "–:––"]);
    expect([count(45210.4), count(Number.POSITIVE_INFINITY)]).toEqual(["45,210", "–"]);
    expect([nats(0.01234), percent(Number.NaN)]).toEqual(["0.0123", "–"]);
  });

  it("are null in JSON where JSON has no word for them", () => {
    expect(jsonLine({ a: Number.NaN, b: [Number.POSITIVE_INFINITY], c: 1 })).toBe('{"a":null,"b":[null],"c":1}');
  });
});

describe("specs", () => {
  it("read a name with options, and lists of them", () => {
    expect(parseSpec("adam:beta1=0.5,epsilon=1e-8")).toEqual({ name: "adam", beta1: 0.5, epsilon: 1e-8 });
    expect(parseSpecs("a:x=1,y=z,b,c:w=2")).toEqual([{ name: "a", x: 1, y: "z" }, "b", { name: "c", w: 2 }]);
  });
});

describe("wrap", () => {
  it("breaks between words, and takes a usual width where a terminal has none to tell", () => {
    expect(wrap("one two three", 8)).toBe("one two\nthree");
    expect(wrap("one two three", 0)).toBe("one two three");
    expect(wrap("unbreakable", 4)).toBe("unbreakable");
  });
});
