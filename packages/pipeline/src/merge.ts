import type { Item } from "./buffer.js";
import type { SinkPad } from "./pad.js";

/**
 * The items of several pads in the order of their times: the pad whose next item is earliest goes first. Items without
 * a time come as soon as they are next. Ends after the last pad's `eos`, which is delivered for every pad.
 *
 * @returns pairs of the pad's index and the item
 */
export async function* earliestFirst(
  pads: readonly SinkPad[],
): AsyncGenerator<readonly [number, Item]> {
  const open = new Set(pads.keys());
  while (open.size > 0) {
    let first = -1;
    let firstTime: bigint | undefined;
    for (const index of open) {
      const time = timeOf(await (pads[index] as SinkPad).peek());
      if (first < 0 || time === undefined || (firstTime !== undefined && time < firstTime)) {
        first = index;
        firstTime = time;
        if (time === undefined) break;
      }
    }
    const item = await (pads[first] as SinkPad).pull();
    if (item.type === "eos") open.delete(first);
    yield [first, item];
  }
}

function timeOf(item: Item): bigint | undefined {
  if (item.type === "buffer") return item.buffer.dts ?? item.buffer.pts;
  return item.type === "gap" ? item.pts : undefined;
}
