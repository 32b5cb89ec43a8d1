import { inWorker } from "./in-worker.ts";
import { killing } from "./killed.ts";
import type { Suite } from "./suite.ts";

const tiny = ["--data-dir", "tiny", "--threads", "1"];
const training = (...more: string[]) => ({
  argv: ["train", ...tiny, "--hidden", "12", "--epochs", "12", "--batch", "10", ...more],
  again: (out: string) => ["train", "--resume", "--out", out],
});

/** Every suite by the name that `npm run attack` takes. */
export const suites: Readonly<Record<string, Suite>> = {
  "killed-trainings": killing({ title: "trainings killed at random moments and resumed", cases: 10, full: 60 }, [
    training("--estimator", "nvil", "--optimizer", "adam", "--rate", "0.01"),
    training("--model", "gated-mlp", "--blocks", "6", "--gater", "dense:hidden=4"),
    training("--test", "epoch", "--schedule", "cosine", "--max-norm", "2", "--input-dropout", "0.2"),
  ]),
  "killed-studies": killing({ title: "studies killed at random moments and given again", cases: 8, full: 40 }, [
    { argv: ["start", ...tiny, "--epochs", "2", "--units", "8"] },
    {
      argv: [
        "benchmark",
        "autoencoder",
        ...tiny,
        "--estimators",
        "disarm,concrete",
        "--steps",
        "60",
        "--latents",
        "6",
        "--pairs",
        "4",
        "--points",
        "2",
      ],
    },
    {
      argv: [
        "reproduce",
        "figure-2",
        ...tiny,
        "--quick",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--limit",
        "100",
        "--rows",
        "straight-through,sigmoid",
      ],
    },
    { argv: ["measure", ...tiny, "--hidden", "4", "--estimators", "disarm,straight-through", "--replicates", "2000"] },
  ]),
  checkpoints: inWorker("checkpoints", {
    title: "damaged and forged checkpoints",
    cases: 4000,
    full: 31_000,
    confine: true,
  }),
  configs: inWorker("configs", { title: "config files with something wrong", cases: 800, full: 6000, confine: true }),
  "command-lines": inWorker("command-lines", {
    title: "command lines of strange words",
    cases: 500,
    full: 10_000,
    confine: true,
  }),
  trainings: inWorker("trainings", {
    title: "random trainings, on one thread, on three and by the reference",
    cases: 150,
    full: 4600,
    confine: false,
  }),
};
