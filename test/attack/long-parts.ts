import { strokesIn } from "../../src/data/sequences/stroke-xml.ts";
import { parseTable } from "../../src/data/table-text.ts";
import { parseJson } from "../../src/formats/json.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws } from "./draws.ts";
import { eachCase, type Suite } from "./suite.ts";

const files = {
  "f.csv": 'a,b\n1,"x ""y"""\n2, z \n',
  "f.tsv": "a\tb\n1\tx\n2\t z\n",
  "f.arff": "@relation r\n@attribute 'a b' numeric\n@attribute c {x, y}\n@data\n% none\n1, 'x \\' y'\n2, \"z\" \n",
  "f.jsonl": '{"a": 1, "b": "x\\n"}\n{"a": 2.5e3, "b": "ü"}\n',
  "f.json": '{ "a": [1, -2.5e3, "x\\u0041"], "b": { "c": null } }',
  "f.xml": "<?xml version=\"1.0\"?>\n<!-- a -->\n<WhiteboardCaptureSession>\n<StrokeSet>\n<Stroke colour='black'>\n<Point x=\"1\" y='2' /></Stroke></StrokeSet></WhiteboardCaptureSession>\n", // biome-ignore format: one line
} as const;

const read = (text: string, file: keyof typeof files): unknown => {
  if (file === "f.xml") return strokesIn(text, file);
  return file === "f.json" ? parseJson(text, file) : parseTable(text, file);
};

/** Characters of a part that is repeated. */
const LONGEST = 2 ** 19;

/** Text in which a few characters come hundreds of thousands of times: what takes the square of its length, or a stack as deep, shows. */
export const longParts: Suite = {
  name: "long-parts",
  about: "text in which a few characters are repeated very often, in time and memory that grow with it",
  cases: 60,
  full: 10_000,
  run: (options) =>
    eachCase(options, async (seed) => {
      const draws = new Draws(seed);
      const file = draws.of(Object.keys(files)) as keyof typeof files;
      const text = files[file];
      const at = draws.below(text.length + 1);
      const usual = [" ", "\n", "\t", "a", "1", "'", '"', "\\", ",", "<", "-", "/", "[", "{", "a=", " a='1'", "<a>", "\\'", "?", ":"]; // biome-ignore format: one line
      const piece = draws.oneIn(3) ? text.slice(at, at + 1 + draws.below(12)) : draws.of(usual);
      const long = text.slice(0, at) + piece.repeat(Math.ceil(LONGEST / Math.max(1, piece.length))) + text.slice(at);
      const found = await attempt(100 * long.length, "data|f.json(:\\d+)*", () => read(long, file));
      return found === REFUSED ? REFUSED : "read";
    }),
};
