/** Compiled calls before any backend was started: what they give, and where they ran. Said lines are the caller's to catch. */
export function firstCalls({ array, compile, currentBackend, resident }) {
  const sum = compile((x) => x.mul(2).sum());
  const values = [sum(array([1, 2, 3])).item(), sum(resident(array([4]))).item()];
  const double = sum(array([0.1], { dtype: "float64" }));
  return { values, double: [double.dtype, double.item()], backend: currentBackend().name };
}
