// How the page's code is cut into files. What is loaded together is one file: a name that one file takes from another can't be shortened, and what
// is compressed together is smaller.

/** What one neuron needs, the first station: graphs, their compiler and what runs them, the estimators, and what is too small for a file of its own. */
const graph =
  /\/src\/(?:(?:backends|compile|estimators|graph|laws|options|plan|random|statistics)\/|(?:errors|nearest|rules)\.ts|measure\/(?:binary|load|race|timing|truth)\.ts|train\/pause\.ts|optimizers\/(?:adam|trees)\.ts|formats\/fetched\.ts)|\/lab\/build\/no-|\/lab\/src\/(?:worker\/(?:gradient|latest|steps)|parts\/text)\.ts/;
/** What trains networks and looks into them; a station that doesn't has its own file. */
const networks =
  /\/src\/(?!worker\/|stations\/|parts\/|measure\/)[^/]+\/.*\.ts$|\/worker\/(?:cells|datasets|draw|history|layer|mnist|network|network-names|network-steps|pen|preview|sentence|slow|surface|test-digits|train|weights)\.ts$/;

/** What reads the user's own files, which most visits have none of. */
const own =
  /\/src\/(?:data\/(?:arff|csv|csv-scan|find-idx|fit-columns|json-lines|npz|parquet|table|table-text)\.ts|data\/images\/(?!centred|decoded|form|resize)|formats\/(?:parquet\/|npy|zip))|\/worker\/(?:check|own-)/;

const options = { includeDependenciesRecursively: false };

/** Of the worker. */
export const workerChunks = {
  ...options,
  groups: [
    { name: "own", priority: 3, test: own },
    { name: "graph", priority: 2, test: graph },
    { name: "networks", priority: 1, test: networks },
  ],
};

/** Of what draws: Svelte and what stations share, with the styles of all first, so that a station can overrule them; stations beside each other. */
export const pageChunks = {
  ...options,
  groups: [
    // Most visits watch no sweep.
    { name: "sweeps", priority: 1, test: /\/stations\/watch\/(?:Sweep|axes)/ },
    { name: "stations", test: /\/stations\/(?:Draw|Layer|Network|Train|draw|layer|network|train)\b/ },
    {
      name: "more",
      test: /\/stations\/(?:Cells|Gradient|Slow|Watch|cells|gradient|slow|watch)\b|virtual:(?:cells|slowness)/,
    },
    {
      name: "parts",
      test: /virtual:(?:cards|formulas)|\/node_modules\/|\/lab\/src\/(?:parts\/|(?!main\.)[^/]+\.ts|app\.css)|\/src\/(?:App\.svelte|(?:lab|statistics)\/|(?:errors|nearest|rules|formats\/csv)\.ts)|\?worker&url$/,
    },
  ],
};
