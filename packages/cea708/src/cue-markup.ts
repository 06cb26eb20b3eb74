import {
  type Cue,
  type CueLine,
  type CuePlacement,
  type CueRun,
  plainRun,
  sameStyle,
} from "./cue.js";

/** Whose tags: SubRip's (`<font color>`, `{\an8}`) or WebVTT's (`<c.yellow>`, `<v Name>`). */
export type MarkupDialect = "srt" | "vtt";

/** Text with its tags turned into runs. */
export interface ParsedMarkup {
  readonly lines: readonly CueLine[];
  /** From `{\an1}` to `{\an9}`; SubRip only. */
  readonly placement: CuePlacement | undefined;
  /** Tags that mean nothing here and were left out. */
  readonly unknownTags: readonly string[];
}

/** The eight colours that captions and WebVTT's classes share, and HTML's other basic names. */
const COLORS: ReadonlyMap<string, number> = new Map([
  ["white", 0xffffff],
  ["lime", 0x00ff00],
  ["cyan", 0x00ffff],
  ["red", 0xff0000],
  ["yellow", 0xffff00],
  ["magenta", 0xff00ff],
  ["blue", 0x0000ff],
  ["black", 0x000000],
  ["green", 0x008000],
  ["aqua", 0x00ffff],
  ["fuchsia", 0xff00ff],
  ["gray", 0x808080],
  ["silver", 0xc0c0c0],
  ["maroon", 0x800000],
  ["navy", 0x000080],
  ["olive", 0x808000],
  ["purple", 0x800080],
  ["teal", 0x008080],
  ["orange", 0xffa500],
]);

const VTT_COLOR_CLASSES = ["white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black"];

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["nbsp", "\u00a0"],
  ["lrm", "\u200e"],
  ["rlm", "\u200f"],
  ["quot", '"'],
  ["apos", "'"],
]);

// One alternative for each thing that is not plain text. Nothing in them can backtrack further than a name.
const SRT_TOKEN =
  /<(?<close>\/?)(?<tag>[a-z][a-z0-9]*)\b(?<rest>[^<>\n]*)>|\{\\(?<override>[^}\n]*)\}|\{(?<closeBrace>\/?)(?<brace>[biu])\}|\\(?<ass>[Nh])|&(?<entity>#x?[0-9a-f]+|[a-z]+);|\n/gi;
const VTT_TOKEN =
  /<(?<close>\/?)(?<tag>[a-z]*)(?![a-z])(?<rest>[^<>\n]*)>|&(?<entity>#x?[0-9a-f]+|[a-z]+);|\n/gi;

interface OpenTag {
  readonly name: string;
  readonly outer: CueRun;
}

/** Turn a cue's text, rows separated by `\n`, into styled runs. Any text is accepted. */
export function parseMarkup(text: string, dialect: MarkupDialect): ParsedMarkup {
  const lines: CueRun[][] = [[]];
  const unknownTags: string[] = [];
  const open: OpenTag[] = [];
  let style = plainRun("");
  let placement: CuePlacement | undefined;
  const write = (written: string): void => {
    if (written === "") return;
    const line = lines[lines.length - 1] as CueRun[];
    const last = line[line.length - 1];
    if (last !== undefined && sameStyle(last, style)) {
      line[line.length - 1] = { ...last, text: last.text + written };
    } else {
      line.push({ ...style, text: written });
    }
  };
  const closeTag = (name: string): void => {
    for (let depth = open.length - 1; depth >= 0; depth--) {
      if (open[depth]?.name !== name) continue;
      style = (open[depth] as OpenTag).outer;
      open.length = depth;
      return;
    }
  };
  let at = 0;
  for (const match of text.matchAll(dialect === "srt" ? SRT_TOKEN : VTT_TOKEN)) {
    write(text.slice(at, match.index));
    at = match.index + match[0].length;
    const token = match[0];
    const {
      close,
      tag,
      rest = "",
      override,
      closeBrace,
      brace,
      ass,
      entity,
    } = (match.groups ?? {}) as Partial<Record<string, string>>;
    if (token === "\n" || ass === "N") {
      lines.push([]);
    } else if (ass !== undefined) {
      write(" ");
    } else if (entity !== undefined) {
      write(decodeEntity(entity) ?? token);
    } else if (override !== undefined) {
      placement = placementOfOverride(override) ?? placement;
    } else {
      const name = (tag ?? brace ?? "").toLowerCase();
      if (name === "br") {
        lines.push([]);
      } else if ((close ?? closeBrace) === "/") {
        closeTag(name);
      } else {
        const inner = styleInside(style, name, rest);
        // VTT's time stamps and unnamed tags have no letters: nothing to open, nothing to report.
        if (inner !== undefined) {
          open.push({ name, outer: style });
          style = inner;
        } else if (name !== "") {
          unknownTags.push(token);
        }
      }
    }
  }
  write(text.slice(at));
  return { lines, placement, unknownTags };
}

/** A cue's text with tags, as SubRip or WebVTT writes it, rows separated by `\n`. */
export function formatCueMarkup(cue: Cue, dialect: MarkupDialect): string {
  return cue.lines.map((line) => line.map((run) => formatRun(run, dialect)).join("")).join("\n");
}

/** The placement that a numeric-keypad number names: 1 to 3 bottom, 4 to 6 middle, 7 to 9 top. */
function placementOfKeypad(an: number): CuePlacement {
  return {
    vertical: (["bottom", "middle", "top"] as const)[Math.floor((an - 1) / 3)] ?? "bottom",
    align: (["left", "center", "right"] as const)[(an - 1) % 3] ?? "center",
    line: undefined,
    position: undefined,
  };
}

/** The numeric-keypad number of a placement, 2 being bottom centre. */
export function keypadOfPlacement(placement: CuePlacement): number {
  const row = { bottom: 0, middle: 3, top: 6 }[placement.vertical];
  return row + { left: 1, center: 2, right: 3 }[placement.align];
}

function placementOfOverride(override: string): CuePlacement | undefined {
  const an = /(?:^|\\)an([1-9])/.exec(override)?.[1];
  return an === undefined ? undefined : placementOfKeypad(Number(an));
}

function styleInside(style: CueRun, name: string, rest: string): CueRun | undefined {
  switch (name) {
    case "b":
      return { ...style, bold: true };
    case "i":
      return { ...style, italics: true };
    case "u":
      return { ...style, underline: true };
    case "font": {
      const color = /color\s*=\s*["']?\s*([#\w]+)/i.exec(rest)?.[1];
      return { ...style, color: color === undefined ? style.color : parseColor(color) };
    }
    case "c": {
      let color = style.color;
      for (const name of rest.split(".")) color = COLORS.get(name.trim()) ?? color;
      return { ...style, color };
    }
    case "s":
    case "v":
    case "lang":
    case "ruby":
    case "rt":
      return style;
  }
  return undefined;
}

function parseColor(text: string): number | undefined {
  const digits = /^#?([0-9a-f]{6})$/i.exec(text)?.[1];
  if (digits !== undefined) return Number.parseInt(digits, 16);
  const short = /^#([0-9a-f]{3})$/i.exec(text)?.[1];
  if (short !== undefined) return Number.parseInt(short.replace(/./g, "$&$&"), 16);
  return COLORS.get(text.toLowerCase());
}

function decodeEntity(entity: string): string | undefined {
  if (!entity.startsWith("#")) return ENTITIES.get(entity.toLowerCase());
  const hex = /^#x/i.test(entity);
  const point = Number.parseInt(entity.slice(hex ? 2 : 1), hex ? 16 : 10);
  const scalar = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  return scalar ? String.fromCodePoint(point) : undefined;
}

function formatRun(run: CueRun, dialect: MarkupDialect): string {
  let text = escapeText(run.text, dialect);
  if (run.color !== undefined) {
    if (dialect === "srt") {
      text = `<font color="#${run.color.toString(16).padStart(6, "0")}">${text}</font>`;
    } else {
      const name = VTT_COLOR_CLASSES.find((each) => COLORS.get(each) === run.color);
      if (name !== undefined) text = `<c.${name}>${text}</c>`;
    }
  }
  if (run.underline) text = `<u>${text}</u>`;
  if (run.italics) text = `<i>${text}</i>`;
  return run.bold ? `<b>${text}</b>` : text;
}

/** SubRip has no agreed escapes, so only what would be read as markup is escaped there. */
function escapeText(text: string, dialect: MarkupDialect): string {
  if (dialect === "vtt") {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }
  return text
    .replace(/&(?=#x?[0-9a-f]+;|[a-z]+;)/gi, "&amp;")
    .replace(/<(?=\/?[a-z])/gi, "&lt;")
    .replace(/-->/g, "--&gt;");
}
