import { shellWord } from "../../../describe/shell.ts";
import { dockerfileOf, GRACE, PROGRAM, redisCommand, redisProbe, USER, workerWords } from "./image.ts";
import {
  claimOf,
  containerSecurity,
  imageCommands,
  indented,
  memoryOf,
  mounts,
  podSecurity,
  readerCommands,
  readerOf,
  resources,
  resultsOf,
  volumes,
} from "./kubernetes.ts";
import { placeIn, yaml, yamlWords } from "./quoting.ts";
import type { JobSettings, JobTarget } from "./target.ts";

/** Redis, workers and the sweep on Kubernetes. */
export const kubernetesRedis: JobTarget = {
  ...{ title: "Redis and workers on Kubernetes", queued: true, contained: true, volume: true },
  files: (settings) => ({
    [`${settings.label}.redis.yaml`]: [
      claimOf(settings, "ReadWriteOnce"),
      redisOf(settings),
      workersOf(settings),
      sweepOf(settings),
    ].join("---\n"),
    [`${settings.label}.reader.yaml`]: readerOf(settings),
    Dockerfile: dockerfileOf(settings),
  }),
  commands: (settings) => [
    "npm install bullmq ioredis",
    ...imageCommands(settings),
    `kubectl create secret generic ${settings.label}-redis --from-literal=password="$(openssl rand -hex 24)"`,
    `kubectl apply -f ${shellWord(placeIn(settings.to, `${settings.label}.redis.yaml`))}`,
    `kubectl scale deployment/${settings.label}-worker --replicas=20`,
    ...readerCommands(settings),
  ],
};

/** The user of Redis's image. */
const REDIS_USER = 999;

const addressOf = ({ label }: JobSettings): string => `redis://${label}-redis:6379`;

const passwordAs = (name: string, label: string): string => `env:
  - name: ${name}
    valueFrom:
      secretKeyRef:
        name: ${label}-redis
        key: password`;

const redisOf = ({ label }: JobSettings): string => `apiVersion: v1
kind: Service
metadata:
  name: ${label}-redis
spec:
  selector:
    app: ${label}-redis
  ports:
    - port: 6379
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: ${label}-redis
spec:
  serviceName: ${label}-redis
  replicas: 1
  selector:
    matchLabels:
      app: ${label}-redis
  template:
    metadata:
      labels:
        app: ${label}-redis
    spec:
${indented(podSecurity(REDIS_USER), 6)}
      containers:
        - name: redis
          image: redis:7
          command: ${yamlWords(redisCommand)}
${indented(passwordAs("REDISCLI_AUTH", label), 10)}
          ports:
            - containerPort: 6379
          readinessProbe:
            exec:
              command: ${yamlWords(redisProbe)}
            periodSeconds: 5
          livenessProbe:
            tcpSocket:
              port: 6379
${indented(containerSecurity, 10)}
${indented(resources(1, "1Gi"), 10)}
          volumeMounts:
            - name: data
              mountPath: /data
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 2Gi
`;

function workersOf(settings: JobSettings): string {
  const { label, workers, cpus, image } = settings;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${label}-worker
spec:
  replicas: ${workers}
  selector:
    matchLabels:
      app: ${label}-worker
  template:
    metadata:
      labels:
        app: ${label}-worker
    spec:
      # A worker that is to end gives its trials back with their checkpoints.
      terminationGracePeriodSeconds: ${GRACE}
${indented(podSecurity(USER), 6)}
      containers:
        - name: worker
          image: ${yaml(image)}
          command: ${yamlWords(workerWords(settings, addressOf(settings)))}
${indented(passwordAs("HEAVISIDE_REDIS_PASSWORD", label), 10)}
${indented(containerSecurity, 10)}
${indented(resources(cpus, memoryOf(settings)), 10)}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
`;
}

/** The sweep decides and collects. Its host's name stays, so that a new pod sees at once that the lock of the last one is stale. */
function sweepOf(settings: JobSettings): string {
  const { label, file, image, options } = settings;
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: ${label}-sweep
spec:
  backoffLimit: 100
  podReplacementPolicy: Failed
  template:
    spec:
      hostname: ${label}-sweep
      restartPolicy: OnFailure
      terminationGracePeriodSeconds: ${GRACE}
${indented(podSecurity(USER), 6)}
      containers:
        - name: sweep
          image: ${yaml(image)}
          command: ${yamlWords([PROGRAM, "sweep", file, "--redis", addressOf(settings), "--out", resultsOf(label), ...options.sweep])}
${indented(passwordAs("HEAVISIDE_REDIS_PASSWORD", label), 10)}
${indented(containerSecurity, 10)}
${indented(resources(1, "1Gi"), 10)}
${indented(mounts, 10)}
${indented(volumes(label), 6)}
`;
}
