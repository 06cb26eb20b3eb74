import type { Cea608Color } from "./codes.js";
import {
  type Cea608Row,
  type Cea608Run,
  type Cea608Screen,
  COLUMNS,
  ROWS,
  screenRows,
} from "./screen.js";

/** How a screen is drawn. */
export interface RenderOptions {
  /** Width of the picture in the unit of `height`. Default 640. */
  readonly width?: number;
  /** Default 480. */
  readonly height?: number;
  /** CSS font family. Default a monospaced one; glyphs are fitted to their cells either way. */
  readonly fontFamily?: string;
}

/** The colours as CSS writes them. */
const CSS_COLORS: Readonly<Record<Cea608Color, string>> = {
  white: "#ffffff",
  green: "#00ff00",
  blue: "#0000ff",
  cyan: "#00ffff",
  red: "#ff0000",
  yellow: "#ffff00",
  magenta: "#ff00ff",
  black: "#000000",
};

const OPACITIES = { opaque: 1, semi: 0.5, transparent: 0 } as const;
const FONT = "'Courier New', Courier, monospace";

// The safe title area: the middle 80 percent both ways (47 CFR 79.101).
const SAFE = 0.1;
const AREA = 0.8;

/**
 * An SVG picture of a screen, transparent where nothing was written, to be laid over the video. Runs carry the
 * classes `cea608-run`, the colour's name, and `italics`, `underline` and `flash`.
 */
export function renderToSvg(screen: Cea608Screen, options: RenderOptions = {}): string {
  const { width = 640, height = 480, fontFamily = FONT } = options;
  const cellWidth = (width * AREA) / COLUMNS;
  const cellHeight = (height * AREA) / ROWS;
  // Of a monospaced font a glyph is 0.6 em wide.
  const fontSize = Math.min(cellWidth / 0.6, cellHeight);
  let boxes = "";
  let texts = "";
  for (const row of screenRows(screen)) {
    const y = height * SAFE + row.row * cellHeight;
    for (const box of boxesOf(row)) {
      const x = width * SAFE + box.column * cellWidth;
      const opacity = OPACITIES[box.style.backgroundOpacity];
      boxes +=
        `<rect x="${round(x)}" y="${round(y)}" width="${round(box.columns * cellWidth)}" ` +
        `height="${round(cellHeight)}" fill="${CSS_COLORS[box.style.background]}"` +
        `${opacity === 1 ? "" : ` fill-opacity="${opacity}"`}/>`;
    }
    for (const run of visibleRuns(row)) {
      const x = width * SAFE + run.column * cellWidth;
      texts +=
        `<text xml:space="preserve" class="${classesOf(run)}" x="${round(x)}" y="${round(y + cellHeight * 0.8)}" ` +
        `textLength="${round(run.text.length * cellWidth)}" lengthAdjust="spacingAndGlyphs" ` +
        `fill="${CSS_COLORS[run.style.color]}"${run.style.italics ? ' font-style="italic"' : ""}` +
        `${run.style.underline ? ' text-decoration="underline"' : ""}>${escapeXml(run.text)}` +
        `${run.style.flash ? FLASH : ""}</text>`;
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="cea608" viewBox="0 0 ${width} ${height}">` +
    `<g shape-rendering="crispEdges">${boxes}</g>` +
    `<g font-family="${escapeXml(fontFamily)}" font-size="${round(fontSize)}">${texts}</g></svg>`
  );
}

/**
 * An HTML `div` of a screen that fills its positioned parent, laid over the video. The classes are those of
 * {@link renderToSvg}, rows are `cea608-row`. Sizes follow the parent's; `width` and `height` are not used.
 */
export function renderToHtml(screen: Cea608Screen, options: RenderOptions = {}): string {
  const family = escapeXml(options.fontFamily ?? FONT);
  const rows = screenRows(screen).map((row) => {
    const top = round(100 * (SAFE + (row.row * AREA) / ROWS));
    const boxes = boxesOf(row).map((box) => {
      const left = round(100 * (SAFE + (box.column * AREA) / COLUMNS));
      const opacity = OPACITIES[box.style.backgroundOpacity];
      return (
        `<span style="position:absolute;left:${left}cqw;height:${ROW_HEIGHT}cqh;` +
        `width:${round((100 * box.columns * AREA) / COLUMNS)}cqw;` +
        `background:${CSS_COLORS[box.style.background]};opacity:${opacity}"></span>`
      );
    });
    const runs = visibleRuns(row).map((run) => {
      const left = round(100 * (SAFE + (run.column * AREA) / COLUMNS));
      const { style } = run;
      return (
        `<span class="${classesOf(run)}" style="position:absolute;left:${left}cqw;` +
        `color:${CSS_COLORS[style.color]}${style.italics ? ";font-style:italic" : ""}` +
        `${style.underline ? ";text-decoration:underline" : ""}">${escapeXml(run.text)}</span>`
      );
    });
    return (
      `<div class="cea608-row" style="position:absolute;left:0;top:${top}%">` +
      `${boxes.join("")}${runs.join("")}</div>`
    );
  });
  return (
    '<div class="cea608" style="position:absolute;inset:0;container-type:size">' +
    '<div style="position:absolute;inset:0;white-space:pre;' +
    // 0.6 em are 2.5 % of the picture's width, a cell.
    `font:4.16cqw/${ROW_HEIGHT}cqh ${family}">${rows.join("")}</div></div>`
  );
}

const ROW_HEIGHT = 5.33;
const FLASH =
  '<animate attributeName="opacity" values="1;0" dur="1s" calcMode="discrete" repeatCount="indefinite"/>';

interface Box {
  readonly column: number;
  readonly columns: number;
  readonly style: Cea608Run["style"];
}

/** The background of each run; where cells begin and end it reaches one column further (47 CFR 79.101). */
function boxesOf(row: Cea608Row): Box[] {
  const runs = visibleRuns(row);
  return runs.map((run, i) => {
    const before = runs[i - 1];
    const after = runs[i + 1];
    const end = run.column + run.text.length;
    const first = before !== undefined && before.column + before.text.length === run.column;
    const last = after !== undefined && after.column === end;
    const column = first ? run.column : run.column - 1;
    return { column, columns: (last ? end : end + 1) - column, style: run.style };
  });
}

/** The runs without transparent spaces, which let the picture through. */
function visibleRuns(row: Cea608Row): Cea608Run[] {
  return row.runs.filter((run) => !/^\u00a0+$/.test(run.text));
}

function classesOf({ style }: Cea608Run): string {
  const { color, italics, underline, flash } = style;
  return (
    `cea608-run ${color}${italics ? " italics" : ""}` +
    `${underline ? " underline" : ""}${flash ? " flash" : ""}`
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
    .replace(/[^\t\u0020-\ud7ff\ue000-\ufffd]/g, "\ufffd");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
