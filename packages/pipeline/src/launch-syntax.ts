import { PipelineError } from "./errors.js";

/** An element as written in a launch description. */
export interface LaunchElement {
  readonly factory: string;
  /** From `name=…`. */
  readonly name: string | undefined;
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** One end of a link: an element of the description, by index or by `name.`, and a pad if one was named. */
export interface LaunchEnd {
  readonly element: number | string;
  readonly pad: string | undefined;
}

/** A parsed launch description. Caps between two `!` have become `capsfilter` elements, as in GStreamer. */
export interface LaunchGraph {
  readonly elements: readonly LaunchElement[];
  readonly links: readonly { readonly from: LaunchEnd; readonly to: LaunchEnd }[];
}

interface Token {
  /** Quotes and escapes removed. */
  readonly text: string;
  /** The same characters as written, for caps, whose own quotes matter. */
  readonly raw: string;
  /** 1-based, for messages. */
  readonly position: number;
}

const MEDIA_TYPE = /^[A-Za-z][\w.+-]*\/[\w.+-]+/;
const PROPERTY = /^([A-Za-z_][\w:-]*)\s*=\s*([\s\S]*)$/;
const PROPERTY_NAME = /^[A-Za-z_][\w:-]*$/;
/** A property as written, up to where its value would begin. */
const ASSIGNMENT = /^[A-Za-z_][\w:-]*\s*=\s*$/;
const REFERENCE = /^([\w-]*)\.([\w%-]*)$/;
const FACTORY = /^[A-Za-z][\w-]*$/;
/** The beginning of a bin: `(`, or with its type. */
const BIN = /^(?:(?:bin|pipeline)\.)?\($/;

/**
 * Parse gst-launch syntax: elements joined by `!`, `property=value`, caps between two `!`, `name.` and `name.pad`
 * references, several chains, bins in parentheses, whose elements count as if they stood there without, quotes,
 * backslashes, `$NAME` and `${NAME}` outside single quotes.
 *
 * @param environment values for `$NAME`
 * @throws {PipelineError} `syntax`, with the position.
 */
export function parseLaunch(
  description: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): LaunchGraph {
  const tokens = tokenize(description, environment);
  if (tokens.length === 0) throw syntax("the pipeline is empty");
  const elements: LaunchElement[] = [];
  const links: { from: LaunchEnd; to: LaunchEnd }[] = [];
  let previous: LaunchEnd | undefined;
  let linkPending: Token | undefined;
  /** Bins that are open, and how many ends of links there were before. */
  const bins: { readonly token: Token; readonly ends: number }[] = [];
  let ends = 0;
  let at = 0;

  const append = (end: LaunchEnd): void => {
    if (linkPending !== undefined && previous !== undefined)
      links.push({ from: previous, to: end });
    linkPending = undefined;
    previous = end;
    ends++;
  };

  while (at < tokens.length) {
    const token = tokens[at] as Token;
    if (token.raw === "!") {
      if (previous === undefined || linkPending !== undefined) {
        throw syntax(`"!" at character ${token.position} has nothing before it`);
      }
      linkPending = token;
      at++;
    } else if (BIN.test(token.raw)) {
      bins.push({ token, ends });
      if (linkPending === undefined) previous = undefined;
      // Nothing can refer to a bin, so its name is for the reader.
      for (at++; /^name\s*=/.test(tokens[at]?.text ?? ""); ) at++;
    } else if (token.raw === ")") {
      const bin = bins.pop();
      if (bin === undefined) {
        throw syntax(`")" at character ${token.position} closes nothing`);
      }
      if (bin.ends === ends) throw syntax(`the bin at character ${bin.token.position} is empty`);
      if (linkPending !== undefined) throw nothingBehind(linkPending);
      at++;
    } else if (linkPending !== undefined && MEDIA_TYPE.test(token.text)) {
      // Caps go on to the next "!", spaces after commas included.
      let text = "";
      for (; at < tokens.length && !/^[!)]$/.test(tokens[at]?.raw ?? ""); at++) {
        text += `${text === "" ? "" : " "}${capsText(tokens[at] as Token)}`;
      }
      if (tokens[at]?.raw !== "!") {
        throw syntax(`the caps at character ${token.position} have no element behind them`);
      }
      elements.push({ factory: "capsfilter", name: undefined, properties: [["caps", text]] });
      append({ element: elements.length - 1, pad: undefined });
    } else if (REFERENCE.test(token.text)) {
      const [, name = "", pad = ""] = REFERENCE.exec(token.text) as RegExpExecArray;
      if (name === "") {
        throw syntax(`"${token.text}" at character ${token.position} names no element`);
      }
      append({ element: name, pad: pad === "" ? undefined : pad });
      at++;
    } else if (FACTORY.test(token.text)) {
      const properties: [string, string][] = [];
      let name: string | undefined;
      for (at++; at < tokens.length; at++) {
        const found = PROPERTY.exec((tokens[at] as Token).text);
        if (found === null || MEDIA_TYPE.test((tokens[at] as Token).text)) break;
        const [, key = "", value = ""] = found;
        if (key === "name") name = value;
        else properties.push([key, value]);
      }
      elements.push({ factory: token.text, name, properties });
      append({ element: elements.length - 1, pad: undefined });
    } else {
      throw syntax(
        `"${token.text}" at character ${token.position} is no element, property or link`,
      );
    }
  }
  if (linkPending !== undefined) throw nothingBehind(linkPending);
  const [open] = bins;
  if (open !== undefined) {
    throw syntax(`the bin at character ${open.token.position} is not closed`);
  }
  return { elements, links };
}

function nothingBehind({ position }: Token): PipelineError {
  return syntax(`"!" at character ${position} has nothing behind it`);
}

/** Caps written as one quoted token lose their outer quotes; quotes inside keep their meaning for the caps. */
function capsText(token: Token): string {
  return /^["'].*["']$/s.test(token.raw) ? token.text : token.raw;
}

function tokenize(
  description: string,
  environment: Readonly<Record<string, string | undefined>>,
): Token[] {
  const tokens: Token[] = [];
  let inCaps = false;
  let bins = 0;
  let at = 0;
  while (at < description.length) {
    if (/\s/.test(description[at] as string)) {
      at++;
      continue;
    }
    if (description[at] === "!") {
      tokens.push({ text: "!", raw: "!", position: ++at });
      inCaps = false;
      continue;
    }
    const bracket = /^(?:(?:bin|pipeline)\.)?\(|^\)/.exec(description.slice(at))?.[0];
    if (bracket !== undefined) {
      tokens.push({ text: bracket, raw: bracket, position: at + 1 });
      bins += bracket === ")" ? -1 : 1;
      at += bracket.length;
      inCaps = false;
      continue;
    }
    const start = at;
    let text = "";
    let quote: string | undefined;
    /** Parentheses of this word's own, as in `format=(string)NV12`. */
    let own = 0;
    for (; at < description.length; at++) {
      const sign = description[at] as string;
      if (quote === undefined && /\s/.test(sign)) {
        // "property = value" is one token.
        const around = /^\s*=\s*/.exec(description.slice(at));
        if (around !== null && PROPERTY_NAME.test(text)) {
          text += "=";
          at += around[0].length - 1;
          continue;
        }
        if (ASSIGNMENT.test(description.slice(start, at))) continue;
        break;
      }
      if (sign === "!" && quote === undefined) {
        if (ASSIGNMENT.test(description.slice(start, at).trimEnd())) {
          throw syntax(`the property at character ${start + 1} has no value`);
        }
        // As in GStreamer a link needs no spaces around it, except behind a property, whose value it would be part of.
        if (inCaps || MEDIA_TYPE.test(text) || !PROPERTY.test(text)) break;
      }
      if (quote === undefined && sign === "(") own++;
      // The end of a bin needs no space before it.
      if (quote === undefined && sign === ")" && own-- === 0 && bins > 0) break;
      if (sign === "\\" && quote !== "'" && at + 1 < description.length) {
        text += description[++at];
      } else if (sign === quote) {
        quote = undefined;
      } else if (quote === undefined && (sign === '"' || sign === "'")) {
        quote = sign;
      } else if (sign === "$" && quote !== "'") {
        const variable = readVariable(description, at, environment);
        text += variable?.value ?? sign;
        at += (variable?.length ?? 1) - 1;
      } else {
        text += sign;
      }
    }
    if (quote !== undefined) {
      throw syntax(`the quote that begins in the word at character ${start + 1} does not end`);
    }
    inCaps ||= MEDIA_TYPE.test(text);
    tokens.push({ text, raw: description.slice(start, at), position: start + 1 });
  }
  return tokens;
}

/** The value of `$NAME` or `${NAME}` at `at`, and how long that is; `undefined` when it is only a dollar sign. */
function readVariable(
  description: string,
  at: number,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly value: string; readonly length: number } | undefined {
  const found = /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))/.exec(description.slice(at));
  if (found === null) return undefined;
  const name = (found[1] ?? found[2]) as string;
  const value = environment[name];
  if (value === undefined) {
    throw syntax(`the environment variable ${name} at character ${at + 1} is not set`);
  }
  return { value, length: found[0].length };
}

function syntax(message: string): PipelineError {
  return new PipelineError("syntax", undefined, message);
}
