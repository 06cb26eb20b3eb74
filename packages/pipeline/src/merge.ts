import type { Item } from "./buffer.js";
import type { SinkPad } from "./pad.js";
import { SharedAxis } from "./shared-axis.js";

/** Pads with one clock: their times can be compared, and say nothing about those of others. */
export interface MergeGroup {
  /** Indices of its pads. */
  readonly pads: readonly number[];
  /** Nanoseconds: a greater step from item to item is a jump of the clock, and no time passed. */
  readonly maxGap: bigint;
}

/**
 * The items of several pads in the order of their times: the pad whose next item is earliest goes first. Items without
 * a time come as soon as they are next. Ends after the last pad's `eos`, which is delivered for every pad.
 *
 * @param groups each with a clock of its own; default: all pads have one
 * @returns pairs of the pad's index and the item
 */
export async function* earliestFirst(
  pads: readonly SinkPad[],
  groups?: readonly MergeGroup[],
): AsyncGenerator<readonly [number, Item]> {
  const open = new Set(pads.keys());
  const axis = new SharedAxis<MergeGroup>();
  while (open.size > 0) {
    let first = -1;
    let firstTime: bigint | undefined;
    const times = new Map<number, bigint>();
    for (const index of open) {
      const time = timeOf(await (pads[index] as SinkPad).peek());
      if (time !== undefined) times.set(index, time);
      if (first < 0 || time === undefined || (firstTime !== undefined && time < firstTime)) {
        first = index;
        firstTime = time;
        if (time === undefined) break;
      }
    }
    if (groups !== undefined && firstTime !== undefined) {
      first = choose(groups, axis, times) ?? first;
    }
    const item = await (pads[first] as SinkPad).pull();
    if (item.type === "eos") open.delete(first);
    yield [first, item];
  }
}

/** Of the pads with these times the one that goes first. */
function choose(
  groups: readonly MergeGroup[],
  axis: SharedAxis<MergeGroup>,
  times: ReadonlyMap<number, bigint>,
): number | undefined {
  let first: { group: MergeGroup; pad: number; time: bigint; position: bigint } | undefined;
  for (const group of groups) {
    let head: { readonly pad: number; readonly time: bigint } | undefined;
    for (const pad of group.pads) {
      const time = times.get(pad);
      if (time !== undefined && (head === undefined || time < head.time)) head = { pad, time };
    }
    if (head === undefined) continue;
    const position = axis.position(group, head.time, group.maxGap);
    if (first === undefined || position < first.position) first = { group, ...head, position };
  }
  if (first !== undefined) axis.advance(first.group, first.time, first.position);
  return first?.pad;
}

function timeOf(item: Item): bigint | undefined {
  if (item.type === "buffer") return item.buffer.dts ?? item.buffer.pts;
  return item.type === "gap" ? item.pts : undefined;
}
