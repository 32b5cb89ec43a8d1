/** What records come to: means over seeds, what is no score, and texts that come from files. */
import { runInNewContext } from "node:vm";
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { printable, shellWord } from "../../describe/shell.ts";
import { markdownText } from "../../describe/table.ts";
import { markdownOf, nextOf, pageOf } from "./page.ts";
import { sweepOf, trialOf } from "./plan.ts";
import { hasEqualRatios, numericOptions, wordOptions } from "./points.ts";
import { columnsOf, commandOf, findings, rankingOf, tableOf } from "./ranking.ts";
import type { TrialRecord } from "./scheduling.ts";
