import type { IncomingMessage, ServerResponse } from "node:http";
import { type Served, written } from "./site.ts";
import type { Watch } from "./watch.ts";
import type { Watched } from "./watch-messages.ts";

/** watch.json: which folders are watched. */
export const watchedFile = (watch: Watch): Served =>
  written(JSON.stringify({ folders: watch.folders } satisfies Watched));

/** Answers with events until the page goes: `?run=NAME` for each run whose lines it wants, `?after=ID` in place of the header Last-Event-ID. */
export function sendEvents(watch: Watch, request: IncomingMessage, response: ServerResponse): void {
  const asked = new URL(request.url ?? "", "http://localhost").searchParams;
  const header = request.headers["last-event-id"];
  const lastId = typeof header === "string" ? header : (asked.get("after") ?? "");
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // How long a browser waits before it asks again, in milliseconds.
  response.write("retry: 1000\n\n");
  const sink = {
    write: (text: string) => void response.write(text),
    get behind() {
      return response.writableLength;
    },
  };
  const end = watch.listen(sink, asked.getAll("run"), lastId);
  response.on("close", end);
}
