import { Opacity, type PenAttributes } from "./codes.js";
import { type AspectRatio, rgbOf } from "./cue-layout.js";
import type { CaptionWindow } from "./window.js";
import { cellSize, type WindowRun, windowRectangle, windowRuns } from "./window-geometry.js";

/** How windows are drawn. */
export interface RenderOptions {
  /** Default: `16:9`. */
  readonly aspectRatio?: AspectRatio;
  /** Width of the picture in the SVG's units. Default: 1280, or 960 for 4:3. */
  readonly width?: number;
  /** Default: 720. */
  readonly height?: number;
  /** CSS font families by font style, 0 default to 7 small capitals. */
  readonly fontFamilies?: readonly string[];
}

/** Families for the eight font styles (CTA-708-E 8.5.3). */
const FONT_FAMILIES: readonly string[] = [
  "'Courier New', Courier, monospace",
  "'Courier New', Courier, monospace",
  "'Times New Roman', Times, serif",
  "Consolas, 'DejaVu Sans Mono', monospace",
  "Arial, Helvetica, sans-serif",
  "'Comic Sans MS', fantasy",
  "'Brush Script MT', cursive",
  "Arial, Helvetica, sans-serif",
];
const SMALL_CAPITALS = 7;
const NOT_DISPLAYED = 15;
/** Opacity of each of solid, flash, translucent, transparent. */
const ALPHA: readonly number[] = [1, 1, 0.5, 0];
/** Glyph size of each of small, standard, large and the reserved size, to the cell's. */
const PEN_SIZES: readonly number[] = [0.7, 0.85, 1, 0.85];

interface Drawn {
  readonly window: CaptionWindow;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/**
 * An SVG picture of a service's visible windows, to be laid over the video; needs no DOM. Classes: `cea708-window` with
 * `data-window`, `cea708-run`, and `flash`. Windows of higher priority are drawn over lower ones.
 */
export function renderToSvg(
  windows: readonly (CaptionWindow | undefined)[],
  options: RenderOptions = {},
): string {
  const { aspectRatio = "16:9", height = 720 } = options;
  const { width = aspectRatio === "16:9" ? 1280 : 960 } = options;
  const groups = drawingOrder(windows, aspectRatio, width, height).map((drawn) => {
    const runs = windowRuns(drawn.window).filter(isVisible);
    const backgrounds = runs.map((run) => svgBackground(run, drawn)).join("");
    const texts = runs.map((run) => svgText(run, drawn, options)).join("");
    const number = drawn.window.id;
    return `<g class="cea708-window" data-window="${number}">${svgWindow(drawn)}${backgrounds}${texts}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="cea708" viewBox="0 0 ${width} ${height}">${groups.join("")}</svg>`;
}

/**
 * An HTML `div` that fills its positioned parent; sizes follow it. Classes as of {@link renderToSvg}, rows are not
 * elements of their own: every run stands at its cell.
 */
export function renderToHtml(
  windows: readonly (CaptionWindow | undefined)[],
  options: RenderOptions = {},
): string {
  const { aspectRatio = "16:9" } = options;
  const boxes = drawingOrder(windows, aspectRatio, 100, 100).map((drawn) => {
    const { window, x, y, width, height } = drawn;
    const { fillColor, fillOpacity } = window.attributes;
    const runs = windowRuns(window)
      .filter(isVisible)
      .map((run) => htmlRun(run, drawn, options));
    const style = `left:${round(x)}%;top:${round(y)}%;width:${round(width)}%;height:${round(height)}%`;
    return (
      `<div class="cea708-window" data-window="${window.id}" style="position:absolute;${style};` +
      `background:${rgba(fillColor, fillOpacity)}${htmlBorder(window)}">${runs.join("")}</div>`
    );
  });
  return (
    '<div class="cea708" style="position:absolute;inset:0;container-type:size;white-space:pre">' +
    `${boxes.join("")}</div>`
  );
}

function drawingOrder(
  windows: readonly (CaptionWindow | undefined)[],
  aspectRatio: AspectRatio,
  width: number,
  height: number,
): Drawn[] {
  const cell = cellSize(aspectRatio);
  return windows
    .filter((window): window is CaptionWindow => window?.visible === true)
    .sort((a, b) => b.definition.priority - a.definition.priority || a.id - b.id)
    .map((window) => {
      const place = windowRectangle(window, aspectRatio);
      return {
        window,
        x: place.left * width,
        y: place.top * height,
        width: place.width * width,
        height: place.height * height,
        cellWidth: cell.width * width,
        cellHeight: cell.height * height,
      };
    });
}

function isVisible(run: WindowRun): boolean {
  return !run.transparent && run.pen.attributes.textTag !== NOT_DISPLAYED;
}

function svgWindow({ window, x, y, width, height }: Drawn): string {
  const { fillColor, fillOpacity, borderType, borderColor } = window.attributes;
  const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const shadow = borderType === 4 ? -4 : 4;
  const border =
    borderType > 0 && borderType < 4 ? ` stroke="${css(borderColor)}" stroke-width="4"` : "";
  const below =
    borderType === 4 || borderType === 5
      ? `<rect x="${round(x + shadow)}" y="${round(y + 4)}" width="${round(width)}" height="${round(height)}" fill="${css(borderColor)}"/>`
      : "";
  if (fillOpacity === Opacity.transparent && borderType === 0) return "";
  return `${below}<rect ${box} fill="${css(fillColor)}"${alphaAttribute(fillOpacity)}${border}>${flash(fillOpacity)}</rect>`;
}

function svgBackground(run: WindowRun, drawn: Drawn): string {
  const { bgColor, bgOpacity } = run.pen.color;
  if (bgOpacity === Opacity.transparent) return "";
  const x = drawn.x + run.column * drawn.cellWidth;
  const y = drawn.y + run.row * drawn.cellHeight;
  return (
    `<rect x="${round(x)}" y="${round(y)}" width="${round(run.columns * drawn.cellWidth)}" ` +
    `height="${round(drawn.cellHeight)}" fill="${css(bgColor)}"${alphaAttribute(bgOpacity)}>` +
    `${flash(bgOpacity)}</rect>`
  );
}

function svgText(run: WindowRun, drawn: Drawn, options: RenderOptions): string {
  const { attributes, color } = run.pen;
  if (color.fgOpacity === Opacity.transparent || run.text.trim() === "") return "";
  const x = drawn.x + run.column * drawn.cellWidth;
  const y = drawn.y + (run.row + 0.8 + baselineShift(attributes)) * drawn.cellHeight;
  return (
    `<text xml:space="preserve" class="${classes(color.fgOpacity)}" x="${round(x)}" y="${round(y)}" ` +
    `textLength="${round(run.columns * drawn.cellWidth)}" lengthAdjust="spacingAndGlyphs" ` +
    `fill="${css(color.fgColor)}"${alphaAttribute(color.fgOpacity)} ` +
    `style="${textStyle(run, options)};font-size:${round(fontSize(attributes) * drawn.cellHeight)}px">` +
    `${escapeXml(run.text)}${flash(color.fgOpacity)}</text>`
  );
}

function htmlRun(run: WindowRun, drawn: Drawn, options: RenderOptions): string {
  const { attributes, color } = run.pen;
  const { rows, columns } = drawn.window;
  const place =
    `left:${round((100 * run.column) / columns)}%;top:${round((100 * run.row) / rows)}%;` +
    `width:${round((100 * run.columns) / columns)}%;height:${round(100 / rows)}%`;
  const size = `font-size:${round(fontSize(attributes) * drawn.cellHeight)}cqh;line-height:${round(drawn.cellHeight)}cqh`;
  return (
    `<span class="${classes(color.fgOpacity)}" style="position:absolute;${place};${size};` +
    `color:${rgba(color.fgColor, color.fgOpacity)};background:${rgba(color.bgColor, color.bgOpacity)};` +
    `${textStyle(run, options)}">${escapeXml(run.text)}</span>`
  );
}

function textStyle(run: WindowRun, options: RenderOptions): string {
  const { attributes, color } = run.pen;
  const families = options.fontFamilies ?? FONT_FAMILIES;
  const family = families[attributes.fontStyle] ?? FONT_FAMILIES[0];
  // A cell is a cell: text never runs the other way, whatever its letters.
  let style = `font-family:${escapeXml(family ?? "monospace")};unicode-bidi:bidi-override;direction:ltr`;
  if (attributes.italics) style += ";font-style:italic";
  if (attributes.underline) style += ";text-decoration:underline";
  if (attributes.fontStyle === SMALL_CAPITALS) style += ";font-variant:small-caps";
  const edge = edgeShadow(attributes.edgeType, css(color.edgeColor));
  return edge === undefined ? style : `${style};text-shadow:${edge}`;
}

/** Raised, depressed, uniform, left and right drop shadow (CTA-708-E 8.5.7). */
function edgeShadow(edgeType: number, color: string): string | undefined {
  const shadows = [
    undefined,
    `.05em .05em 0 ${color}`,
    `-.05em -.05em 0 ${color}`,
    [".05em 0", "-.05em 0", "0 .05em", "0 -.05em"].map((each) => `${each} 0 ${color}`).join(","),
    `-.08em .08em 0 ${color}`,
    `.08em .08em 0 ${color}`,
  ];
  return shadows[edgeType];
}

function htmlBorder(window: CaptionWindow): string {
  const { borderType, borderColor } = window.attributes;
  const color = css(borderColor);
  const borders = [
    "",
    `;outline:4px outset ${color}`,
    `;outline:4px inset ${color}`,
    `;outline:4px solid ${color}`,
    `;box-shadow:-4px 4px 0 ${color}`,
    `;box-shadow:4px 4px 0 ${color}`,
  ];
  return borders[borderType] ?? "";
}

function fontSize(attributes: PenAttributes): number {
  const size = PEN_SIZES[attributes.penSize] ?? 1;
  return attributes.offset === 1 ? size : size * 0.7;
}

/** Subscript down, superscript up, in rows. */
function baselineShift(attributes: PenAttributes): number {
  if (attributes.offset === 0) return 0.12;
  return attributes.offset === 2 ? -0.3 : 0;
}

function classes(opacity: number): string {
  return opacity === Opacity.flash ? "cea708-run flash" : "cea708-run";
}

function flash(opacity: number): string {
  return opacity === Opacity.flash
    ? '<animate attributeName="opacity" values="1;0" dur="1s" calcMode="discrete" repeatCount="indefinite"/>'
    : "";
}

function alphaAttribute(opacity: number): string {
  const alpha = ALPHA[opacity] ?? 1;
  return alpha === 1 ? "" : ` fill-opacity="${alpha}"`;
}

function css(color: number): string {
  return `#${rgbOf(color).toString(16).padStart(6, "0")}`;
}

function rgba(color: number, opacity: number): string {
  const alpha = Math.round((ALPHA[opacity] ?? 1) * 255);
  return `${css(color)}${alpha === 255 ? "" : alpha.toString(16).padStart(2, "0")}`;
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
