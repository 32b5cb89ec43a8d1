// What computes, apart from the thread that draws. Each job is a file, which is loaded when it is asked for.
const jobs = {
  draw: () => import("./draw.ts"),
  cells: () => import("./cells.ts"),
  layer: () => import("./layer.ts"),
  neuron: () => import("./neuron.ts"),
  gradient: () => import("./gradient.ts"),
  slow: () => import("./slow.ts"),
  preview: () => import("./preview.ts"),
  train: () => import("./train.ts"),
  network: () => import("./network.ts"),
};

export type JobName = keyof typeof jobs;

addEventListener(
  "message",
  async ({ data: { name, port } }: MessageEvent<{ name: JobName; port: MessagePort }>) => {
    const { run } = await jobs[name]();
    run(port);
  },
  { once: true },
);
