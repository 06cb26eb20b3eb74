/** Colours and shapes of the page, for a light and for a dark screen. */
export const STYLE = `
:root {
  --paper: #fbfbf9; --panel: #ffffff; --ink: #1c2024; --soft: #6a7178; --rule: #e3e5e6; --grid: #eceeee;
  --curve: #1f6feb; --warning: #b7791f; --error: #c53030; --announced: #2f855a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121519; --panel: #191d22; --ink: #e4e7ea; --soft: #939ba4; --rule: #2b3138; --grid: #242a30;
    --curve: #6cb0ff; --warning: #e0b05a; --error: #ff7b72; --announced: #6fcf97;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1120px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header { border-bottom: 1px solid var(--rule); margin-bottom: 8px; padding-bottom: 16px; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0; color: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 16px; }
dl div { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 8px 14px; min-width: 110px; }
dt { color: var(--soft); font-size: 12px; }
dd { margin: 0; font-size: 17px; font-weight: 600; }
figure { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; margin: 0 0 16px; padding: 14px 16px 6px; }
figcaption p { font-size: 13px; margin-bottom: 4px; }
.empty { padding: 16px 0; }
figcaption { display: grid; grid-template-columns: 1fr auto; }
figcaption p { grid-column: 1 / -1; }
output { color: var(--soft); font-size: 13px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .grid { stroke: var(--grid); }
svg .tick { stroke: var(--soft); }
svg .curve { fill: none; stroke: var(--curve); stroke-width: 1.4; stroke-linejoin: round; }
svg .dots { fill: none; stroke: var(--curve); stroke-width: 4; stroke-linecap: round; }
svg line.limit { stroke-dasharray: 6 4; }
svg line.limit.warning { stroke: var(--warning); }
svg line.limit.error { stroke: var(--error); }
svg text.limit.warning { fill: var(--warning); }
svg text.limit.error { fill: var(--error); }
svg .break line { stroke-width: 1.5; stroke-dasharray: 2 3; }
svg .break.announced line { stroke: var(--announced); }
svg .break.error line { stroke: var(--error); }
svg .cursor { display: none; pointer-events: none; }
svg .cursor.shown { display: inline; }
svg .cursor line { stroke: var(--soft); }
svg .cursor circle { fill: var(--curve); }
.columns { display: flex; flex-wrap: wrap; gap: 32px; margin-bottom: 24px; }
table { border-collapse: collapse; margin: 8px 0 24px; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 500; }
th, td { padding: 3px 18px 3px 0; border-bottom: 1px solid var(--rule); }
th.number, td.number { text-align: right; }
td b { color: var(--error); }
`;
