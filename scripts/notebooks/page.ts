// The page of HTML that nbconvert writes, made to stand alone: nothing is fetched, and it is readable by day and by night and on a phone.

/** Primes of other fonts stand high already, and a formula raises them once more: Temml's font has one for formulas. */
const primes = (font: Uint8Array): string => `
@font-face { font-family: Temml; src: url(data:font/woff2;base64,${Buffer.from(font).toString("base64")}) }
mo.tml-prime { font-family: Temml; }`;

/** nbconvert's colours are variables. The pictures have dark colours of their own. */
const STYLE = `
.jp-Notebook { max-width: 900px; margin: auto; }
.jp-RenderedHTMLCommon figure { margin: 0; }
.formula { display: block; overflow: auto hidden; padding: 4px 0; }
math { font-size: 1.1em; }
.jp-OutputArea-child, .jp-OutputArea-output { display: block; width: auto; overflow-x: auto; }
.jp-OutputArea-child .jp-OutputPrompt:empty { display: none; }
.jp-RenderedHTMLCommon table { display: block; overflow-x: auto; }
.jp-InputArea-editor, .jp-InputArea-editor .highlight { min-width: 0; overflow-x: auto; }
.jp-OutputArea-output pre, .jp-RenderedHTMLCommon pre { white-space: pre; overflow-x: auto; }
@media (max-width: 600px) { body.jp-Notebook { padding: 8px; } }
@media (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --jp-layout-color0: #161719; --jp-layout-color1: #161719; --jp-layout-color2: #26282b;
    --jp-content-font-color0: #fff; --jp-content-font-color1: #e4e4e4;
    --jp-content-font-color2: #c4c4c4; --jp-content-font-color3: #a4a4a4;
    --jp-ui-font-color0: #fff; --jp-ui-font-color1: #e4e4e4;
    --jp-content-link-color: #7cb7ff;
    --jp-border-color0: #5a5d62; --jp-border-color1: #5a5d62; --jp-border-color2: #3c3f44;
    --jp-cell-editor-background: #212327; --jp-cell-editor-border-color: #3c3f44;
    --jp-rendermime-table-row-background: #212327; --jp-rendermime-table-row-hover-background: #2d3a4a;
    --jp-mirror-editor-keyword-color: #7fd18b; --jp-mirror-editor-number-color: #9fd3a5;
    --jp-mirror-editor-string-color: #ff9a8d; --jp-mirror-editor-comment-color: #8fb5b5;
    --jp-mirror-editor-operator-color: #d69bff; --jp-mirror-editor-punctuation-color: #9cc4ff;
    --jp-mirror-editor-variable-color: #e4e4e4; --jp-mirror-editor-error-color: #ff8a80;
  }
}`;

/**
 * The page of nbconvert with a title and our style, without its scripts: they set formulas and widgets, and are fetched from elsewhere.
 * @param font Temml's own, as the bytes of a .woff2
 */
export const standAlone = (html: string, title: string, font: Uint8Array): string =>
  html
    .replaceAll(/<script\b[^>]*>.*?<\/script>/gs, "")
    .replace(/<title>[^<]*<\/title>/, () => `<title>${title}</title>`)
    .replace("</head>", () => `<style>${STYLE}${primes(font)}</style></head>`);
