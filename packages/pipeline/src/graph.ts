import { type Caps, capsAreEmpty, formatCaps, intersectCaps } from "./caps.js";
import type { Element, ElementFactory } from "./element.js";
import { PipelineError } from "./errors.js";
import type { LaunchElement, LaunchEnd, LaunchGraph } from "./launch-syntax.js";
import { Link, type PadTemplate, SinkPad, SrcPad } from "./pad.js";
import { parseProperty } from "./properties.js";

/** Items that a link holds before its pusher waits. The element `queue` is for more. */
const LINK_CAPACITY = 4;

/** An element in its place: made, named, with its pads. */
export interface Node {
  readonly name: string;
  readonly factory: ElementFactory;
  readonly element: Element;
  readonly sinks: SinkPad[];
  readonly srcs: SrcPad[];
  /** Sink pads behind this node that wait for one of its sometimes pads. */
  readonly waiting: {
    readonly pad: string | undefined;
    readonly to: Node;
    readonly sink: SinkPad;
  }[];
}

/** Nodes and links, ready to run. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly links: readonly Link[];
}

/**
 * Make the elements of a description and link them.
 * @throws {PipelineError} `graph`: unknown element or property, bad value, pads that cannot be linked.
 */
export function buildGraph(
  description: LaunchGraph,
  registry: ReadonlyMap<string, ElementFactory>,
): Graph {
  const counts = new Map<string, number>();
  const nodes = description.elements.map((element) => makeNode(element, registry, counts));
  const byName = new Map<string, Node>();
  for (const node of nodes) {
    if (byName.has(node.name)) {
      throw new PipelineError("graph", node.name, "two elements have this name");
    }
    byName.set(node.name, node);
  }
  const find = ({ element }: LaunchEnd): Node => {
    const node = typeof element === "number" ? nodes[element] : byName.get(element);
    if (node === undefined) {
      throw new PipelineError("graph", undefined, `no element is named "${element}"`);
    }
    return node;
  };
  const links: Link[] = [];
  for (const { from, to } of description.links) {
    links.push(linkNodes(find(from), from.pad, find(to), to.pad));
  }
  for (const node of nodes) checkPads(node);
  return { nodes, links };
}

/** Caps that `node` accepts on `sink`: its template's, narrowed by what the element says. */
function acceptedCaps(node: Node, sink: SinkPad): Caps {
  return intersectCaps(sink.template.caps, node.element.acceptedCaps?.(node.srcs) ?? "ANY");
}

/** Give a sometimes pad that has appeared to the first sink pad that waits for one like it. */
export function connectSometimes(node: Node, src: SrcPad, caps: Caps): void {
  const index = node.waiting.findIndex(
    ({ pad, to, sink }) =>
      (pad === undefined || pad === src.name) &&
      !capsAreEmpty(intersectCaps(caps, acceptedCaps(to, sink))),
  );
  const [found] = index < 0 ? [] : node.waiting.splice(index, 1);
  if (found?.sink.link !== undefined) {
    const { to, sink } = found;
    src.attach(found.sink.link, () => acceptedCaps(to, sink), to.element.seekable === true);
  }
}

function makeNode(
  { factory: factoryName, name, properties }: LaunchElement,
  registry: ReadonlyMap<string, ElementFactory>,
  counts: Map<string, number>,
): Node {
  const factory = registry.get(factoryName);
  if (factory === undefined) {
    throw new PipelineError("graph", undefined, `there is no element "${factoryName}"`);
  }
  const number = counts.get(factoryName) ?? 0;
  counts.set(factoryName, number + 1);
  const nodeName = name ?? `${factoryName}${number}`;
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(factory.properties)) values[key] = spec.default;
  for (const [key, text] of properties) {
    const spec = factory.properties[key];
    if (spec === undefined) {
      throw new PipelineError("graph", nodeName, `${factoryName} has no property "${key}"`);
    }
    try {
      values[key] = parseProperty(spec, text);
    } catch (error) {
      throw new PipelineError("graph", nodeName, `property ${key}: ${(error as Error).message}`);
    }
  }
  let element: Element;
  try {
    element = factory.create(values as never);
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw new PipelineError("graph", nodeName, (error as Error).message, error);
  }
  const node: Node = { name: nodeName, factory, element, sinks: [], srcs: [], waiting: [] };
  for (const template of factory.pads) {
    if (template.presence !== "always") continue;
    if (template.direction === "sink") node.sinks.push(new SinkPad(template.name, template));
    else node.srcs.push(new SrcPad(template.name, template));
  }
  return node;
}

function linkNodes(
  from: Node,
  fromPad: string | undefined,
  to: Node,
  toPad: string | undefined,
): Link {
  const link = new Link(LINK_CAPACITY);
  const src = chooseSrc(from, fromPad);
  const offered = src?.template.caps ?? "ANY";
  const sink = chooseSink(to, toPad, from, offered);
  sink.attach(link);
  if (src === undefined) {
    from.waiting.push({ pad: fromPad, to, sink });
    return link;
  }
  const accepted = acceptedCaps(to, sink);
  if (capsAreEmpty(intersectCaps(offered, accepted))) {
    throw new PipelineError(
      "graph",
      undefined,
      `could not link ${from.name} to ${to.name}: ${formatCaps(offered)} is not ${formatCaps(accepted)}`,
    );
  }
  src.attach(link, () => acceptedCaps(to, sink), to.element.seekable === true);
  return link;
}

/** A free sink pad, made on request when there is none; without a name, one that takes what is offered. */
function chooseSink(node: Node, name: string | undefined, from: Node, offered: Caps): SinkPad {
  const free = node.sinks.find(
    (pad) => pad.link === undefined && (name === undefined || pad.name === name),
  );
  if (free !== undefined) return free;
  const templates = findTemplates(node, "sink", "request", name).filter(
    (template) =>
      template.name.includes("%") || !node.sinks.some((pad) => pad.template === template),
  );
  const takes = ({ caps }: PadTemplate): boolean => !capsAreEmpty(intersectCaps(caps, offered));
  const template = templates.find(takes) ?? templates[0];
  if (template === undefined) throw noPad(node, name ?? "sink", `cannot link ${from.name} to it`);
  const pad = new SinkPad(requestedName(node.sinks, template, name), template);
  node.sinks.push(pad);
  return pad;
}

/** A free source pad, made on request when there is none; `undefined`: it will appear while running. */
function chooseSrc(node: Node, name: string | undefined): SrcPad | undefined {
  const free = node.srcs.find((pad) => !pad.linked && (name === undefined || pad.name === name));
  if (free !== undefined) return free;
  const [template] = findTemplates(node, "src", "request", name);
  if (template !== undefined) {
    const pad = new SrcPad(requestedName(node.srcs, template, name), template);
    node.srcs.push(pad);
    return pad;
  }
  if (findTemplates(node, "src", "sometimes", name).length > 0) return undefined;
  throw noPad(node, name ?? "src", "nothing can be linked behind it");
}

function findTemplates(
  node: Node,
  direction: PadTemplate["direction"],
  presence: PadTemplate["presence"],
  name: string | undefined,
): PadTemplate[] {
  return node.factory.pads.filter(
    (pad) =>
      pad.direction === direction &&
      pad.presence === presence &&
      (name === undefined || name === pad.name || templatePattern(pad.name).test(name)),
  );
}

/** `sink_%u` and `anc_%02x_%02x_at_%u_%u` as regular expressions. */
function templatePattern(name: string): RegExp {
  const pattern = name
    .split(/(%\d*[udxs])/)
    .map((part) => {
      if (/^%\d*[ud]$/.test(part)) return "\\d+";
      if (/^%\d*x$/.test(part)) return "[\\da-f]+";
      if (part === "%s") return ".+";
      return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${pattern}$`, "i");
}

function requestedName(
  pads: readonly { readonly name: string }[],
  template: PadTemplate,
  name: string | undefined,
): string {
  if (name !== undefined && name !== template.name) return name;
  let number = template.firstNumber ?? 0;
  const numbered = (): string => template.name.replace(/%\d*[ud]/, String(number));
  while (pads.some((pad) => pad.name === numbered())) number++;
  return numbered();
}

function noPad(node: Node, name: string, consequence: string): PipelineError {
  return new PipelineError("graph", node.name, `no free pad "${name}": ${consequence}`);
}

function checkPads(node: Node): void {
  for (const pad of node.sinks) {
    if (pad.link === undefined) {
      throw new PipelineError("graph", node.name, `nothing is linked to its pad "${pad.name}"`);
    }
  }
  const linked = node.srcs.length === 0 || node.srcs.some((pad) => pad.linked);
  const hasSometimes = node.factory.pads.some((pad) => pad.presence === "sometimes");
  if (!linked && !hasSometimes) {
    throw new PipelineError("graph", node.name, `nothing is linked behind its pad "src"`);
  }
}
