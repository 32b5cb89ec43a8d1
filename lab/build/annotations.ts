import type { Plugin } from "vite";

/** Takes out what bundlers write for other bundlers: that a call has no effects. Nobody bundles the page again. */
export const annotations = (): Plugin => ({
  name: "annotations",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === "chunk") file.code = file.code.replaceAll("/* @__PURE__ */ ", "");
  },
});
