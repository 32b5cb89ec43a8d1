import type { JobSettings } from "./target.ts";

/** Where heaviside lies in the image. */
export const PROGRAM = "node_modules/.bin/heaviside";

/** The user of Node's images, who isn't root. */
export const USER = 1000;

/** How an image with the project's packages and the sweep's file is built. */
export const dockerfileOf = ({ file }: Pick<JobSettings, "file">): string => `FROM node:20-slim
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
# Add what the file imports or reads, such as a folder of data.
COPY ${JSON.stringify([file, file])}
USER node
CMD ["${PROGRAM}", "--help"]
`;

/** The command that starts Redis with a password of the environment: files on disk, and nothing is dropped when memory is short. */
export const redisCommand: readonly string[] = [
  "sh",
  "-c",
  'exec redis-server - --dir /data --appendonly yes --maxmemory-policy noeviction <<END\nrequirepass "$REDISCLI_AUTH"\nEND',
];

/** Whether it answers; redis-cli reads the password from the environment, too. */
export const redisProbe: readonly string[] = ["sh", "-c", "redis-cli ping | grep -q PONG"];

/** The words of a worker; one that serves a function has its file. */
export const workerWords = ({ plan, file, cpus, options }: JobSettings, redis: string): string[] => [
  ...[PROGRAM, "worker", "--redis", redis, "--workers", String(cpus)],
  ...(plan.work.kind === "objective" ? ["--objective", file] : []),
  ...options.worker,
];

/** Seconds that a worker has to give its trials back. */
export const GRACE = 60;
