const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const superscript = (n: number): string =>
  `${n < 0 ? "⁻" : ""}${[...String(Math.abs(n))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;

/** A number for an axis or beside a point: 0.02, 1,500, 2·10⁻⁶, of at most `digits` digits. */
export function numberText(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) {
    const rounded = Number(value.toPrecision(digits));
    return rounded.toLocaleString("en-US", { maximumFractionDigits: 8 }).replace("-", "−");
  }
  const [factor, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  const shown = String(Number(factor)).replace("-", "−");
  return `${shown === "1" ? "" : shown === "−1" ? "−" : `${shown}·`}10${superscript(Number(exponent))}`;
}
