/** The packages fit what the library uses of them: `npx tsc --noEmit -p test/redis`. */
import * as bullmq from "bullmq";
import { Redis } from "ioredis";
import type { Bull, RedisClient } from "../../src/experiments/sweep/redis/packages.ts";

export const bull: Bull = bullmq;
export const client: RedisClient = Redis;
