import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Disturbance } from "./disturbance.ts";
import { type Place, placesOf } from "./killed-at-calls.ts";
import { wordsIn } from "./killed.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";
