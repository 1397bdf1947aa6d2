"""How a page looks: light and dark, from a phone's width to print."""

STYLE = """
:root { color-scheme: light dark; --ground: #fbfaf8; --ink: #1d2127; --soft: #59616b;
  --card: #ffffff; --line: #dcdfe3; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --ink: #eceef0; --soft: #a9b0b9; --card: #1d2127;
    --line: #343a42; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1.25rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.4 system-ui, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 1.75rem 0 .75rem; font-size: 1.2rem; }
h1, h2, h3, p, dd { overflow-wrap: anywhere; }
ol { display: grid; gap: 1rem; margin: 0; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(9rem, 44%), 1fr)); }
article { height: 100%; overflow: hidden; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
svg, img { display: block; width: 100%; aspect-ratio: 2 / 3; object-fit: cover; }
svg text { fill: #fff; font: 600 20px system-ui, sans-serif; text-anchor: middle;
  unicode-bidi: isolate; }
.told { padding: .6rem .7rem .75rem; }
h3 { margin: 0; font-size: .95rem; line-height: 1.3; }
.told p { margin: .2rem 0 0; color: var(--soft); font-size: .8rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .5rem; margin: .4rem 0 0;
  font-size: .8rem; }
dt { color: var(--soft); }
dd { margin: 0; }
@media print {
  :root { --ground: #fff; --ink: #000; --soft: #444; --card: #fff; --line: #bbb; }
  body { max-width: none; padding: 0; }
  ol { grid-template-columns: repeat(6, 1fr); gap: .5rem; }
  li { break-inside: avoid; }
  h2 { break-after: avoid; }
  h3 { font-size: .8rem; }
  svg, img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
