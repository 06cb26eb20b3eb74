// Our elements on the items that GStreamer's get.
import { appSink, appSrc, launch, mediaBuffer, parseCaps } from "@x/pipeline";

/** @typedef {import("./gdp.mjs").GdpItem} GdpItem */

/**
 * The buffers that a chain of our elements makes of `items`.
 * @param {string} caps @param {readonly GdpItem[]} items @param {string} chain
 */
export function throughOurs(caps, items, chain) {
  return fromOurs({ items: [caps, items] }, `items ! ${chain} ! result`);
}

/**
 * The buffers that reach `result` in a pipeline whose sources are named in `sources`, with their caps and items.
 * @param {Record<string, readonly [caps: string, items: readonly GdpItem[]]>} sources @param {string} description
 */
export async function fromOurs(sources, description) {
  /** @type {import("@x/pipeline").MediaBuffer[]} */
  const buffers = [];
  const sink = appSink("result", (item) => {
    if (item.type === "buffer") buffers.push(item.buffer);
  });
  const elements = Object.entries(sources).map(([name, [caps, items]]) =>
    appSrc(name, [{ type: "caps", caps: parseCaps(caps) }, ...items.map(itemOf)]),
  );
  await launch(description, { elements: [...elements, sink] }).run();
  return buffers;
}

/** @param {GdpItem} item @returns {import("@x/pipeline").Item} */
function itemOf(item) {
  switch (item.type) {
    case "caps":
      return { type: "caps", caps: parseCaps(item.caps) };
    case "gap":
      return { ...item, duration: item.duration };
    case "buffer": {
      const { data, pts, duration, marker = false } = item;
      return { type: "buffer", buffer: mediaBuffer(data, { pts, duration, flags: { marker } }) };
    }
  }
}
