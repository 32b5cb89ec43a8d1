/** Readable without anything else, in light and dark, from a phone to a wide screen. */
export const style = `
:root { color-scheme: light dark; --text: #1b1b1b; --quiet: #5c5c5c; --back: #fff; --line: #d9d9d9; --soft: #f5f5f3; --shade: #0006; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --quiet: #a2a2a2; --back: #161719; --line: #3a3b3f; --soft: #202124; --shade: #fff7; }
  .weights img { filter: brightness(0.92); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 66rem; color: var(--text); background: var(--back);
  font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; max-width: 46rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, figcaption { color: var(--quiet); font-size: .875rem; }
.note { background: var(--soft); border-left: 4px solid var(--quiet); padding: .6rem 1rem; margin: 1rem 0; max-width: 48rem; }
.note p { margin: .25rem 0; }
/* Shadows at the sides show that there is more: those that move with the table cover them at its ends. */
.scroll { overflow-x: auto; max-width: 100%; scrollbar-width: thin;
  background: linear-gradient(to right, var(--back) 40%, transparent) left, linear-gradient(to left, var(--back) 40%, transparent) right,
    linear-gradient(to right, var(--shade), transparent) left, linear-gradient(to left, var(--shade), transparent) right;
  background-repeat: no-repeat; background-size: 3rem 100%, 3rem 100%, 1rem 100%, 1rem 100%;
  background-attachment: local, local, scroll, scroll; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; position: sticky; left: 0;
  background: var(--back); white-space: normal; min-width: 6.5rem; }
thead th { font-weight: 600; vertical-align: bottom; white-space: normal; }
.text { text-align: left; }
td.text, .long { white-space: normal; min-width: 7.5rem; }
.short th:first-child, .short td:first-child { min-width: 0; }
.confusion td, .confusion th { padding: .25rem .45rem; }
.confusion td:first-child, .confusion th:first-child { min-width: 0; padding-right: .9rem; white-space: nowrap; }
.confusion .none { color: var(--quiet); opacity: .5; }
.swatch { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .5em; }
figure { display: inline-block; vertical-align: top; width: min(100%, 29.5rem); margin: 1rem 1.5rem .5rem 0; }
figure > svg { width: 100%; }
svg, img { max-width: 100%; height: auto; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 1.75rem 2rem; }
.card { border-top: 2px solid var(--line); padding-top: .75rem; min-width: 0; }
.card p { margin: .3rem 0; font-size: .9rem; }
.formula { font-family: "STIX Two Math", "Cambria Math", "DejaVu Serif", serif; font-size: 1.05rem; }
.maps { display: flex; gap: 4px; }
.maps > div { min-width: 0; }
.maps img { display: block; width: 100%; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: .75rem .6rem; margin: 1rem 0; }
.sheet figure { width: auto; margin: 0; }
.sheet img { width: 100%; border: 1px solid var(--line); }
.sheet figcaption { font-size: .75rem; line-height: 1.3; }
.toggles { display: flex; flex-wrap: wrap; gap: .3rem; margin: .25rem 0; }
.toggles button { font: inherit; font-size: .8rem; color: var(--text); background: var(--soft); border: 0; border-left: 4px solid;
  border-radius: 3px; padding: .15rem .5rem; cursor: pointer; }
.toggles button[aria-pressed="false"] { opacity: .45; text-decoration: line-through; }
.tip { position: fixed; z-index: 1; pointer-events: none; max-width: min(20rem, 90vw); font-size: .8rem; line-height: 1.35;
  padding: .25rem .5rem; color: var(--text); background: var(--back); border: 1px solid; border-left-width: 4px; border-radius: 3px; }
.diagram { width: min(100%, 29.5rem); }
.findings { padding-left: 1.1rem; max-width: 46rem; } .findings li { margin: .45rem 0; }
.wide td:last-child { white-space: normal; text-align: left; min-width: 14rem; } .wide th:last-child { text-align: left; }
.pairs th, .pairs td { padding: .25rem .4rem; } .pairs thead th { height: 8rem; }
.pairs th span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 500; }
pre { background: var(--soft); padding: .75rem 1rem; overflow-x: auto; font-size: .8rem; line-height: 1.45; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; min-width: 0; }
a { color: inherit; }
@media (min-width: 56rem) { table:not(.short, .confusion) :is(th, td):first-child { min-width: 13rem; } }
@media (max-width: 34rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  figure { margin-right: 0; }
}
`;
