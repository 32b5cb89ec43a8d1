/** Readable without anything else, in light and dark. */
export const style = `
:root { color-scheme: light dark; --text: #1b1b1b; --quiet: #5c5c5c; --back: #fff; --line: #d9d9d9; --soft: #f5f5f3; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --quiet: #a2a2a2; --back: #161719; --line: #3a3b3f; --soft: #202124; }
  .weights img { filter: brightness(0.92); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 64rem; color: var(--text); background: var(--back);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, figcaption { color: var(--quiet); font-size: .875rem; }
.note { background: var(--soft); border-left: 4px solid var(--quiet); padding: .6rem 1rem; margin: 1rem 0; max-width: 48rem; }
.note p { margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-weight: 600; vertical-align: bottom; }
.swatch { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .5em; }
figure { margin: 1rem 0; }
svg, img { max-width: 100%; height: auto; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(28rem, 1fr)); gap: 1.75rem 2rem; }
@media (max-width: 34rem) { .cards { grid-template-columns: 1fr; } }
.card { border-top: 2px solid var(--line); padding-top: .75rem; min-width: 0; }
.card p { margin: .3rem 0; font-size: .9rem; }
.formula { font-family: "STIX Two Math", "Cambria Math", "DejaVu Serif", serif; font-size: 1.05rem; }
pre { background: var(--soft); padding: .75rem 1rem; overflow-x: auto; font-size: .8rem; line-height: 1.45; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; }
a { color: inherit; }
`;
