const symbols: Readonly<Record<string, string>> = {
  partial: "∂",
  nabla: "∇",
  sum: "Σ",
  prod: "Π",
  infty: "∞",
  cdot: "·",
  times: "×",
  odot: "⊙",
  pm: "±",
  mid: "|",
  le: "≤",
  leq: "≤",
  ge: "≥",
  geq: "≥",
  ne: "≠",
  neq: "≠",
  approx: "≈",
  sim: "~",
  in: "∈",
  to: "→",
  gets: "←",
  leftarrow: "←",
  rightarrow: "→",
  top: "ᵀ",
  ell: "ℓ",
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  epsilon: "ε",
  varepsilon: "ε",
  eta: "η",
  theta: "θ",
  kappa: "κ",
  lambda: "λ",
  mu: "μ",
  pi: "π",
  rho: "ρ",
  sigma: "σ",
  tau: "τ",
  phi: "φ",
  varphi: "φ",
  psi: "ψ",
  omega: "ω",
  xi: "ξ",
  zeta: "ζ",
  Delta: "Δ",
  Sigma: "Σ",
  Phi: "Φ",
  Psi: "Ψ",
  dots: "…",
  ldots: "…",
  cdots: "⋯",
  prime: "′",
  lvert: "|",
  rvert: "|",
};
const spaces: Readonly<Record<string, string>> = {
  ",": " ",
  ";": " ",
  ":": " ",
  " ": " ",
  "!": "",
  quad: "   ",
  qquad: "     ",
};
const accents: Readonly<Record<string, string>> = {
  bar: "\u0304",
  overline: "\u0304",
  hat: "\u0302",
  tilde: "\u0303",
  widetilde: "\u0303",
  widehat: "\u0302",
};
const plain = new Set([
  "mathbb",
  "mathrm",
  "mathbf",
  "mathcal",
  "text",
  "operatorname",
  "left",
  "right",
  "bigl",
  "bigr",
  "big",
  "Big",
  "displaystyle",
  "textstyle",
]);
/** What is written upright: letter for letter, with its spaces and hyphens. */
const upright = new Set(["text", "mathrm", "operatorname"]);
const raised: Readonly<Record<string, string>> = {
  "0": "⁰",
  "1": "¹",
  "2": "²",
  "3": "³",
  "4": "⁴",
  "5": "⁵",
  "6": "⁶",
  "7": "⁷",
  "8": "⁸",
  "9": "⁹",
  "+": "⁺",
  "-": "⁻",
  "−": "⁻",
  "(": "⁽",
  ")": "⁾",
  n: "ⁿ",
  i: "ⁱ",
  T: "ᵀ",
  ᵀ: "ᵀ",
  "′": "′",
};
const lowered: Readonly<Record<string, string>> = {
  "0": "₀",
  "1": "₁",
  "2": "₂",
  "3": "₃",
  "4": "₄",
  "5": "₅",
  "6": "₆",
  "7": "₇",
  "8": "₈",
  "9": "₉",
  "+": "₊",
  "-": "₋",
  "−": "₋",
  "=": "₌",
  "(": "₍",
  ")": "₎",
  i: "ᵢ",
  j: "ⱼ",
  k: "ₖ",
  l: "ₗ",
  m: "ₘ",
  n: "ₙ",
  t: "ₜ",
  x: "ₓ",
};
const fractions: Readonly<Record<string, string>> = { "1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾" };

/** A number as subscript digits: 12 → ₁₂. */
export const subscript = (n: number): string => Array.from(String(n), (c) => lowered[c] ?? c).join("");

const script = (text: string, table: Readonly<Record<string, string>>, mark: string): string => {
  const letters = Array.from(text);
  if (letters.every((c) => c in table)) return letters.map((c) => table[c]).join("");
  return `${mark}${letters.length === 1 ? text : `(${text})`} `;
};

/** Parentheses around what an operator beside it would tear apart. */
const whole = (text: string): string => {
  if (/^\d+\p{L}/u.test(text)) return `(${text})`;
  let depth = 0;
  for (const c of text) {
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (depth === 0 && "+−·/, ".includes(c)) return `(${text})`;
  }
  return text;
};

/** The rows of cases in brackets, one after the other. */
const withoutCases = (tex: string): string =>
  tex.replace(/\\begin\{cases\}(.*?)\\end\{cases\}/gs, (_, rows: string) => {
    const cases = rows.split(String.raw`\\`).map((row) => row.replace("&", String.raw`\text{ for }`));
    return `[${cases.join(String.raw`\text{; }`)}]`;
  });

/**
 * TeX mathematics as one line of Unicode, for terminals and drawings: \frac{\partial L}{\partial h} → ∂L/∂h.
 * Knows what cards of estimators use; a command that it doesn't know stays as its name.
 */
export function readable(tex: string): string {
  const tokens: readonly string[] = withoutCases(tex).match(/\\[a-zA-Z]+|\\.|[^\s]|\s+/gsu) ?? [];
  let at = 0;
  const skipSpace = () => {
    while (at < tokens.length && /^\s/.test(tokens[at]!)) at++;
  };
  const argument = (): string => {
    skipSpace();
    return at < tokens.length ? item() : "";
  };
  const until = (end: string | undefined): string => {
    let text = "";
    while (at < tokens.length && tokens[at] !== end) text += item();
    at++;
    return text;
  };
  /** A space where the next letter or digit would be read as part of what was just written. */
  const gap = (): string => {
    const next = tokens.slice(at).find((token) => !/^\s/.test(token) && !plain.has(token.slice(1)));
    return next !== undefined && /^(\p{L}|\d|\\(sum|prod|tfrac|frac|log))$/u.test(next) ? " " : "";
  };
  const fraction = (): string => {
    const above = argument();
    const below = argument();
    return fractions[`${above}/${below}`] ?? `${whole(above)}/${whole(below)}${gap()}`;
  };
  const letters = (): string => {
    const end = tokens.indexOf("}", at);
    const text = tokens.slice(at + 1, end).join("");
    at = end + 1;
    return text;
  };
  /** \left. f \right|_{x=0} is [f at x=0]. */
  const evaluated = (): string => {
    at++;
    if (tokens[at] !== "_") return "]";
    at++;
    return ` at ${argument()}] `;
  };
  const command = (name: string): string => {
    if (name === "frac" || name === "tfrac" || name === "dfrac") return fraction();
    if (name === "sqrt") {
      const inside = argument();
      return `√${Array.from(inside).length === 1 ? inside : `(${inside})`}`;
    }
    if (name in accents) return `${argument()}${accents[name]}`;
    if (name in symbols) return symbols[name]!;
    if (name in spaces) return spaces[name]!;
    if (upright.has(name) && tokens[at] === "{" && tokens.includes("}", at)) return `${letters()}${gap()}`;
    if (!plain.has(name)) return `${name}${gap()}`;
    if (name === "left" && tokens[at] === ".") {
      at++;
      return "[";
    }
    if (name === "right" && tokens[at] === "|") return evaluated();
    return "";
  };
  const item = (): string => {
    const token = tokens[at++]!;
    if (token === "{") return until("}");
    if (token === "^") return script(argument(), raised, "^");
    if (token === "_") return script(argument(), lowered, "_");
    if (token.startsWith("\\")) return command(token.slice(1));
    if (/^\s/.test(token)) return "";
    if (token === "'") return "′";
    return token === "-" ? "−" : token;
  };
  return until(undefined).replace(/,\s*/g, ", ").replace(/ +/g, " ").trim();
}

/** An equation as one line of text, with the spaces of its TeX. */
export const equationText = (tex: string): string =>
  readable(tex.replace(/(?<!\\(?:Delta|bar)) /g, "\\ ")).replaceAll(" )", ")");
