// A student with a fresh clone: the first comparison, its report, and the study that explains what it shows.
// node --import tsx test/journeys/student.ts
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { read, root } from "../support/repository.ts";
import { checkText, journey } from "./journey.ts";

await journey("student", async ({ folder, step, run }) => {
  checkText("README.md", read("README.md"), /npm ci && npm start/);
  const first = join(folder, "first-look");
  await step("npm start, shortened: eight ways to train hidden neurons", async () => {
    const said = await run("npm", ["start", "--", "--epochs", "2", "--limit", "2000", "--out", first], root);
    checkText("npm start", said, /straight-through/);
    checkText("npm start", said, /report\.html/);
  });
  await step("its report is one page with tables and pictures", async () => {
    const report = await readFile(join(first, "report.html"), "utf8");
    checkText("report.html", report, /<svg/);
    checkText("report.html", report, /<table/);
    if (/<(script|link)[^>]+(src|href)="?https?:/.test(report))
      throw new Error("report.html loads something from elsewhere");
  });
  await step("the findings page's study, shortened", async () => {
    checkText("findings.md", read("docs/explanation/findings.md"), /npx heaviside experiment slowness/);
    const out = join(folder, "slowness");
    const quick = ["--quick", "--seeds", "2", "--epochs", "1", "--units", "20", "--limit", "1000", "--out", out];
    const said = await run("npx", ["heaviside", "experiment", "slowness", ...quick], root);
    checkText("the study", said, /noise/);
    checkText("its report", await readFile(join(out, "report.html"), "utf8"), /<svg/);
  });
});
