// heaviside/report: report.html of a training or a measurement, and the charts that it is made of.
export * from "../plots/index.ts";
export * from "../report/index.ts";
