export { type Insides, inspect } from "./inspect.ts";
export { type Report, type ReportedRun, report } from "./report.ts";
