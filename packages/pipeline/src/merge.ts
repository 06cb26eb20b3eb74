import { type Item, SECOND } from "./buffer.js";
import type { SinkPad } from "./pad.js";
import { SharedAxis } from "./shared-axis.js";

/** Pads with one clock: their times can be compared, and say nothing about those of other groups. */
export type MergeGroup = readonly MergePad[];

/** A pad in the order of several. */
export interface MergePad {
  readonly index: number;
  /** Nanoseconds: a greater step from item to item is a jump of the clock, and no time passed. Default: none is. */
  readonly maxGap?: bigint;
}

/** A greater step back of a pad's time is a jump: a file that was joined, or begins again. */
const MAX_STEP_BACK = SECOND;

/**
 * The items of several pads in the order of their times: the pad whose next item is earliest goes first. Items without
 * a time come as soon as they are next. Ends after the last pad's `eos`, which is delivered for every pad.
 *
 * @param groups each with a clock of its own, all pads in one of them; default: all have one clock
 * @returns pairs of the pad's index and the item
 */
export async function* earliestFirst(
  pads: readonly SinkPad[],
  groups: readonly MergeGroup[] = [[...pads.keys()].map((index) => ({ index }))],
): AsyncGenerator<readonly [number, Item]> {
  const open = new Set(pads.keys());
  const order = new MergeOrder(groups);
  while (open.size > 0) {
    let first: number | undefined;
    const times = new Map<number, bigint>();
    for (const index of open) {
      const time = timeOf(await (pads[index] as SinkPad).peek());
      if (time === undefined) {
        first = index;
        break;
      }
      times.set(index, time);
    }
    first ??= order.choose(times);
    const item = await (pads[first] as SinkPad).pull();
    if (item.type === "eos") open.delete(first);
    yield [first, item];
  }
}

/** A pad's place in time. */
interface Place {
  readonly time: bigint;
  /** Added to its times since it jumped back. */
  readonly shift: bigint;
}

/** Says which of several times is earliest, whatever their clocks do. */
class MergeOrder {
  readonly #groups: readonly MergeGroup[];
  readonly #axis = new SharedAxis<MergeGroup>();
  /** Where each pad's last item was. */
  readonly #places = new Map<number, Place>();

  constructor(groups: readonly MergeGroup[]) {
    this.#groups = groups;
  }

  /** Of the pads with these times the one that goes first. */
  choose(times: ReadonlyMap<number, bigint>): number {
    let first: { pad: number; place: Place; group: MergeGroup; position: bigint } | undefined;
    for (const group of this.#groups) {
      let head: { readonly pad: number; readonly place: Place } | undefined;
      for (const pad of group) {
        const time = times.get(pad.index);
        if (time === undefined) continue;
        const place = this.#place(pad, time, group);
        if (head === undefined || shifted(place) < shifted(head.place)) {
          head = { pad: pad.index, place };
        }
      }
      if (head === undefined) continue;
      const position = this.#axis.position(group, shifted(head.place), groupGap(group));
      if (first === undefined || position < first.position) first = { ...head, group, position };
    }
    if (first === undefined) throw new TypeError("no pad has a time");
    this.#places.set(first.pad, first.place);
    this.#axis.advance(first.group, shifted(first.place), first.position);
    return first.pad;
  }

  /** Where a pad's next item lies: behind its last one, also when its times jump. */
  #place({ index, maxGap }: MergePad, time: bigint, group: MergeGroup): Place {
    const own = this.#places.get(index);
    const step = own === undefined ? 0n : time - own.time;
    if (own !== undefined && step >= -MAX_STEP_BACK && (maxGap === undefined || step <= maxGap)) {
      return { time, shift: own.shift };
    }
    // Others of its clock may have jumped before it, or it comes back to them.
    for (const mate of group) {
      const other = this.#places.get(mate.index);
      if (other === undefined || other.shift === own?.shift) continue;
      const distance = time - other.time;
      if (distance <= MAX_STEP_BACK && distance >= -MAX_STEP_BACK) {
        return { time, shift: other.shift };
      }
    }
    return { time, shift: own === undefined ? 0n : shifted(own) - time };
  }
}

/** The step that none of the pads takes: a group of sparse pads only is silent for longer. */
function groupGap(group: MergeGroup): bigint {
  return group.reduce(
    (least, { maxGap = 0n }) => (least === 0n || maxGap < least ? maxGap : least),
    0n,
  );
}

function shifted({ time, shift }: Place): bigint {
  return time + shift;
}

function timeOf(item: Item): bigint | undefined {
  if (item.type === "buffer") return item.buffer.dts ?? item.buffer.pts;
  return item.type === "gap" ? item.pts : undefined;
}
