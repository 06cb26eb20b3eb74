import { parseArgs } from "node:util";
import { type ElementFactory, elementRegistry, formatCaps, formatProperty } from "@x/pipeline";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";

const HELP = `x inspect [--json] [element]

Without an element: all of them, a line each. With one: its properties and pads.

  --json    for programs: an array of all elements, or the object of one
`;

export async function inspectCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [name, ...others] = positionals;
  if (others.length > 0) {
    throw new UsageError(`inspect takes one element, "${others[0]}" is a second`);
  }
  if (name === undefined) {
    const all = [...elementRegistry.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const width = Math.max(...all.map((factory) => factory.name.length));
    process.stdout.write(
      values.json
        ? `${json(all.map(describe))}\n`
        : all.map((one) => `${one.name.padEnd(width)}  ${one.description}\n`).join(""),
    );
    return 0;
  }
  const factory = elementRegistry.get(name);
  if (factory === undefined) {
    const hint = didYouMean(name, elementRegistry.keys()) || ": x inspect lists them";
    throw new UsageError(`there is no element "${name}"${hint}`);
  }
  process.stdout.write(values.json ? `${json(describe(factory))}\n` : page(factory));
  return 0;
}

function describe({ name, classification, description, properties, pads }: ElementFactory): object {
  return {
    name,
    classification,
    description,
    properties,
    pads: pads.map((pad) => ({ ...pad, caps: formatCaps(pad.caps) })),
  };
}

function page(factory: ElementFactory): string {
  const lines = [
    factory.name,
    `  ${factory.description}`,
    `  Class: ${factory.classification}`,
    "",
    "Pads",
  ];
  for (const { name, direction, presence, caps } of factory.pads) {
    lines.push(`  ${name} (${direction}, ${presence})`, `    ${formatCaps(caps)}`);
  }
  const entries = Object.entries(factory.properties);
  lines.push("", entries.length === 0 ? "No properties" : "Properties");
  for (const [name, spec] of entries) {
    const range =
      spec.type === "integer"
        ? ` ${spec.min}…${spec.max}`
        : spec.type === "enum"
          ? ` ${spec.values.join(" | ")}`
          : "";
    lines.push(
      `  ${name}: ${spec.type}${range}, default ${formatProperty(spec.default)}`,
      `    ${spec.description}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function json(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part),
    2,
  );
}
