import { describe, expect, it } from "vitest";
import { estimatorNames } from "../estimators/index.ts";
import { main } from "./main.ts";
import { fakeTerminal, heaviside } from "./testing.ts";

describe("estimators", () => {
  it("lists all of them with their costs", async () => {
    const narrow = await heaviside("estimators");
    expect(narrow.out).toMatch(/^name +unbiased +passes +differentiated\n/);
    expect(narrow.out).toContain("\n--wide prints all columns\n");
    const { code, out } = await heaviside("estimators", "--wide");
    expect(code).toBe(0);
    expect(out).not.toContain("--wide");
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^name +title +family +unbiased +passes +differentiated +needs$/);
    estimatorNames.forEach((name, i) => expect(lines[i + 1]).toMatch(new RegExp(`^${name} `)));
    expect(out).toMatch(/^exact .* yes +2\^H +2\^H +losses$/m);
  });

  it("prints a card: formula, bias, cost, options with rules and defaults, source", async () => {
    const { code, out } = await heaviside("estimators", "smooth-times-stochastic");
    expect(code).toBe(0);
    for (const term of ["∂L/∂a", "bias", "cost", "use it", "not", "option probability", "source"])
      expect(out).toContain(`\n\n${term}\n  `);
    expect(out).toContain("∂L/∂h b ½√p (1−p)");
    expect(out.replace(/\s+/g, " ")).toContain("(sqrt | p; sqrt)");
  });

  it("--json gives cards with their options", async () => {
    const all = JSON.parse((await heaviside("estimators", "--json")).out);
    expect(all.map(({ name }: { name: string }) => name)).toEqual(estimatorNames);
    const one = JSON.parse((await heaviside("estimators", "noisy-rectifier", "--json")).out);
    expect(one).toMatchObject({ name: "noisy-rectifier", passes: 1, options: { sd: { kind: "number" } } });
  });

  it("says what else an estimator is called, and takes that for its name", async () => {
    const flat = (await heaviside("estimators")).out.replace(/\s+/g, " ");
    expect(flat).toContain(" aliases: ");
    expect(flat).toContain("; st, ste, straight-through-estimator = straight-through;");
    const { code, out } = await heaviside("estimators", "rloo");
    expect(code).toBe(0);
    expect(out).toMatch(/^leave-one-out: /);
    expect(out).toContain("\n\nalso called\n  loo, rloo, reinforce-loo\n");
    expect(JSON.parse((await heaviside("estimators", "u2g", "--json")).out)).toMatchObject({
      name: "disarm",
      aliases: ["u2g"],
    });
  });

  it("keeps within a terminal's columns", async () => {
    const { terminal, written } = fakeTerminal({ columns: 60 });
    await main(["estimators", "noisy-rectifier"], terminal);
    for (const line of written.out.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(60);
  });

  it("says which name was meant", async () => {
    const { code, out, err } = await heaviside("estimators", "straight-trough");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      'heaviside: estimators: there is no estimator "straight-trough", did you mean "straight-through"?\n',
    );
  });
});
