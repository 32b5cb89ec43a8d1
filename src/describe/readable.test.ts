import { describe, expect, it } from "vitest";
import { estimators } from "../estimators/index.ts";
import { readable, subscript } from "./readable.ts";

describe("readable", () => {
  it.each([
    [String.raw`\frac{\partial L}{\partial h}\,\sigma(a)(1-\sigma(a))`, "∂L/∂h σ(a)(1−σ(a))"],
    [String.raw`\frac{a+b}{c}`, "(a+b)/c"],
    [String.raw`\frac{E[(h-p)^2L]}{E[(h-p)^2]}`, "E[(h−p)²L]/E[(h−p)²]"],
    [String.raw`\tfrac12\sqrt{p}`, "½√p"],
    [String.raw`\sqrt{1-p}`, "√(1−p)"],
    [String.raw`\left.f\right|_{h=p}x`, "[f at h=p] x"],
    [String.raw`\bar L`, "L\u0304"],
    ["x^{10}_i", "x¹⁰ᵢ"],
    [String.raw`\mathbb 1[a>0]`, "1[a>0]"],
    ["p^{a/b}", "p^(a/b)"],
    [String.raw`\unheardof x`, "unheardof x"],
    [String.raw`x\sim\text{ one-hot given }y`, "x~ one-hot given y"],
    [String.raw`c\leftarrow\tfrac1K\textstyle\sum_k\log p`, "c←1/K Σₖlog p"],
    [String.raw`\tfrac1{2H}`, "1/(2H)"],
    [String.raw`f=\begin{cases}a^2&\text{one}\\b&\text{two}\end{cases}`, "f=[a² for one; b for two]"],
    [String.raw`\text{unclosed`, "unclosed"],
    ["{unclosed", "unclosed"],
  ])("%s is %s", (tex, text) => expect(readable(tex)).toBe(text));

  it.each(Object.values(estimators).map(({ card }) => card))("leaves no TeX of $name's card", ({ formula }) => {
    expect(readable(formula)).toMatch(/^[^\\{}$]+$/);
  });

  it("writes numbers below the line", () => expect(subscript(12)).toBe("₁₂"));
});
