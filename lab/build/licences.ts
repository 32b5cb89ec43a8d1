import type { Plugin } from "vite";
import { checkBundled, notice, packageOf } from "../../scripts/build/licences.js";

/** Folders of the packages whose code is in the page or in its worker, by their places in a lock file. */
const found = new Map<string, string>();

/** Notes whose code goes into a bundle: for the page and for its worker. */
export const noteLicences = (): Plugin => ({
  name: "note-licences",
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
        const place = renderedLength > 0 ? packageOf(id) : undefined;
        if (place !== undefined) found.set(place, id.slice(0, id.indexOf(place) + place.length));
      }
    }
  },
});

/** The texts of their licences as a file of the page, whose worker is built before it. */
export const licences = (): Plugin => ({
  name: "licences",
  apply: "build",
  enforce: "post",
  generateBundle() {
    checkBundled("lab", found.keys());
    const texts = [...found].sort().map(([, folder]) => {
      const { title, text } = notice(folder);
      return `## ${title}\n\n${text}\n`;
    });
    const source = ["# Licences\n\nThe page holds code of these packages.\n", ...texts].join("\n");
    this.emitFile({ type: "asset", fileName: "licences.md", source });
  },
});
