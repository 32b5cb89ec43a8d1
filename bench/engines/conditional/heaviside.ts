import {
  array,
  compile,
  gatedBlocks,
  gradients,
  matmul,
  mul,
  NdArray,
  rectifier,
  reshape,
  resident,
  sum,
  type Tensor,
  transpose,
} from "../../../src/index.ts";
import {
  type Conditional,
  conditionalEvidence,
  conditionalInputs,
  conditionalSamples,
} from "../../workloads/conditional.ts";
import { repeat, type Session, unknownForm } from "../engine.ts";

/** What a run leaves on the backend: the layer's output and the three gradients, in the layouts of the inputs. */
interface Results {
  y: Tensor;
  dx: Tensor;
  dweight: Tensor;
  dout: Tensor;
}

interface Inputs {
  x: Tensor;
  gates: Tensor;
  weight: Tensor;
  bias: Tensor;
  out: Tensor;
  dy: Tensor;
}

/** The same layer by two products over all units, and closed ones multiplied by 0. */
function dense({ x, gates, weight, out }: Inputs): Tensor {
  const [blocks, width, input] = weight.shape as [number, number, number];
  const [batch, units] = [x.shape[0]!, blocks * width];
  const h = rectifier(matmul(x, transpose(reshape(weight, [units, input]))));
  const sent = mul(reshape(h, [batch, blocks, width]), reshape(gates, [batch, blocks, 1]));
  return matmul(reshape(sent, [batch, units]), reshape(out, [units, out.shape[2]!]));
}

const skip = ({ x, gates, weight, bias, out }: Inputs): Tensor =>
  gatedBlocks({ weight, bias, out }, x, gates, { activation: rectifier, closed: "skip" });

const forms: Readonly<Record<string, (inputs: Inputs) => Tensor>> = { dense, skip };

/** One form of the layer, forward and backward. Inputs stay on the backend, results as well. */
export function conditionalSession(task: Conditional, form: string): Session {
  const layer = Object.hasOwn(forms, form) ? forms[form]! : unknownForm("heaviside", task, form);
  const { batch, input, blocks, width, output } = task;
  const given = conditionalInputs(task);
  const inputs = {
    x: array(given.x, { shape: [batch, input] }),
    gates: array(given.gates, { shape: [batch, blocks] }),
    weight: array(given.weight, { shape: [blocks, width, input] }),
    bias: NdArray.zeros([blocks, width]),
    out: array(given.out, { shape: [blocks, width, output] }),
    dy: array(given.dy, { shape: [batch, output] }),
  };
  const results = {
    y: NdArray.zeros([batch, output]),
    dx: NdArray.zeros([batch, input]),
    dweight: NdArray.zeros([blocks, width, input]),
    dout: NdArray.zeros([blocks, width, output]),
  };
  type State = { inputs: Inputs; results: Results };
  const state = resident<State>({ inputs, results });
  const pass = compile(({ inputs }: State) => {
    const y = layer(inputs);
    const { x, weight, out, dy } = inputs;
    const [dx, dweight, dout] = gradients(sum(mul(y, dy)), [x, weight, out]) as [Tensor, Tensor, Tensor];
    return { state: { inputs, results: { y, dx, dweight, dout } } };
  });
  return {
    async evidence() {
      pass(state);
      const { y, dx, dweight, dout } = state.read().results;
      const found = { y: y.data, dx: dx.data, dweight: dweight.data, dout: dout.data };
      return conditionalEvidence(conditionalSamples(task), found);
    },
    slice: (seconds) => repeat(() => void pass(state), seconds),
    close() {},
  };
}
