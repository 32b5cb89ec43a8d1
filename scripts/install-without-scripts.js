// A project that has installed the packed library with no script allowed to run, of it or of any other package: it has to train and to predict.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Installs `tarball` with npm in a new folder below `folder`, by `run(command, args, cwd)`. Gives what to print; throws where something is missing. */
export function checkWithoutScripts(folder, tarball, run) {
  const project = join(folder, "without-scripts");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", tarball], project);
  const home = join(project, "node_modules/heaviside");
  if (existsSync(join(home, "native/build")))
    throw new Error("npm install --ignore-scripts has built the native add-on");
  const heaviside = (...args) => run(process.execPath, [join(home, "bin/heaviside.js"), ...args], project);
  const trained = heaviside("train", "--data", "moons", "--hidden", "20", "--epochs", "20", "--out", "run");
  if (!/\bwasm\s+\(/.test(trained)) throw new Error(`without scripts a training must run on wasm, it says\n${trained}`);
  const error = Number(/^ *test.*error +([\d.]+)%/m.exec(trained)?.[1]);
  if (!(error < 25)) throw new Error(`without scripts a training must learn two moons, it says\n${trained}`);
  writeFileSync(join(project, "examples.json"), "[[0, 1], [1, -0.5]]");
  const { predictions } = JSON.parse(heaviside("predict", "run", "examples.json", "--json"));
  const [first] = predictions;
  heaviside("save", "run", "model.safetensors");
  const program =
    'import { predictor } from "heaviside/inference"; console.log((await predictor("model.safetensors"))([0, 1]).label);';
  const label = run(process.execPath, ["--input-type=module", "-e", program], project).trim();
  if (label !== String(first.label) || predictions.length !== 2)
    throw new Error(`heaviside/inference predicts ${label}, the command ${JSON.stringify(predictions)}`);
  return `installed without any script, it trains two moons to ${error} % error and predicts`;
}
