"""How the report looks: light and dark, from a phone's width to print."""

from tfrecs.reporting.plots.colours import FAINT, GREY, INK, LOOKS, SOFT

ON_DARK = ("#6db6f2", "#ff9a5a", "#45c9a5", "#e58cc9", "#d9b24c", "#a3aeff")
"""The colours of highlighted models on a dark ground, in their order."""

COLOURS = {INK: "ink", SOFT: "soft", GREY: "grey", FAINT: "line"}
"""What figures are drawn in, and the page's variables of the same meaning."""


def style_for(num_models: int) -> str:
    """Gives the page's style; each model has rules that highlight it."""
    light = "".join(f"--c{n}: {look.colour};" for n, look in enumerate(LOOKS))
    dark = "".join(f"--c{n}: {colour};" for n, colour in enumerate(ON_DARK))
    variables = {
        **COLOURS,
        **{look.colour: f"c{n}" for n, look in enumerate(LOOKS)},
    }
    figures = "".join(
        f'svg [{part}="{colour}"] {{ {part}: var(--{name}); }}\n'
        for colour, name in variables.items()
        for part in ("fill", "stroke")
    )
    looks = "".join(
        f".look-{n}::before {{ background: var(--c{n}); }}\n" for n in range(len(LOOKS))
    )
    picks = "".join(map(_pick, range(num_models)))
    style = BASE + figures + looks + picks + PRINT
    return style.replace("/*light*/", light).replace("/*dark*/", dark)


def _pick(place: int) -> str:
    """Rules for when a model is picked: it is bold, and the others step back."""
    on, own = f"body:has(#pick-{place}:checked)", f".m{place}"
    return (
        f"{on} .m:not({own}) {{ opacity: .2; }}\n"
        f"{on} svg {own} [stroke] {{ stroke: var(--pick); stroke-width: 3; }}\n"
        f"{on} svg {own} :is(use, path)[fill]:not([fill=none]) "
        "{ fill: var(--pick); }\n"
        f"{on} svg {own} text {{ fill: var(--pick); font-weight: 700; }}\n"
        f"{on} tr{own} > * {{ background: var(--picked); }}\n"
        f"{on} .card{own} {{ outline: 2px solid var(--pick); }}\n"
    )


BASE = """
:root { color-scheme: light dark; --ground: #f7f6f3; --card: #fff; --ink: #1f2328;
  --soft: #5b636d; --line: #e3e6ea; --grey: #9aa2ab; --pick: #c4114f; --picked: #fdeef3;
  --good: #00695a; --goodsoft: #e5f4f0; --edge: #0002; --link: #0062a3; /*light*/ }
@media (prefers-color-scheme: dark) {
  :root { --ground: #121518; --card: #1a1e23; --ink: #eceef0; --soft: #a9b1bb;
    --line: #2f353d; --grey: #717a85; --pick: #ff7aa5; --picked: #3a1f2a;
    --good: #5fd3b5; --goodsoft: #17332e; --edge: #000; --link: #6db6f2; /*dark*/ }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 6rem; }
body { margin: 0 auto; max-width: 82rem; padding: 2rem 1.5rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: clamp(1.6rem, 4vw, 2.3rem); letter-spacing: -.015em; }
h2 { margin: 3.5rem 0 1rem; font-size: 1.4rem; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 1.08rem; }
h4 { margin: 0; font-size: .88rem; }
h4 span { color: var(--soft); font-weight: 400; white-space: nowrap; }
p, dd, li { overflow-wrap: anywhere; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: var(--link); }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px;
  border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; z-index: 9;
  background: var(--card); }
.skip:focus { top: 1rem; }
.protocol { color: var(--soft); font-size: .9rem; }
.protocol p { max-width: 62rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: 1.2rem 0 0;
  padding: 0; list-style: none; font-size: .92rem; }
#answer { margin-top: 1.75rem; padding: 1.6rem 1.9rem 1.4rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .9rem; }
#answer h2 { margin: 0; color: var(--soft); font-size: .92rem; font-weight: 600;
  letter-spacing: 0; }
#answer p { max-width: 62rem; }
#answer .lead { margin: .35rem 0 .9rem; font-size: clamp(1.2rem, 2.4vw, 1.6rem);
  line-height: 1.35; letter-spacing: -.01em; }
.scroll { position: relative; overflow-x: auto; background:
  linear-gradient(to right, var(--card) 40%, transparent) 0 0 / 3rem 100% local,
  linear-gradient(to left, var(--card) 40%, transparent) 100% 0 / 3rem 100% local,
  linear-gradient(to right, var(--edge), transparent) 0 0 / .9rem 100%,
  linear-gradient(to left, var(--edge), transparent) 100% 0 / .9rem 100%;
  background-repeat: no-repeat; }
table { border-collapse: collapse; font-size: .86rem;
  font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .7rem; color: var(--soft); font-size: .85rem; text-align: left;
  max-width: 62rem; }
th, td { padding: .42rem .6rem; text-align: right; vertical-align: top;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom;
  white-space: normal; }
th:first-child { position: sticky; left: 0; z-index: 1; text-align: left; }
tbody th { font-weight: 600; }
td small, th small { display: block; color: var(--soft); font-size: .76rem;
  font-weight: 400; }
#models .scroll { background-color: var(--card); border: 1px solid var(--line);
  border-radius: .9rem; padding: 1.1rem 1.2rem .6rem; }
#models .scroll { padding-left: 0; }
#models caption, #models th:first-child { padding-left: 1.2rem; }
#models caption { position: sticky; left: 0; max-width: min(62rem, 82vw); }
.scores { width: 100%; }
th:first-child { background: var(--card); }
tbody tr:last-child > * { border-bottom: 0; }
.best { font-weight: 700; }
.star { color: var(--good); margin-right: -1.05em; padding-left: .15em; }
.missing td { text-align: left; white-space: normal; color: var(--soft);
  min-width: 18rem; }
.picker { position: sticky; top: 0; z-index: 5; margin: 0 0 1.2rem; border: 0;
  min-inline-size: 0; padding: .6rem 0; background: var(--ground); }
.picker legend { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
.picker div { display: flex; flex-wrap: wrap; gap: .35rem; }
.chip { position: relative; display: inline-flex; align-items: center; gap: .4em;
  padding: .14rem .65rem; border: 1px solid var(--line); border-radius: 2rem;
  background: var(--card); font-size: .84rem; cursor: pointer; white-space: nowrap; }
.chip input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.chip[class*=look]::before { content: ""; width: .65em; height: .65em;
  border-radius: 50%; }
.chip:has(:checked) { border-color: var(--pick); background: var(--picked);
  font-weight: 650; box-shadow: inset 0 0 0 1px var(--pick); }
.chip:has(:focus-visible) { outline: 3px solid var(--link); outline-offset: 2px; }
.figures { display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(33rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; padding: 1.3rem 1.4rem 1.1rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .9rem; }
figcaption p { margin: .3rem 0 .8rem; }
.reading { margin: .6rem 0 .5rem; color: var(--soft); font-size: .86rem; }
svg { display: block; width: 100%; min-width: 23rem; max-width: 34rem; height: auto;
  margin: 0 auto;
  stroke-linejoin: round; font-family: system-ui, "Segoe UI", Roboto, sans-serif; }
summary { width: fit-content; color: var(--link); font-size: .88rem; cursor: pointer; }
details .scroll { margin-top: .5rem; max-height: 26rem; overflow: auto; }
details caption { padding-bottom: .3rem; }
svg [fill="#ffffff"] { fill: none; }
svg [stroke="#ffffff"] { stroke: var(--card); }
.m { transition: opacity .15s; }
.person { margin: 0 0 2.5rem; }
.person h3 { margin-bottom: .6rem; }
.group { margin: .5rem 0; }
.group ul { display: flex; flex-wrap: wrap; gap: .3rem .4rem; margin: .3rem 0 0;
  padding: 0; list-style: none; font-size: .84rem; }
.group li { padding: .08rem .6rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
.group .rest { border-color: transparent; background: none; color: var(--soft); }
.strip { margin: .9rem 0 0; padding: 3px 3px .8rem; background: none;
  scroll-snap-type: x proximity; }
.cards { display: grid; grid-auto-flow: column; grid-auto-columns: 13.5rem;
  gap: .7rem; }
.card { padding: .8rem .9rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .7rem; scroll-snap-align: start; }
.card h4 { display: flex; justify-content: space-between; gap: .5rem; }
.card ol { margin: .5rem 0 0; padding: 0; list-style: none; counter-reset: place;
  font-size: .82rem; line-height: 1.35; }
.card li { position: relative; padding: .24rem .4rem .24rem 1.9rem;
  border-radius: .35rem; counter-increment: place; }
.card li::before { content: counter(place); position: absolute; left: 0; width: 1.4rem;
  color: var(--soft); text-align: right; font-variant-numeric: tabular-nums; }
.hit { background: var(--goodsoft); font-weight: 650; }
.tick { color: var(--good); white-space: nowrap; }
.terms { display: grid; grid-template-columns: max-content minmax(0, 46rem);
  gap: .4rem 1.4rem; margin: 0; font-size: .92rem; }
.terms dt { color: var(--soft); }
.terms dd { margin: 0; }
#meaning h3 { margin: 1.6rem 0 .5rem; }
#meaning ul { max-width: 54rem; margin: 0; padding-left: 1.1rem; font-size: .92rem; }
#meaning li { margin: .35rem 0; }
footer { margin-top: 3.5rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem; }
  #answer { padding: 1.1rem 1rem; }
  figure { padding: 1.1rem .6rem; }
  .picker div { flex-wrap: nowrap; overflow-x: auto; padding: 3px; }
  th, td { padding: .4rem .55rem; }
  #models caption, #models th:first-child { padding-left: .8rem; }
  .terms { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .terms dd { margin-bottom: .6rem; }
}
@media (prefers-reduced-motion: reduce) { .m { transition: none; } }
"""

PRINT = """
@media print {
  @page { size: A4; margin: 13mm; }
  :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444;
    --line: #ccc; --grey: #888; --good: #00594d; --goodsoft: #e5f4f0; --link: #000;
    --pick: #c4114f; --picked: #fdeef3; /*light*/ }
  html { font-size: 8.5pt; }
  body { max-width: none; padding: 0; }
  nav, .picker, details, .skip { display: none; }
  h2 { margin-top: 1.6rem; }
  h2, h3, h4, thead, figcaption { break-after: avoid; }
  figure, tr, .card, .group { break-inside: avoid; }
  .scroll { overflow: visible; background: none; }
  #models .scroll { padding: 0; border: 0; }
  #models caption { position: static; max-width: none; }
  th:first-child { position: static; }
  .scores { font-size: 6.6pt; }
  .scores th, .scores td { padding: .25rem .3rem; }
  #models caption, #models th:first-child { padding-left: 0; }
  thead th { white-space: normal; }
  td small, th small { font-size: 5.6pt; }
  .figures { grid-template-columns: 1fr 1fr; gap: .6rem; }
  figure { padding: .7rem; }
  svg { min-width: 0; }
  .strip { padding: 0; }
  .cards { display: block; }
  .card { display: inline-block; width: 19.2%; margin: 0 .2% .5rem 0; padding: .5rem;
    vertical-align: top; }
  .card ol { font-size: 6.5pt; }
  .hit { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
