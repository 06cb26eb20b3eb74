import type { FrameLoader, FramePlan } from "./frame-loader.js";
import { FramePacker, packetRoom } from "./frame-packer.js";
import { searchLoads } from "./load-search.js";
import type { LaidCue } from "./service-schedule.js";

/** Frames that are looked ahead, at most. */
const HORIZON = 90;

/** What to load in each of the coming frames; `undefined`: what starts first. */
export type LoadPlan = readonly (FramePlan | undefined)[];

/**
 * Loading captions in the order of their starts is as good as anything, but for the bytes at the ends of frames that
 * the next code does not fit into: seven for the definition of a window. If a caption is late, some of them may have
 * made it so; then the best of all orders is looked for.
 */
export function planLoads(
  loader: FrameLoader,
  from: number,
  tripletsOf: (frame: number) => number,
): LoadPlan {
  const packer = new FramePacker();
  const simple = loader.clone();
  const late = new Map<LaidCue, number>();
  let until = from;
  for (; until < from + HORIZON && simple.isBusy(until); until++) {
    packer.begin(tripletsOf(until));
    for (const { kind, laid, lateFrames } of simple.fill(until, packer)) {
      if (kind === "shown") late.set(laid, lateFrames);
    }
  }
  const inOrder = new Array<undefined>(until - from).fill(undefined);
  if ([...late.values()].every((frames) => frames === 0)) return inOrder;
  const services = loader.loads(until);
  return (
    (services &&
      searchLoads(services, late, from, until + HORIZON, loader.lookahead, (frame) =>
        packetRoom(tripletsOf(frame)),
      )) ??
    inOrder
  );
}
