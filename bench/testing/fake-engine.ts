/** An engine that computes nothing, for the protocol's test: as talkative and as faulty as its orders say. */
import { UserError } from "../../src/errors.ts";
import { repeat, serve } from "../engines/engine.ts";

await serve(async ({ threads, variant }) => {
  console.log("a library's banner on standard output");
  if (variant === "unknown") throw new UserError("variant: must be fake, received unknown");
  return {
    threads,
    note: [variant, process.env.FAKE_GREETING].filter(Boolean).join(", "),
    async open(task) {
      if (task.kind === "uniform") {
        console.error("out of luck");
        process.exit(3);
      }
      if (task.kind !== "sigmoid") throw new Error("cannot do that");
      let runs = 0;
      return {
        evidence: async () => [runs, task.count],
        slice: (seconds) => repeat(() => void runs++, seconds),
        close() {},
      };
    },
  };
});
