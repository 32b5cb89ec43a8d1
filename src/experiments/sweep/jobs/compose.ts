import { resolve } from "node:path";
import { shellWord } from "../../../describe/shell.ts";
import { dockerfileOf, GRACE, PROGRAM, redisCommand, redisProbe, USER, workerWords } from "./image.ts";
import { composeText, pathFrom, placeIn, yaml, yamlWords } from "./quoting.ts";
import type { JobSettings, JobTarget } from "./target.ts";

const FILE = "docker-compose.yml";
const REDIS = "redis://redis:6379";
const PASSWORD = "HEAVISIDE_REDIS_PASSWORD";
const [HARD, given] = [`\${${PASSWORD}:?put it into .env}`, `\${HEAVISIDE_USER:-${USER}:${USER}}`];

const wordsOf = (words: readonly string[]): string => yamlWords(words.map(composeText));

/** Redis, workers and the sweep by Docker Compose, on one machine. */
export const compose: JobTarget = {
  ...{ title: "Redis and workers by Docker Compose", queued: true, contained: true, volume: false },
  files: (settings) => ({ [FILE]: composeFile(settings), Dockerfile: dockerfileOf(settings) }),
  commands: ({ out, workers, to }) => [
    "npm install bullmq ioredis",
    `echo "${PASSWORD}=$(openssl rand -hex 24)" >> ${shellWord(placeIn(to, ".env"))}`,
    `echo "HEAVISIDE_USER=$(id -u):$(id -g)" >> ${shellWord(placeIn(to, ".env"))}`,
    `mkdir -p ${shellWord(out)}`,
    `docker compose -f ${shellWord(placeIn(to, FILE))} up --build --scale worker=${workers}`,
    `npx heaviside sweep report ${shellWord(out)}`,
  ],
};

function composeFile(settings: JobSettings): string {
  const { label, file, cpus, project, to, options } = settings;
  const build = `build:
      context: ${yaml(composeText(pathFrom(to, project)))}
      dockerfile: ${yaml(composeText(pathFrom(project, resolve(to, "Dockerfile"))))}`;
  return `services:
  redis:
    image: redis:7
    user: "999:999"
    command: ${wordsOf(redisCommand)}
    environment:
      REDISCLI_AUTH: ${yaml(HARD)}
    healthcheck:
      test: ${wordsOf(["CMD", ...redisProbe])}
      interval: 5s
    volumes:
      - redis:/data
    restart: unless-stopped
  worker:
    ${build}
    init: true
    command: ${wordsOf(workerWords(settings, REDIS))}
    environment:
      ${PASSWORD}: ${yaml(HARD)}
    cpus: ${cpus}
    depends_on:
      redis:
        condition: service_healthy
    # A worker that is to end gives its trials back with their checkpoints.
    stop_grace_period: ${GRACE}s
    restart: unless-stopped
  sweep:
    ${build}
    init: true
    # The host's name stays, so that a new container sees at once that the lock of the last one is stale.
    hostname: ${label}-sweep
    user: ${yaml(given)}
    command: ${wordsOf([PROGRAM, "sweep", file, "--redis", REDIS, "--out", "/sweep", ...options.sweep])}
    environment:
      ${PASSWORD}: ${yaml(HARD)}
    volumes:
      - type: bind
        source: ${yaml(composeText(pathFrom(to, resolve(settings.out))))}
        target: /sweep
    depends_on:
      redis:
        condition: service_healthy
    stop_grace_period: ${GRACE}s
    restart: on-failure
volumes:
  redis: {}
`;
}
