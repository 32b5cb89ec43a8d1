import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { checkDataset } from "../check.ts";
import { loadDataset } from "../index.ts";
import { strokesIn } from "./stroke-xml.ts";

const point = (x: number, y: number, time = 0): string => `      <Point x="${x}" y="${y}" time="1309087${time}.08"/>\n`;
const stroke = (points: string): string =>
  `    <Stroke colour="black" start_time="13090871.08" end_time="13090871.49">\n${points}    </Stroke>\n`;
const file = (strokes: string): string => `<?xml version="1.0" encoding="ISO-8859-1"?>
<WhiteboardCaptureSession>
  <WhiteboardDescription>
    <SensorLocation corner="top_left"/>
    <DiagonallyOppositeCoords x="6512" y="1376"/>
    <VerticallyOppositeCoords x="966" y="1376"/>
    <HorizontallyOppositeCoords x="6512" y="787"/>
  </WhiteboardDescription>
  <StrokeSet>
${strokes}  </StrokeSet>
</WhiteboardCaptureSession>
`;
const two = stroke(point(895, 992, 1) + point(895, 1003, 2)) + stroke(point(910, 990, 3));

describe("strokesIn(xml, file)", () => {
  test("reads the points of every stroke, in their order", () => {
    const expected = [
      [
        [895, 992],
        [895, 1003],
      ],
      [[910, 990]],
    ];
    expect(strokesIn(file(two), "a.xml")).toEqual(expected);
    const other = two.replaceAll('"', "'").replace("<Stroke", "<!-- a > b --><Stroke").replace("/>", "></Point>");
    expect(strokesIn(`\r\n${file(other)}<!-- end -->\n`, "a.xml")).toEqual(expected);
    expect(strokesIn(file(stroke(point(-1.5, 2))), "a.xml")).toEqual([[[-1.5, 2]]]);
  });

  test("takes attributes, declarations and names of any length, and cuts names in messages", () => {
    const many = "a='1' ".repeat(2_000_000);
    expect(strokesIn(`<?xml ${"a".repeat(1e7)}?>${file(`<Stroke ${many}>${point(1, 2)}</Stroke>`)}`, "a.xml")).toEqual([
      [[1, 2]],
    ]);
    expect(() => strokesIn(`<${"W".repeat(1e6)}>`, "a.xml")).toThrow(/first element must be .*, received W{77}\.\.\.$/);
    expect(() => strokesIn(`${file(two)}</${"W".repeat(1e6)}>`, "a.xml")).toThrow(/received W{77}\.\.\.$/);
  });

  test("reads a long file in a time that grows with its length", () => {
    const many = stroke(Array.from({ length: 10_000 }, (_, i) => point(i, 1)).join(""));
    expect(strokesIn(file(many), "a.xml")[0]!.length).toBe(10_000);
  });

  test.each<[string, string, string]>([
    [
      "a file that is cut off",
      file(two).replace(/<.StrokeSet>[\s\S]*/, ""),
      "a.xml, line 17: the file ends before </StrokeSet>: it may be cut off",
    ],
    [
      "a tag that is cut off",
      file(two).slice(0, -3),
      'a.xml, line 18: there must be a tag, received "</WhiteboardCaptureSess',
    ],
    ["nothing", "", "a.xml, line 1: the file ends before its WhiteboardCaptureSession"],
    ["another root", "<svg></svg>", "a.xml, line 1: the first element must be WhiteboardCaptureSession, received svg"],
    ["no strokes", file(""), "the StrokeSet must have at least one Stroke"],
    ["an empty stroke", file(stroke("")), "a.xml, line 11: a Stroke must have at least one Point"],
    ["an empty stroke in one tag", file("<Stroke/>"), "a Stroke must have at least one Point"],
    [
      "a point without y",
      file(two.replace(' y="1003"', "")),
      "a.xml, line 12: a Point must have a number y, received none",
    ],
    ["a point at NaN", file(two.replace("1003", "NaN")), 'a Point must have a number y, received "NaN"'],
    ["a point far out", file(two.replace("1003", "1e999")), 'a Point must have a number y, received "1e999"'],
    ["x twice", file(two.replace("y=", "x=")), "a.xml, line 11: a Point must have x once"],
    [
      "tags that don't match",
      file(two.replace("</Stroke>", "</Point>")),
      "a.xml, line 13: </Point> closes an element that is not open",
    ],
    [
      "text between tags",
      file(two.replace("<Stroke", "black <Stroke")),
      'there must be a tag, received "black <Stroke',
    ],
    ["an attribute without quotes", file(two.replace('"895"', "895")), 'there must be a tag, received "<Point x=895'],
    [
      "two roots",
      file(two) + file(two).split("\n").slice(1).join("\n"),
      "nothing may follow the end of WhiteboardCaptureSession",
    ],
    ["a closing tag at the start", "</Stroke>", "</Stroke> closes an element that is not open"],
  ])("refuses %s", (_, xml, message) => {
    expect(() => strokesIn(xml, "a.xml")).toThrow(UserError);
    expect(() => strokesIn(xml, "a.xml")).toThrow(message);
  });
});

describe("iam-online", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "heaviside-iam-"));
    for (const [i, name] of [
      "a01/a01-000/a01-000u-01",
      "a01/a01-000/a01-000u-02",
      "a01/a01-001/a01-001w-01",
      "b02/b02-010/b02-010-01",
    ].entries()) {
      const path = join(root, "lineStrokes", `${name}.xml`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file(two + stroke(point(1000 + i, 1000) + point(1010, 1000))));
    }
    await writeFile(join(root, "lineStrokes", "a01", "notes.xml"), "not a line");
  });
  afterAll(() => rm(root, { recursive: true }));

  test("reads the lines below a folder, and keeps those of a form in one split", async () => {
    for (const dir of [root, join(root, "lineStrokes")]) {
      const data = await loadDataset("iam-online", { dir });
      checkDataset("test", data);
      expect(data.splitNote).toMatch(
        /^4 drawings: [12] to train on, [12] to validate, [12] to test, drawn by seed 0, forms as wholes\./,
      );
      expect(data.fields.x.shape).toEqual([4, 3]);
      expect([...data.train.fields.lengths.data].every((length) => length === 4)).toBe(true);
      const [dx, dy, up] = data.train.fields.y.data;
      expect([dx, dy! > 0, up]).toEqual([0, true, 1]);
    }
  });

  test("is refused without a folder, without lines in it, and with a file that is damaged", async () => {
    await expect(loadDataset("iam-online", {})).rejects.toThrow(
      "needs the folder lineStrokes of IAM-OnDB; give it with --data-dir FOLDER",
    );
    await expect(loadDataset("iam-online", { dir: "/nowhere" })).rejects.toThrow("data: /nowhere does not exist");
    const empty = await mkdtemp(join(root, "empty-"));
    await expect(loadDataset("iam-online", { dir: empty })).rejects.toThrow(
      "must hold lines of IAM-OnDB, such as a01/a01-000/a01-000u-01.xml, it has none",
    );
    await writeFile(join(empty, "a01-000u-01.xml"), "<WhiteboardCaptureSession>");
    await expect(loadDataset("iam-online", { dir: empty })).rejects.toThrow(
      "a01-000u-01.xml, line 1: the file ends before",
    );
  });
});
