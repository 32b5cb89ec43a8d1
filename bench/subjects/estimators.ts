import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { referenceBackend } from "../../src/backends/reference/reference.ts";
import { constant, evaluate, gradients, leaves, mean } from "../../src/entries/engine.ts";
import { array, type EstimatorConfig, estimatorFor, estimatorNames, mlp, type Tensor } from "../../src/index.ts";
import { trainsBinaryUnits } from "../../src/models/binary-units.ts";
import { replayKey } from "../../src/random/replay-key.ts";
import { pytorchProgram } from "../contestants.ts";
import { type Given, type Named, writeArrays } from "../handover.ts";
import { EngineProcess } from "../protocol.ts";
import { sampleIndices, uniforms } from "../workloads/data.ts";
import {
  initialWeights,
  MOMENTUM,
  parseTrainingStep,
  stepData,
  TIMED_RATE,
  type TrainingStep,
} from "../workloads/training-step.ts";
import { type Evidence, startBackend, Training } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

/** What the others are compared with: the network of the same size whose hidden units draw nothing. */
const BASE = "sigmoid";
const BATCH = 100;

/** Those that PyTorch's users write most, in the settings that engines/pytorch_estimators.py has. */
const common: Readonly<Record<string, EstimatorConfig>> = {
  [BASE]: BASE,
  "straight-through": "straight-through",
  "straight-through-gumbel": { name: "straight-through-gumbel", temperature: 0.5 },
  "score-function-moving-average": "score-function-moving-average",
  "leave-one-out": { name: "leave-one-out", samples: 4 },
  disarm: "disarm",
};

/** Passes over every unit or pattern: their cost is the number of units, which is no news. */
const perUnit: readonly string[] = ["exact", "local-expectation"];

/** Every estimator of binary units or of their relaxation, with its usual options; the base first. */
export function contestants(): readonly (readonly [string, EstimatorConfig])[] {
  const others = estimatorNames.filter(
    (name) => !perUnit.includes(name) && !(name in common) && trainsBinaryUnits(estimatorFor(name)),
  );
  return [...Object.entries(common), ...others.map((name) => [name, name] as const)];
}

/** Throws where two backends disagree by more than a few draws that fell on the other side of a rounding. */
export function checkSameNoise(name: string, found: Evidence, wanted: Evidence): void {
  if (!(Math.abs(found.loss - wanted.loss) <= 1e-2 * Math.abs(wanted.loss)))
    throw new Error(`${name}: the loss is ${found.loss}, on the reference backend it is ${wanted.loss}`);
  const others = leaves(wanted.state);
  for (const [i, { path, value }] of leaves(found.state).entries()) {
    let [difference, size] = [0, 0];
    const { data } = others[i]!.value;
    for (let at = 0; at < data.length; at++) {
      difference += (value.data[at]! - data[at]!) ** 2;
      size += data[at]! ** 2;
    }
    const share = Math.sqrt(size === 0 ? difference : difference / size);
    if (!(share <= 0.05))
      throw new Error(`${name}: ${path} differs by ${share} of its size from the reference backend's`);
  }
}

/** The noise that estimators are compared on: as many draws as one of them takes. */
const DRAWS = 4;
/** A moving average to subtract, so that a lost one shows. */
const BASELINE = 0.5;

function noisePlan(task: TrainingStep) {
  const [, hidden] = task.units;
  const noise = Array.from({ length: DRAWS }, (_, i) => uniforms(2000 + i, task.batch * hidden!));
  const entries = initialWeights(task).map((weights) => sampleIndices(weights.length, 64));
  return { noise, entries };
}

/** The loss of a given draw, and entries of its gradient with respect to both layers' weights. */
export function ownEvidence(task: TrainingStep, config: EstimatorConfig): number[] {
  const { units, batch } = task;
  const { noise, entries } = noisePlan(task);
  const model = mlp({ input: units[0]!, hidden: [{ units: units[1]!, estimator: config }], classes: units[2]! });
  const { params: start, states } = model.init(1);
  const params = start.map(({ bias }, layer) => ({
    weight: constant(array(initialWeights(task)[layer]!, { shape: [units[layer]!, units[layer + 1]!] })),
    bias: constant(bias!),
  }));
  const { x, labels } = stepData(task);
  const key = replayKey({ uniform: noise.map((u) => array(u, { shape: [batch, units[1]!] })) });
  const state = Object.fromEntries(Object.keys(states[0]!).map((name) => [name, constant(BASELINE)]));
  const { loss } = model.train(
    params,
    { x: constant(array(x, { shape: [batch, units[0]!] })), label: constant(array(labels)) },
    key,
    [state, {}],
  );
  const total: Tensor = mean(loss);
  const found = evaluate([total, ...gradients(total, [params[0]!.weight, params[1]!.weight])]);
  return [found[0]!.item(), ...entries.flatMap((at, layer) => at.map((i) => found[layer + 1]!.data[i]!))];
}

/** Throws where PyTorch's loss or gradient is another one, given the same noise. */
export function checkSameGradient(name: string, found: readonly number[], wanted: readonly number[]): void {
  const size = Math.sqrt(wanted.slice(1).reduce((sum, g) => sum + g * g, 0));
  const off = Math.sqrt(wanted.slice(1).reduce((sum, g, i) => sum + (found[i + 1]! - g) ** 2, 0));
  if (found.length !== wanted.length || !(Math.abs(found[0]! - wanted[0]!) <= 1e-3 * wanted[0]!))
    throw new Error(`PyTorch, ${name}: with the same noise the loss is ${found[0]}, ours ${wanted[0]}`);
  if (!(off <= 0.05 * size))
    throw new Error(
      `PyTorch, ${name}: with the same noise the gradient differs by ${off / size} of its size from ours`,
    );
}

/** PyTorch's processes, one an estimator, each checked against ours. */
async function pytorch(task: TrainingStep, threads: number, python: string, folder: string) {
  const { units, batch } = task;
  const { noise, entries } = noisePlan(task);
  const { x, labels } = stepData(task);
  const named: Named = {
    x: { data: x, shape: [batch, units[0]!] },
    labels: { data: labels, shape: [batch] },
  };
  for (const [i, data] of noise.entries()) named[`noise${i}`] = { data, shape: [batch, units[1]!] };
  for (const [layer, data] of initialWeights(task).entries())
    named[`weights${layer}`] = { data, shape: [units[layer]!, units[layer + 1]!] };
  const given = {
    ...{ arrays: writeArrays(folder, named), entries, baseline: BASELINE },
    ...{ timedRate: TIMED_RATE, momentum: MOMENTUM },
  } as Given;
  const engines: EngineProcess[] = [];
  const lanes: Lane[] = [];
  for (const [setting, config] of Object.entries(common)) {
    const engine = new EngineProcess("PyTorch", pytorchProgram(python, threads), folder);
    engines.push(engine);
    const { note } = await engine.request("start", { threads, variant: "autograd" });
    const asked = { kind: "estimator", estimator: setting };
    const { evidence } = await engine.request("open", { task: asked as never, given });
    checkSameGradient(setting, evidence, ownEvidence(task, config));
    lanes.push({
      ...{ engine: "PyTorch", threads, note, setting },
      cpuSeconds: async () => (await engine.request("usage", {})).cpuSeconds,
      async take() {
        const { work, seconds } = await engine.request("slice", { seconds: SLICE });
        return work / seconds;
      },
    });
  }
  return { lanes, stop: () => Promise.all(engines.map((engine) => engine.stop())) };
}

/** PyTorch's turns are this long, so that asking for one doesn't count. */
const SLICE = 0.25;

/** What an estimator costs: training steps of a network of one hidden layer. */
export const estimatorSpeed: Subject = {
  example: "estimators 784-200-10 --peers",
  about:
    "training steps with each estimator beside the deterministic network's; with --peers the common ones in PyTorch too",
  usual: { sizes: ["784-200-10"], backends: ["native", "wasm"], threads: [1], peers: false, seconds: 0.1 },
  async *contests({ sizes, backends, threads, seconds, peers, python }, say): AsyncGenerator<Contest> {
    for (const size of sizes) {
      const task = parseTrainingStep(size, BATCH, true);
      const entrants = contestants();
      say(`${size}: working out what is right for ${entrants.length} estimators`);
      const reference = referenceBackend();
      const wanted = new Map(
        entrants.map(([setting, config]) => {
          const training = new Training(task, "momentum", reference, config);
          return [setting, training.evidence(training.plan())];
        }),
      );
      for (const count of threads) {
        const folder = mkdtempSync(join(tmpdir(), "heaviside-bench-"));
        const started = await Promise.all(
          backends.map(async (name) => ({ name, ...(await startBackend(name, count)) })),
        );
        const own = started.flatMap(({ name, backend, note }) =>
          entrants.map(([setting, config]): Lane => {
            const training = new Training(task, "momentum", backend, config);
            const step = training.plan();
            checkSameNoise(`${name}, ${setting}`, training.evidence(step), wanted.get(setting)!);
            const lane = { engine: `heaviside ${name}`, threads: count, note, setting };
            return { ...lane, take: async () => training.throughput(step, seconds) / task.batch };
          }),
        );
        const others = peers && python !== undefined ? await pytorch(task, count, python, folder) : undefined;
        try {
          yield {
            workload: `estimators ${size} batch ${task.batch}, momentum`,
            unit: "steps/s",
            better: "more",
            base: BASE,
            lanes: [...own, ...(others?.lanes ?? [])],
          };
        } finally {
          await others?.stop();
          await Promise.all(started.map(({ backend }) => backend.close()));
          rmSync(folder, { recursive: true });
        }
      }
    }
  },
};
