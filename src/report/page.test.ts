import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { htmlTable, page } from "./page.ts";

test("columns of words are set flush left and may wrap, numbers flush right; long ones may wrap, too", () => {
  const html = htmlTable([
    ["data", "units", "error %", "by seeds", "ms"],
    ["mnist", "binary, half closed", "0.6", "0.61, 0.63, 0.60, 0.62", "never"],
    ["mnist", "rectifiers", "–", "", "12.5"],
  ]);
  expect(html).toContain('<table class="short"><thead><tr><th>data</th><th class="text">units</th><th>error %</th>');
  expect(html).toContain(
    '<td class="text">binary, half closed</td><td>0.6</td><td class="long">0.61, 0.63, 0.60, 0.62</td>',
  );
  expect(html).toContain("<td>never</td>");
  const long = htmlTable([["name"], ["a name of more than a few characters"]]);
  expect(long).toContain("<table><thead>");
});

test("a page's policy allows its own script and no other", () => {
  const html = page({ title: "a", question: "", caveats: [], sections: [], made: [] });
  const [, script] = /<script>(.*)<\/script>/s.exec(html)!;
  const hash = createHash("sha256").update(script!).digest("base64");
  const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)!;
  expect(policy).toContain(`default-src 'none'; script-src 'sha256-${hash}';`);
  expect(html.indexOf(policy!)).toBeLessThan(html.indexOf("<title>"));
});
