"""How items look, in whatever colours the page's theme has."""

from tfrecs.reporting.posters.genres import CARD_STYLE

STYLE = (
    f"<style>{CARD_STYLE}"
    + """
.stMainBlockContainer { padding: 3.9rem clamp(1rem, 3vw, 3rem); max-width: 96rem; }
.stMainBlockContainer h1 { font-size: clamp(1.5rem, 4vw, 2rem); padding: 0; }
.tfrecs-list { display: grid; gap: .6rem; list-style: none;
  margin: 0 !important; padding: 0 !important;
  grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 100%), 1fr)); }
.tfrecs-list li { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr);
  margin: 0; gap: .75rem; padding: 0 .75rem 0 0; overflow: hidden; border-radius: .6rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  background: color-mix(in srgb, currentColor 3%, transparent); }
.tfrecs-list img { width: 3.6rem; height: 100%; min-height: 5.4rem; object-fit: cover;
  display: block; }
.tfrecs-list .drawn { aspect-ratio: auto; min-height: 5.4rem; padding: 0; }
.tfrecs-shelf .drawn { border-radius: .4rem; }
.tfrecs-list li > div:not(.drawn) { padding: .5rem 0; min-width: 0; }
.tfrecs-list p, .tfrecs-shelf p, .tfrecs-head p { margin: 0; line-height: 1.3;
  overflow-wrap: anywhere; }
.tfrecs-title { font-weight: 600; font-size: .95rem; }
.tfrecs-title b { font-weight: 700; opacity: .75; margin-inline-end: .15rem;
  font-variant-numeric: tabular-nums; }
.tfrecs-soft { font-size: .8rem; opacity: .75; }
.tfrecs-why { font-size: .8rem; margin-top: .3rem !important;
  padding-inline-start: .5rem;
  border-inline-start: 2px solid color-mix(in srgb, currentColor 35%, transparent);
  display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical;
  overflow: hidden; }
.tfrecs-why bdi { font-style: italic; }
.tfrecs-badges { display: flex; flex-wrap: wrap; gap: .3rem;
  margin-top: .35rem !important; }
.tfrecs-badges span, .tfrecs-head span { font-size: .72rem; padding: .08rem .45rem;
  border-radius: 1rem; white-space: nowrap;
  background: color-mix(in srgb, currentColor 10%, transparent); }
@media (min-width: 640px) { .tfrecs-head { min-height: 5.1rem; } }
.tfrecs-head h3 { margin: 0; padding: 0 0 .3rem; font-size: 1.15rem;
  overflow-wrap: anywhere; }
.tfrecs-head p { display: flex; flex-wrap: wrap; gap: .3rem; }
.tfrecs-shelf { display: flex; gap: .6rem; list-style: none; overflow-x: auto;
  margin: 0 !important; padding: 0 0 .5rem !important; }
.tfrecs-shelf li { flex: 0 0 5rem; margin: 0; }
.tfrecs-shelf img { width: 100%; aspect-ratio: 2 / 3; object-fit: cover; display: block;
  border-radius: .4rem; }
.tfrecs-legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; list-style: none;
  margin: 0 !important; padding: 0 !important; font-size: .85rem; }
.tfrecs-legend li { margin: 0; }
.tfrecs-legend i { font-style: normal; font-size: 1.1rem; margin-inline-end: .35rem; }
.tfrecs-note { font-size: .85rem; opacity: .8; margin: 0; }
.tfrecs-alert { margin: 0; padding: .6rem .8rem; border-radius: .5rem;
  overflow-wrap: anywhere; border: 1px solid #c0392b;
  background: color-mix(in srgb, #c0392b 12%, transparent); }
.tfrecs-table { overflow: auto; max-height: 24rem; }
.tfrecs-table table { width: 100%; border-collapse: collapse; font-size: .85rem; }
.tfrecs-table th, .tfrecs-table td { text-align: start; padding: .3rem .6rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
</style>"""
)
