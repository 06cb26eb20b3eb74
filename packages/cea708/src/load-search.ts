import type { FramePlan } from "./frame-loader.js";
import { blocksSize } from "./frame-packer.js";
import type { LaidCue, PendingLoad, ServiceLoads } from "./service-schedule.js";

/** Ways to fill a frame that are tried, at most: some hundredths of a second. Small cases need a fraction of it. */
const EFFORT = 60_000;
/** RST before the first definition, CWn, HDW or DSW, ETX. */
const RESET_SIZE = 1;
const SELECT_SIZE = 1;
const SWITCH_SIZE = 2;
const ETX_SIZE = 1;
const NOBODY = -1;
const NOT_RESET = -2;
const NOT_YET = -1;
const NOTHING: FramePlan = { steps: [], held: [] };

interface Load extends PendingLoad {
  /** Index of the service. */
  readonly service: number;
}

/** How things are between two frames. */
interface State {
  /** Units sent of each load. */
  readonly sent: readonly number[];
  /** Frame in which each was shown, or {@link NOT_YET}. */
  readonly shown: readonly number[];
  /** Frame in which each is to go, Infinity when it is not shown or gone. */
  readonly end: readonly number[];
  /** For each service the load whose window is selected. */
  readonly selected: readonly number[];
  readonly plan: FramePlan;
  readonly before: State | undefined;
}

/** What a frame has done to a state so far. */
interface Filling {
  readonly state: State;
  readonly free: number;
  /** Fewest bytes that would take one of the captions further that the frame goes on with. */
  readonly more: number;
}

/**
 * The best way to load captions: none can come earlier without one before it coming later. All ways are followed, but
 * those that cannot become better than what is known, and those in which everything is as in another, with less sent.
 *
 * @param lookahead frames before its start that a caption may be loaded.
 * @param known lateness in frames of each caption without a plan.
 * @returns what to load in each frame, or `undefined` when nothing better was found in the time that the search has.
 */
export function searchLoads(
  services: readonly ServiceLoads[],
  known: ReadonlyMap<LaidCue, number>,
  from: number,
  until: number,
  lookahead: number,
  roomOf: (frame: number) => number,
): FramePlan[] | undefined {
  const loads: Load[] = services
    .flatMap((each, service) => each.loads.map((load) => ({ ...load, service })))
    .filter((load) => load.shown || known.has(load.laid))
    .sort((a, b) => a.laid.startFrame - b.laid.startFrame);
  let best = loads.map(({ laid }) => known.get(laid) ?? 0);
  let found: State | undefined;
  let effort = EFFORT;
  const seen = new Map<string, State[]>();

  /** Follow the states that a frame can lead to, those that waste least first. */
  const visit = (state: State, frame: number): void => {
    if (frame === until) return;
    const after = successors(state, frame).filter((each) => isPromising(each, frame + 1));
    after.sort((a, b) => sumOf(b.sent) - sumOf(a.sent));
    for (const each of after) {
      if (!each.shown.includes(NOT_YET)) {
        if (!isPromising(each, frame + 1)) continue;
        best = latenessOf(each.shown);
        found = each;
      } else if (isNew(each, frame + 1)) {
        visit(each, frame + 1);
      }
      if (effort <= 0) return;
    }
  };

  visit(
    {
      sent: loads.map(() => 0),
      shown: loads.map(({ shown }) => (shown ? from - 1 : NOT_YET)),
      end: loads.map(({ shown, endFrame }) => (shown ? endFrame : Number.POSITIVE_INFINITY)),
      selected: services.map(({ began, selected }) =>
        began ? loads.findIndex(({ laid }) => laid === selected) : NOT_RESET,
      ),
      plan: NOTHING,
      before: undefined,
    },
    from,
  );
  return found && plansTo(found);

  /** Whether no state was seen in which everything is the same, and as much or more was sent. */
  function isNew(state: State, frame: number): boolean {
    const key = [frame, state.shown, state.end, state.selected].join(";");
    const group = seen.get(key) ?? [];
    const covers = (other: State, under: State): boolean =>
      other.sent.every((n, i) => n >= (under.sent[i] as number));
    if (group.some((other) => covers(other, state))) return false;
    seen.set(key, [...group.filter((other) => !covers(state, other)), state]);
    return true;
  }

  function successors(state: State, frame: number): State[] {
    let fillings: Filling[] = [
      {
        state: { ...state, plan: NOTHING, before: state },
        free: roomOf(frame),
        more: Number.POSITIVE_INFINITY,
      },
    ];
    services.forEach((_, service) => {
      fillings = fillings.flatMap((filling) => ofService(filling, service, frame));
    });
    return fillings.map((filling) => filling.state);
  }

  /** All that a frame can do with one service. */
  function ofService({ state, free, more }: Filling, service: number, frame: number): Filling[] {
    const { serviceNumber, leastShowing } = services[service] as ServiceLoads;
    const own = loads.flatMap((load, i) => (load.service === service ? [i] : []));
    const ending = own.filter((i) => (state.end[i] as number) <= frame);
    const selected = state.selected[service] as number;
    const fillings: Filling[] = [];

    const divide = (at: number, bytes: number, touched: readonly [number, number][]): void => {
      const i = own[at];
      if (i === undefined) {
        finish(bytes, touched);
        return;
      }
      const { sizes } = loads[i] as Load;
      divide(at + 1, bytes, touched);
      if (!isNear(i, frame)) return;
      let sum = bytes;
      for (let n = state.sent[i] as number; n < sizes.length; n++) {
        sum += sizes[n] as number;
        if (sum > free) return;
        divide(at + 1, sum, [...touched, [i, n + 1]]);
      }
    };

    const finish = (bytes: number, touched: readonly [number, number][]): void => {
      const sent = [...state.sent];
      for (const [i, n] of touched) sent[i] = n;
      // A definition selects its window; who goes on must be selected, but for who is already.
      const goesOn = ([i]: readonly [number, number]): boolean =>
        (loads[i] as Load).begun || (state.sent[i] as number) > 0;
      const selections = touched.filter((each) => goesOn(each) && each[0] !== selected).length;
      const reset = selected === NOT_RESET && touched.length > 0 ? RESET_SIZE : 0;
      const load = bytes + reset + SELECT_SIZE * selections;
      // Who was selected goes on first, and anyone of the others can be last.
      const others = touched.filter(([i]) => i !== selected);
      const first = touched.filter(([i]) => i === selected);
      const orders =
        others.length === 0
          ? [first]
          : others.map((last) => [...first, ...others.filter((each) => each !== last), last]);
      const ready = readyOf(own, state, sent, frame);
      const [waiting] = own.filter((i) => isNear(i, frame));
      for (const shows of ready.length > 0 ? [ready, []] : [ready]) {
        const change = changeSize(ending.length, shows.length);
        // The reset can go ahead of the definition.
        if (selected === NOT_RESET && touched.length === 0 && waiting !== undefined) {
          add([[waiting, 0]], NOBODY, change + RESET_SIZE, sent, shows);
        }
        for (const order of orders) {
          const last = order[order.length - 1]?.[0] ?? selected;
          const total = load + change;
          const steps = order.map(([i, n]) => [i, n - (state.sent[i] as number)] as const);
          add(steps, last, total, sent, shows);
          // Room that nothing else can use takes a selection of the next frame.
          for (const i of own) {
            const begun = (loads[i] as Load).begun || (sent[i] as number) > 0;
            if (i === last || !begun || (sent[i] as number) === (loads[i] as Load).sizes.length)
              continue;
            add([...steps, [i, 0]], i, total + SELECT_SIZE, sent, shows);
          }
        }
      }
    };

    const add = (
      order: readonly (readonly [number, number])[],
      last: number,
      total: number,
      sent: readonly number[],
      shows: readonly number[],
    ): void => {
      const size = blocksSize(serviceNumber, total);
      const left = free - size;
      if (left < 0 || effort-- <= 0) return;
      const code = last < 0 ? undefined : (loads[last] as Load).sizes[sent[last] as number];
      const least =
        code === undefined ? more : Math.min(more, blocksSize(serviceNumber, total + code) - size);
      // Who could send more and does not is no better than who does.
      if (service === services.length - 1 && left >= least) return;
      const shown = [...state.shown];
      const end = [...state.end];
      for (const i of ending) end[i] = Number.POSITIVE_INFINITY;
      for (const i of shows) {
        const { startFrame, endFrame } = (loads[i] as Load).laid;
        shown[i] = frame;
        end[i] = Math.max(endFrame, frame + Math.min(endFrame - startFrame, leastShowing));
      }
      const steps = order.map(([i, n]) => ({
        service,
        laid: (loads[i] as Load).laid,
        units: n,
      }));
      const selectedNow = [...state.selected];
      selectedNow[service] = last;
      const held = [...state.plan.held];
      if (shows.length === 0) held.push(service);
      fillings.push({
        state: {
          ...state,
          sent,
          shown,
          end,
          selected: selectedNow,
          plan: { steps: [...state.plan.steps, ...steps], held },
        },
        free: left,
        more: least,
      });
    };

    divide(0, 0, []);
    return fillings;
  }

  /** Whether a caption may be loaded. */
  function isNear(i: number, frame: number): boolean {
    const { shown, laid } = loads[i] as Load;
    return !shown && laid.startFrame <= frame + lookahead;
  }

  /** Captions that can be shown: none overtakes another of its service. */
  function readyOf(
    own: readonly number[],
    state: State,
    sent: readonly number[],
    frame: number,
  ): number[] {
    const waiting = own.filter((i) => state.shown[i] === NOT_YET);
    const unready = waiting.findIndex((i) => {
      const { laid, sizes } = loads[i] as Load;
      return laid.startFrame > frame || (sent[i] as number) < sizes.length;
    });
    return unready < 0 ? waiting : waiting.slice(0, unready);
  }

  function latenessOf(shown: readonly number[]): number[] {
    return loads.map(({ laid, shown: before }, i) =>
      before ? 0 : (shown[i] as number) - laid.startFrame,
    );
  }

  /** Whether from `frame` on a state can still become better than the best: by the bytes alone, not by their order. */
  function isPromising({ shown, sent }: State, frame: number): boolean {
    const left = loads.map(({ sizes }, i) => {
      let bytes = 0;
      for (let n = sent[i] as number; n < sizes.length; n++) bytes += sizes[n] as number;
      return bytes;
    });
    for (const [i, { laid, shown: before }] of loads.entries()) {
      if (before) continue;
      let at = shown[i] as number;
      if (at < 0) {
        const bytesBy = (end: number): number => {
          let bytes = (left[i] as number) + changeSize(0, 1);
          // Those before it must be there in time themselves.
          for (let j = 0; j < i; j++) {
            const deadline = (loads[j] as Load).laid.startFrame + (best[j] as number);
            if (deadline <= end) bytes += left[j] as number;
          }
          return bytes;
        };
        let room = 0;
        for (at = frame; bytesBy(at) > room + roomOf(at); at++) room += roomOf(at);
      }
      const late = Math.max(0, at - laid.startFrame);
      if (late !== best[i]) return late < (best[i] as number);
    }
    return false;
  }
}

function changeSize(ending: number, starting: number): number {
  const codes = (ending > 0 ? SWITCH_SIZE : 0) + (starting > 0 ? SWITCH_SIZE : 0);
  return codes > 0 ? codes + ETX_SIZE : 0;
}

function plansTo(state: State): FramePlan[] {
  const plans: FramePlan[] = [];
  for (let at = state; at.before !== undefined; at = at.before) plans.push(at.plan);
  return plans.reverse();
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
