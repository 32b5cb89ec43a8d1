/** What the page may load, as a Content-Security-Policy: nothing from elsewhere, and no script or style that is written into a page. */
const rules = {
  "default-src": "'none'",
  // WebAssembly is compiled; no text is.
  "script-src": "'self' 'wasm-unsafe-eval'",
  "style-src": "'self'",
  "img-src": "'self' blob:",
  "connect-src": "'self'",
  // Threads of the wasm backend come from a blob.
  "worker-src": "'self' blob:",
  "base-uri": "'none'",
  "form-action": "'none'",
} as const;

/** The policy for a `<meta>` element. */
export const pagePolicy = Object.entries(rules)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ");

/** Headers of every answer: the two that let workers share memory, the policy, and that a type is what it says. */
export const headers: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  // A page of another site must not frame it; a <meta> element can't say so.
  "Content-Security-Policy": `${pagePolicy}; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};
