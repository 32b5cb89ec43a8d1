import { type Metric, titleOf } from "../models/head.ts";
import { nats, percent } from "./format.ts";

/** A metric's value in its unit: nats to three digits, per cent to two places, other units to four digits. */
export function metricText({ unit }: Metric, value: number | undefined): string {
  if (value === undefined) return "–";
  if (unit === "%") return percent(value);
  if (unit === "nats" || unit === "nats/step") return nats(value);
  return Number.isFinite(value) ? value.toPrecision(4) : "–";
}

/** As in "NLL 0.321"; the value is set flush right in `width` columns. */
export const titled = (metric: Metric, value: number | undefined, width = 0): string =>
  `${titleOf(metric)} ${metricText(metric, value).padStart(width)}`;
