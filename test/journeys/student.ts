// A student with a fresh clone: the first comparison, its report, and the study that explains what it shows.
// node --import tsx test/journeys/student.ts
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { read, root } from "../support/repository.ts";
import { checkText, journey } from "./journey.ts";

/** Tests run beside it: teams of two threads on processors that are busy wait for each other most of the time. */
const alone = ["--threads", "1"];

await journey("student", async ({ folder, step, run }) => {
  checkText("README.md", read("README.md"), /npm ci && npm start/);
  /** The report that a command says it has written. */
  const reportOf = (said: string): Promise<string> => {
    checkText("what was printed", said, /^.*: (.*report\.html)$/m);
    return readFile(/^.*: (.*report\.html)$/m.exec(said)![1]!, "utf8");
  };
  const said = await step("npm start, shortened: eight ways to train hidden neurons", async () => {
    const short = ["--epochs", "1", "--limit", "500", "--units", "20", ...alone, "--out", join(folder, "first-look")];
    const printed = await run("npm", ["start", "--", ...short], root);
    checkText("npm start", printed, /straight-through/);
    checkText("npm start", printed, /npx heaviside experiment slowness/);
    return printed;
  });
  await step("its report is one page with tables and pictures", async () => {
    const report = await reportOf(said);
    checkText("report.html", report, /<svg/);
    checkText("report.html", report, /<table/);
    if (/<(script|link)[^>]+(src|href)="?https?:/.test(report))
      throw new Error("report.html loads something from elsewhere");
  });
  await step("the findings page's study, shortened", async () => {
    checkText("findings.md", read("docs/explanation/findings.md"), /npx heaviside experiment slowness/);
    const out = join(folder, "slowness");
    const quick = ["--quick", "--seeds", "2", "--epochs", "1", "--units", "8", "--limit", "120"];
    const said = await run("npx", ["heaviside", "experiment", "slowness", ...quick, ...alone, "--out", out], root);
    checkText("the study", said, /noise/);
    checkText("its report", await reportOf(said), /<svg/);
  });
});
