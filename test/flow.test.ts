import { expect, test } from "vitest";
import { picture, stations } from "../scripts/flow.ts";
import { listFiles, read } from "./support/repository.ts";

test("docs/pictures/flow.svg is what the script draws", () => expect(read("docs/pictures/flow.svg")).toBe(picture()));

test("the picture names folders of src that exist, and architecture.md's flow in its order", () => {
  const files = listFiles();
  for (const folder of stations.flatMap(({ folders }) => folders))
    expect(
      files.some((path) => path.startsWith(`src/${folder}/`)),
      `src/${folder}`,
    ).toBe(true);
  const page = read("docs/explanation/architecture.md");
  const flow = /## The flow\n[\s\S]*?\n## /.exec(page)?.[0] ?? "";
  const said = stations.map(({ title }) => flow.indexOf(`**${title}**`));
  expect(said.every((at) => at >= 0)).toBe(true);
  expect(said).toEqual([...said].sort((a, b) => a - b));
  expect(flow).toContain("(../pictures/flow.svg)");
});
