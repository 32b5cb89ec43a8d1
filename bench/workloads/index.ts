import { ceiling } from "./ceiling.ts";
import { conditional } from "./conditional.ts";
import { conv } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { forward } from "./forward.ts";
import { gemm } from "./gemm.ts";
import { recurrent } from "./recurrent.ts";
import { spiking } from "./spiking.ts";
import { trainingStep } from "./training-step.ts";
import type { Task, Workload } from "./workload.ts";

const workloads: { [K in Task["kind"]]: Workload<Extract<Task, { kind: K }>> } = {
  gemm,
  step: trainingStep,
  forward,
  sigmoid: elementwise,
  uniform: elementwise,
  conditional,
  conv,
  recurrent,
  spiking,
  ceiling,
};

export function workloadOf(task: Task): Workload<Task> {
  return workloads[task.kind] as Workload<Task>;
}
