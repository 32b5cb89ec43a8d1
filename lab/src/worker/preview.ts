// What the page shows of data before a training: points, images, or the columns of a table.
import "../../../src/graph/methods.ts";
import { datasetAt } from "./datasets.ts";
import type { Own } from "./own-files.ts";
import type { PreviewNews, PreviewRequest } from "./preview-messages.ts";
import { sentenceOf } from "./sentence.ts";

let own: Own | undefined;

async function answer(request: PreviewRequest): Promise<PreviewNews> {
  switch (request.kind) {
    case "own":
      own = request.own;
      return { kind: "taken" };
    case "points": {
      const { train } = await datasetAt(request.data, { folder: "", own });
      return {
        kind: "points",
        name: request.data.name,
        points: { x: train.fields.x!.data as Float32Array, label: train.fields.label!.data as Int32Array },
      };
    }
    case "check":
      return (await import("./check.ts")).check(request.config, own);
    default: {
      const looks = await import("./own-looks.ts");
      return request.kind === "columns" ? looks.columnsOf(own!) : looks.imagesOf(request.data, own!);
    }
  }
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
