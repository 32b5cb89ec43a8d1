import { shellWord } from "../../../describe/shell.ts";
import { dockerfileOf, GRACE, PROGRAM, USER } from "./image.ts";
import { placeIn, yaml, yamlWords } from "./quoting.ts";
import type { JobSettings, JobTarget } from "./target.ts";

/** An Indexed Job of Kubernetes: a shard for each index, on a volume that all nodes can write. */
export const kubernetes: JobTarget = {
  ...{ title: "a Kubernetes Indexed Job, a shard each", queued: false, contained: true, volume: true },
  files: (settings) => ({
    [`${settings.label}.kubernetes.yaml`]: `${claimOf(settings, "ReadWriteMany")}---\n${jobOf(settings)}`,
    [`${settings.label}.reader.yaml`]: readerOf(settings),
    Dockerfile: dockerfileOf(settings),
  }),
  commands: (settings) => [
    ...imageCommands(settings),
    `kubectl apply -f ${shellWord(placeIn(settings.to, `${settings.label}.kubernetes.yaml`))}`,
    ...readerCommands(settings),
  ],
};

export const imageCommands = ({ image, to }: JobSettings): string[] => [
  `docker build -t ${image} ${to === "." ? "" : `-f ${shellWord(placeIn(to, "Dockerfile"))} `}.`,
  `docker push ${image}`,
];

export const readerCommands = ({ label, to }: JobSettings): string[] => [
  `kubectl apply -f ${shellWord(placeIn(to, `${label}.reader.yaml`))}`,
  `kubectl wait --for=condition=Ready pod/${label}-reader`,
  `kubectl exec ${label}-reader -- ${PROGRAM} sweep report ${resultsOf(label)}`,
  `kubectl cp ${label}-reader:${resultsOf(label)} runs/${label}`,
];

/** The results' folder on the volume. */
export const resultsOf = (label: string): string => `/sweep/${label}`;

/** The volume of the results. */
export const claimOf = ({ label }: JobSettings, mode: "ReadWriteMany" | "ReadWriteOnce"): string => `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${yaml(label)}
spec:
  accessModes: [${mode}]
  resources:
    requests:
      storage: 10Gi
`;

/** How a pod runs without the rights of root. */
export const podSecurity = (user: number): string => `automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: ${user}
  runAsGroup: ${user}
  fsGroup: ${user}
  seccompProfile:
    type: RuntimeDefault`;

export const containerSecurity = `securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]`;

export const resources = (cpus: number, memory: string): string => `resources:
  requests:
    cpu: ${yaml(String(cpus))}
    memory: ${memory}
  limits:
    memory: ${memory}`;

/** Gibibytes of a trial. */
const EACH = 2;
export const memoryOf = ({ cpus }: JobSettings): string => `${EACH * cpus}Gi`;

/** Lines further to the right. */
export const indented = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, " ".repeat(by));

export const mounts = `volumeMounts:
  - name: sweep
    mountPath: /sweep
  - name: tmp
    mountPath: /tmp`;

export const volumes = (claim: string): string => `volumes:
  - name: sweep
    persistentVolumeClaim:
      claimName: ${yaml(claim)}
  - name: tmp
    emptyDir: {}`;

function jobOf(settings: JobSettings): string {
  const { label, shards, file, cpus, image, options } = settings;
  // The shell puts in the index alone: all other words come to it as they are.
  const shell = ["sh", "-c", `exec "$0" "$@" --shard "$JOB_COMPLETION_INDEX/${shards}"`];
  const words = [PROGRAM, "sweep", file, "--workers", String(cpus), "--out", resultsOf(label), ...options.sweep];
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: ${yaml(label)}
spec:
  completionMode: Indexed
  completions: ${shards}
  parallelism: ${shards}
  # A shard that ends with an error is begun again, and resumes; the others go on.
  backoffLimitPerIndex: 6
  # A pod whose node is emptied counts as no error, and its successor waits for its end: two must not write into one folder.
  podReplacementPolicy: Failed
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: ${GRACE}
${indented(podSecurity(USER), 6)}
      containers:
        - name: shard
          image: ${yaml(image)}
          command: ${yamlWords([...shell, ...words])}
${indented(containerSecurity, 10)}
${indented(resources(cpus, memoryOf(settings)), 10)}
${indented(mounts, 10)}
${indented(volumes(label), 6)}
`;
}

/** A pod that shows the volume of the results, to be deleted after use. */
export const readerOf = ({ label, image }: JobSettings): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${label}-reader
spec:
  restartPolicy: Never
${indented(podSecurity(USER), 2)}
  containers:
    - name: reader
      image: ${yaml(image)}
      command: [sleep, infinity]
${indented(containerSecurity, 6)}
${indented(resources(1, "1Gi"), 6)}
${indented(mounts, 6)}
${indented(volumes(label), 2)}
`;
