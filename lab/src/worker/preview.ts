// What the page shows of data before a training: points, or the columns of a table.
import "../../../src/graph/methods.ts";
import type { Csv } from "../../../src/data/csv.ts";
import { readColumn } from "../../../src/data/fit-columns.ts";
import { cellsOf, datasetAt } from "./datasets.ts";
import type { ColumnLook, PreviewNews, PreviewRequest } from "./preview-messages.ts";
import { sentenceOf } from "./sentence.ts";

/** A column as the library reads it. One that mixes numbers and texts is refused with its row once it is used. */
function lookAt({ columns, lines }: Csv, name: string): ColumnLook {
  const place = columns.indexOf(name);
  const cells = lines.map((line) => line.cells[place]!.trim());
  const values = new Set(cells).size;
  try {
    return { name, isText: readColumn({ name, cells, placeOf: String }).isText, values };
  } catch {
    return { name, isText: true, values };
  }
}

async function answer(request: PreviewRequest): Promise<PreviewNews> {
  if (request.kind === "columns") {
    const csv = await cellsOf(request.file);
    return { kind: "columns", rows: csv.lines.length, columns: csv.columns.map((name) => lookAt(csv, name)) };
  }
  const { train } = await datasetAt(request.data, { folder: "", files: [] });
  return {
    kind: "points",
    name: request.data.name,
    points: { x: train.fields.x!.data as Float32Array, label: train.fields.label!.data as Int32Array },
  };
}

/** Answers in the order in which it is asked. */
export function run(port: MessagePort): void {
  let last = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<PreviewRequest>) => {
    last = last.then(async () => {
      port.postMessage(
        await answer(data).catch((error): PreviewNews => ({ kind: "error", message: sentenceOf(error) })),
      );
    });
  };
}
