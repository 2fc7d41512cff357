"""The style sheet and the script of the pages; light and dark, for screen and paper."""

from __future__ import annotations

STYLE = """
:root {
  --page: #f7f7f5; --card: #fff; --text: #1d1f23; --muted: #60656f; --line: #d9dbe0;
  --group: rgb(60 72 110 / 5%); --group-line: #c9cede; --data: #55607a; --order: #9299a8;
  --accent: #3b5bdb; --badge: #eceef3; --parameter: #e3ecfb; --note: #fdf1d7;
  --note-text: #754c00; --note-line: #e0b252;
  --succeeded: #1c7c47; --failed: #c3271f; --running: #2160c4; --retrying: #b25a00;
  --cancelled: #6b7280; --waiting: #8a909c; --succeeded-back: #eefaf2; --failed-back: #fdeeec;
  --running-back: #edf4ff; --retrying-back: #fff4e5; --quiet-back: #f1f2f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171b; --card: #20232a; --text: #e9eaee; --muted: #a2a8b5; --line: #383c46;
    --group: rgb(160 175 230 / 6%); --group-line: #414860; --data: #a5b0c9; --order: #747c8e;
    --accent: #8ea8ff; --badge: #31353f; --parameter: #263a5c; --note: #3b2f16;
    --note-text: #f5d38d; --note-line: #8f6e24;
    --succeeded: #5dcf91; --failed: #ff7b70; --running: #7db0ff; --retrying: #ffb45c;
    --cancelled: #a0a6b2; --waiting: #858c9a; --succeeded-back: #1a2e24; --failed-back: #3a2020;
    --running-back: #1b2a42; --retrying-back: #3a2a14; --quiet-back: #282b33;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); color: var(--text); scroll-behavior: smooth; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
  margin: 0 auto; max-width: 1320px; padding: 28px 32px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 15px; margin: 18px 0 6px; }
a { color: var(--accent); }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono",
  monospace; font-size: 13px; }
.lead { color: var(--muted); margin: 0 0 18px; }
.picture { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  overflow: auto; padding: 12px; }
.picture svg { display: block; margin: 0 auto; max-width: none; }
table { border-collapse: collapse; width: 100%; }
.scroll { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  overflow-x: auto; }
th, td { border-top: 1px solid var(--line); overflow-wrap: anywhere; padding: 7px 14px;
  text-align: left; vertical-align: top; }
tr:first-child > th, tr:first-child > td { border-top: 0; }
thead + tbody > tr:first-child > * { border-top: 1px solid var(--line); }
thead th { color: var(--muted); font-size: 13px; font-weight: 600; white-space: nowrap; }
th .muted { font-weight: 400; max-width: 460px; }
td code, th code { overflow-wrap: normal; white-space: nowrap; }
tr:target > *, details:target { background: var(--parameter); }
.muted { color: var(--muted); }
.legend { color: var(--muted); display: flex; flex-wrap: wrap; font-size: 13px; gap: 6px 22px;
  list-style: none; margin: 12px 2px 0; padding: 0; }
.legend li { align-items: center; display: flex; gap: 8px; }
.legend svg { flex: none; }
.group rect { fill: var(--group); stroke: var(--group-line); }
.group-name { fill: var(--muted); font-size: 13px; font-weight: 600; paint-order: stroke;
  stroke: var(--card); stroke-width: 4px; }
.edge { fill: none; stroke: var(--data); stroke-width: 1.6; }
.edge.data { marker-end: url(#tip-data); }
.edge.order { marker-end: url(#tip-order); stroke: var(--order); stroke-dasharray: 1.5 5;
  stroke-linecap: round; stroke-width: 1.8; }
.edge.far { opacity: .45; }
#tip-data path { fill: var(--data); }
#tip-order path { fill: var(--order); }
#tip-lit path { fill: var(--accent); }
.element { fill: var(--text); font: 11.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
.step { cursor: pointer; text-decoration: none; }
.card { fill: var(--card); stroke: var(--line); stroke-width: 1.4; }
.graph .card { stroke: var(--group-line); }
.step .name { fill: var(--text); font: 600 13px ui-monospace, Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
.step .doc { fill: var(--muted); font-size: 12px; }
rect.badge { fill: var(--badge); }
rect.parameter { fill: var(--parameter); }
text.badge { fill: var(--text); font-size: 11.5px; }
rect.note { fill: var(--note); }
text.note { fill: var(--note-text); font-size: 12px; }
.collapsed .card { stroke: var(--note-line); }
.step:hover .card, .step:focus .card { stroke: var(--accent); stroke-width: 2.4; }
.step:focus { outline: none; }
.focused .edge:not(.lit), .focused .element:not(.lit) { opacity: .12; }
.focused .step:not(.lit) { opacity: .4; }
.edge.lit { marker-end: url(#tip-lit); opacity: 1; stroke: var(--accent); stroke-width: 2.2; }
.state-succeeded { --tone: var(--succeeded); --back: var(--succeeded-back); }
.state-failed, .state-crashed { --tone: var(--failed); --back: var(--failed-back); }
.state-running { --tone: var(--running); --back: var(--running-back); }
.state-retrying, .state-stopping { --tone: var(--retrying); --back: var(--retrying-back); }
.state-cancelled, .state-unknown { --tone: var(--cancelled); --back: var(--quiet-back); }
.state-pending, .state-queued, .state-skipped { --tone: var(--waiting); --back: var(--card); }
.graph [class*="state-"] .card { fill: var(--back); stroke: var(--tone); }
.graph .state-skipped .card, .graph .state-pending .card { stroke-dasharray: 4 3; }
.graph .state-skipped text, .graph .state-pending text { opacity: .75; }
.sign { fill: var(--tone); font-size: 14px; font-weight: 700; }
.state { background: var(--back); border: 1px solid var(--tone); border-radius: 99px;
  color: var(--tone); display: inline-block; font-size: 13px; font-weight: 600; line-height: 1.4;
  padding: 1px 10px; white-space: nowrap; }
.facts { display: grid; gap: 4px 22px; grid-template-columns: max-content 1fr; margin: 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.alarm { background: var(--failed-back); border: 1px solid var(--failed); border-radius: 12px;
  margin: 20px 0 0; padding: 14px 18px; }
.alarm h2 { color: var(--failed); font-size: 16px; margin: 0 0 6px; }
.alarm pre { border-color: var(--failed); }
.remark { border-left: 3px solid var(--note-line); margin: 12px 0; padding: 2px 0 2px 14px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; line-height: 1.45;
  margin: 8px 0; max-height: 480px; overflow: auto; padding: 10px 14px; tab-size: 4;
  white-space: pre-wrap; overflow-wrap: anywhere; }
details.part { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  margin: 8px 0; padding: 0 16px; }
details.part > summary { align-items: baseline; display: flex; flex-wrap: wrap; gap: 4px 14px;
  padding: 10px 0; }
details.part > summary::before { color: var(--muted); content: "▸"; width: 8px; }
details.part[open] > summary::before { content: "▾"; }
details.part[open] { padding-bottom: 12px; }
details.part pre { background: var(--page); }
summary { cursor: pointer; }
summary .mono { font-weight: 600; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.content { scroll-margin-top: 64px; }
.content .scroll { border-radius: 8px; }
.content td, .content th { font-size: 13px; padding: 6px 10px; }
.content details { margin-top: 10px; }
.content td, .content th { white-space: nowrap; }
td .error { overflow-wrap: anywhere; white-space: pre-wrap; }
td:has(.error) { min-width: 260px; white-space: normal; }
td pre { margin: 0; }
.parameters th { width: 220px; }
footer { margin-top: 32px; }
.time text { fill: var(--text); font-size: 12.5px; }
.time .tick, .time .muted { fill: var(--muted); font-size: 11.5px; }
.time .sign { fill: var(--tone); font-size: 13px; }
.time .grid { stroke: var(--line); }
.time .bar { fill: var(--back); stroke: var(--tone); stroke-width: 1.4; }
.time .wait { stroke: var(--waiting); stroke-dasharray: 2 3; }
@media (max-width: 700px) { body { padding: 18px 14px 40px; } }
@media print {
  html { background: #fff; }
  body { max-width: none; padding: 0; }
  .picture { break-inside: avoid; overflow: visible; }
  .picture svg { height: auto; max-height: 25cm; max-width: 100%; }
  pre { max-height: none; }
  details.part, tr { break-inside: avoid; }
  details::details-content { block-size: auto; content-visibility: visible; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
"""

SCRIPT = """
const graph = document.querySelector("svg.graph");
const all = (selector) => [...graph.querySelectorAll(selector)];
function show(step) {
  all(".lit").forEach((each) => each.classList.remove("lit"));
  graph.classList.toggle("focused", step !== null);
  if (step === null) return;
  const near = new Set([step]);
  all("[data-from]").forEach((each) => {
    const {from, to} = each.dataset;
    if (from !== step && to !== step) return;
    each.classList.add("lit");
    near.add(from).add(to);
  });
  all(".step").forEach((each) => each.classList.toggle("lit", near.has(each.dataset.step)));
}
const stepOf = (event) => event.target.closest?.(".step")?.dataset.step ?? null;
if (graph) {
  graph.addEventListener("mouseover", (event) => show(stepOf(event)));
  graph.addEventListener("mouseleave", () => show(null));
  graph.addEventListener("focusin", (event) => show(stepOf(event)));
  graph.addEventListener("focusout", () => show(null));
}
"""
