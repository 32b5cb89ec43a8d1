// Starts threads, runs one program on all of them, and ends without closing anything: the process must end, too.
import { compile } from "../../../compile/compile.ts";
import { mean, mul, NdArray, type Tensor } from "../../../graph/index.ts";
import { nativeBackend } from "../native.ts";

const backend = await nativeBackend({ threads: 3 });
const x = new NdArray(new Float32Array(300_000).fill(2), [300_000]);
console.log(compile((t: Tensor) => mean(mul(t, t)), { backend })(x).item());
