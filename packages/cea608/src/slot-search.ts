/** What a search must know of a caption that is not shown yet. */
export interface SlotJob {
  /** Words up to the mark, which comes behind them; true: a control code, which needs no other before it. */
  readonly controls: readonly boolean[];
  readonly target: number;
  readonly end: number;
  /** Slots behind its target in which it is shown without a search. */
  readonly late: number;
}

/** What a search must know of one of the two services of a field. */
export interface SlotService {
  /** By target; of the first `sent` words are sent. */
  readonly jobs: readonly SlotJob[];
  readonly sent: number;
  /** The slot of the erasure that is due, infinite for none. */
  readonly eraseAt: number;
}

/** What to do in a slot: go on with a service, the first being 0, erase what it shows, or nothing. */
export type SlotAction = { readonly service: number; readonly erases: boolean } | undefined;

export interface SlotSearch {
  readonly services: readonly SlotService[];
  /** Index of the service that the last control code was for. */
  readonly latched: number;
  /** The first slot that is free. */
  readonly from: number;
  /** Slots before its target that a load may begin, at most. */
  readonly lookahead: number;
  /** An erasure may be left out when what replaces the caption comes within so many slots. */
  readonly gap: number;
  /** A late caption stays for so many slots, or for as long as it was meant to. */
  readonly minimum: number;
}

/** Slots that are tried, at most: some hundredths of a second. Small cases need a fraction of it. */
const EFFORT = 10_000;
const NEVER = Number.POSITIVE_INFINITY;

interface Channel {
  /** Number of the job that is sent, and how many of its words were. */
  readonly index: number;
  readonly sent: number;
  readonly eraseAt: number;
  /** What was not erased must be replaced up to this slot. */
  readonly replaceBy: number;
}

interface State {
  readonly channels: readonly [Channel, Channel];
  readonly latched: number;
  /** Slot in which each was shown, in the order of the targets; {@link NOT_YET} before. */
  readonly shown: readonly number[];
  readonly action: SlotAction;
  readonly before: State | undefined;
}

const NOT_YET = -1;

/**
 * The best way to share the slots of a field between two services: no caption can be shown earlier without one that
 * is wanted before it being shown later. All ways are followed but those that cannot become better than what is known,
 * and those that come to the same later.
 *
 * @returns what to do from slot `from` on, or `undefined` when nothing better was found in the time that the search has.
 */
export function searchSlots(search: SlotSearch): SlotAction[] | undefined {
  const { services, from, lookahead, gap, minimum } = search;
  /** All jobs by target, of equal ones the first service's first. */
  const order = services
    .flatMap(({ jobs }, service) => jobs.map((job, index) => ({ service, index, job })))
    .sort((a, b) => a.job.target - b.job.target || a.service - b.service);
  const placeOf = services.map(({ jobs }) => jobs.map(() => 0));
  order.forEach(({ service, index }, place) => {
    (placeOf[service] as number[])[index] = place;
  });
  let best = order.map(({ job }) => job.late);
  let found: State | undefined;
  let effort = EFFORT;
  /** The earliest slot in which a state was come to. */
  const seen = new Map<string, number>();

  const visit = (state: State, slot: number): void => {
    for (const after of successors(state, slot)) {
      if (effort-- <= 0) return;
      if (!isPromising(after, slot + 1)) continue;
      if (!after.shown.includes(NOT_YET)) {
        best = after.shown.map((at, i) => at - targetOf(i));
        found = after;
      } else if (after.action === undefined || isEarlier(after, slot + 1)) {
        visit(after, slot + 1);
      }
    }
  };

  const channels = services.map(({ sent, eraseAt }) => ({
    index: 0,
    sent,
    eraseAt,
    replaceBy: NEVER,
  })) as [Channel, Channel];
  const shown = order.map(() => NOT_YET);
  visit({ channels, latched: search.latched, shown, action: undefined, before: undefined }, from);
  return found && actionsTo(found);

  function targetOf(place: number): number {
    return (order[place] as (typeof order)[number]).job.target;
  }

  function successors(state: State, slot: number): State[] {
    const due = state.channels.findIndex(({ eraseAt }) => eraseAt <= slot);
    const erasing = state.channels[due];
    if (erasing !== undefined) {
      const erase = { service: due, erases: true };
      const erased = next(state, due, { ...erasing, eraseAt: NEVER }, erase);
      // To show comes before to erase.
      const shown = [0, 1]
        .filter((service) => isLoaded(state, service))
        .map((service) => goOn(state, service, slot));
      const first = [...shown.filter((after) => after !== undefined), erased];
      const replaceBy = erasing.eraseAt + gap;
      const job = services[due]?.jobs[erasing.index];
      if (job === undefined || Math.max(slot, job.target) > replaceBy) return first;
      const kept = withChannel(state, due, { ...erasing, eraseAt: NEVER, replaceBy });
      return [...successors({ ...state, channels: kept }, slot), ...first];
    }
    if (state.channels.some(({ replaceBy }) => replaceBy < slot)) return [];
    const found = [0, 1].flatMap((service) => {
      const after = goOn(state, service, slot);
      return after === undefined ? [] : [after];
    });
    found.sort((a, b) => wantedAt(state, a) - wantedAt(state, b));
    // Waiting can be better than going on: for a control code that comes in any case between two others.
    return [...found, { ...state, action: undefined, before: state }];
  }

  /** Of two services the one whose caption is wanted first is tried first. */
  function wantedAt({ channels }: State, { action }: State): number {
    const service = action?.service ?? 0;
    return services[service]?.jobs[channels[service]?.index ?? 0]?.target ?? NEVER;
  }

  function isLoaded({ channels }: State, service: number): boolean {
    const { index, sent } = channels[service] as Channel;
    return services[service]?.jobs[index]?.controls.length === sent;
  }

  function goOn(state: State, service: number, slot: number): State | undefined {
    const channel = state.channels[service] as Channel;
    const job = services[service]?.jobs[channel.index];
    if (job === undefined) return undefined;
    const { controls, target, end } = job;
    const { index, sent } = channel;
    const action = { service, erases: false };
    if (sent < controls.length) {
      if (sent === 0 && slot < target - lookahead) return undefined;
      // Characters of a service that has not the line need a control code before them.
      const goes = controls[sent] === true || state.latched === service;
      return next(state, service, { ...channel, sent: goes ? sent + 1 : sent }, action);
    }
    if (slot < target) return undefined;
    const stay = Math.min(Math.max(end - target, 1), minimum);
    const eraseAt = Math.max(end, slot + stay);
    const after = { index: index + 1, sent: 0, eraseAt, replaceBy: NEVER };
    const shown = [...state.shown];
    shown[placeOf[service]?.[index] as number] = slot;
    return { ...next(state, service, after, action), shown };
  }

  /** Whether from `slot` on a state can still become better than the best, if changing services cost nothing. */
  function isPromising({ channels, shown }: State, slot: number): boolean {
    const left = order.map(({ service, index, job }) => {
      const channel = channels[service] as Channel;
      if (index < channel.index) return 0;
      return job.controls.length - (index === channel.index ? channel.sent : 0) + 1;
    });
    for (const [i, { job }] of order.entries()) {
      let at = shown[i] as number;
      if (at === NOT_YET) {
        at = Math.max(slot + (left[i] as number) - 1, job.target);
        for (;;) {
          // Those before it must be there in time themselves.
          let words = left[i] as number;
          for (let j = 0; j < i; j++) {
            if (targetOf(j) + (best[j] as number) <= at) words += left[j] as number;
          }
          if (slot + words - 1 <= at && !isTaken(at, i, shown)) break;
          at++;
        }
      }
      const late = at - job.target;
      if (late !== best[i]) return late < (best[i] as number);
    }
    return false;
  }

  /** Whether a caption that is not late, of those before one, is shown in a slot. */
  function isTaken(at: number, before: number, shown: readonly number[]): boolean {
    for (let j = 0; j < before; j++) {
      if (shown[j] === NOT_YET && best[j] === 0 && targetOf(j) === at) return true;
    }
    return false;
  }

  function isEarlier({ channels, latched, shown }: State, slot: number): boolean {
    const key = [
      latched,
      shown,
      ...channels.map(({ index, sent, eraseAt, replaceBy }) => [index, sent, eraseAt, replaceBy]),
    ].join(";");
    if ((seen.get(key) ?? NEVER) <= slot) return false;
    seen.set(key, slot);
    return true;
  }
}

function next(
  before: State,
  service: number,
  channel: Channel,
  action: { readonly service: number; readonly erases: boolean },
): State {
  const channels = withChannel(before, service, channel);
  return { channels, latched: service, shown: before.shown, action, before };
}

function withChannel({ channels }: State, at: number, channel: Channel): [Channel, Channel] {
  const [first, second] = channels;
  return at === 0 ? [channel, second] : [first, channel];
}

function actionsTo(state: State): SlotAction[] {
  const actions: SlotAction[] = [];
  for (let at = state; at.before !== undefined; at = at.before) actions.push(at.action);
  return actions.reverse();
}
