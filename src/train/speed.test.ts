import { expect, test } from "vitest";
import { Speed } from "./speed.ts";

test("the first step compiles and counts only where it is alone", () => {
  const speed = new Speed({ trained: 0, stepSeconds: 0 });
  expect(speed.overall).toBeNaN();
  speed.step(20, 4);
  expect([speed.recent, speed.overall]).toEqual([5, 5]);
  speed.step(20, 1);
  expect([speed.recent, speed.overall]).toEqual([20, 20]);
});

test("each validation begins the recent speed anew, and the overall one goes on", () => {
  const speed = new Speed({ trained: 0, stepSeconds: 0 });
  for (const seconds of [9, 1, 1]) speed.step(10, seconds);
  expect(speed.takeRecent()).toBe(10);
  speed.step(10, 2);
  expect(speed.overall).toBe(30 / 4);
  expect(speed.takeRecent()).toBe(5);
  expect(speed.recent).toBe(30 / 4);
});

test("a training that is resumed after its last step has the speed of the steps before", () => {
  const past = { trained: 40, stepSeconds: 2 };
  const speed = new Speed(past);
  expect(speed.overall).toBe(20);
  speed.step(10, 1);
  expect(past).toEqual({ trained: 50, stepSeconds: 3 });
  expect(speed.overall).toBe(10);
});

test("of steps that a coarse clock can't see is finite, and none before the first", () => {
  const past = { trained: 0, stepSeconds: 0 };
  const speed = new Speed(past);
  expect(speed.overall).toBeNaN();
  for (let i = 0; i < 3; i++) speed.step(20, 0);
  expect(speed.takeRecent()).toBe(40_000);
  expect(speed.overall).toBe(40_000);
});
