// The least lateness that any schedule of pop-on captions can reach, by trying all of them.

/** One caption, as the oracle sees it: the sizes of its codes, behind the definition of its window. */
export interface OracleCue {
  readonly service: number;
  readonly startFrame: number;
  readonly endFrame: number;
  readonly codes: readonly number[];
}

interface State {
  /** Codes sent of each cue. The definition is the first. */
  readonly sent: readonly number[];
  /** Frame in which each came on, -1 before. */
  readonly shown: readonly number[];
  readonly cleared: readonly boolean[];
  /** The cue whose window is the current one, by service; -1: the service was reset only, -2: not even that. */
  readonly current: readonly number[];
}

const DEFINE = 7;
const RESET = 1;
const SELECT = 1;
const MAX_BLOCK = 31;

/**
 * Lateness of each cue in the best of all schedules, by following every way to divide the bytes of each frame among the
 * captions. No lateness of a cue buys the punctuality of one behind it in the list.
 *
 * @param lookahead frames before its start that a caption may be loaded.
 * @param known what a schedule is known to reach; only what is better is looked for.
 */
export function leastLateness(
  cues: readonly OracleCue[],
  capacityOf: (frame: number) => number,
  leastShowing: number,
  lookahead: number,
  known: readonly number[],
): readonly number[] {
  const services = [...new Set(cues.map(({ service }) => service))];
  const sizes = cues.map(({ codes }) => [DEFINE, ...codes]);
  let states: State[] = [
    {
      sent: cues.map(() => 0),
      shown: cues.map(() => -1),
      cleared: cues.map(() => false),
      current: services.map(() => -2),
    },
  ];
  let best = known;
  for (let frame = 0; states.length > 0; frame++) {
    if (frame > 200) throw new Error("the oracle does not come to an end");
    const next: State[] = [];
    for (const state of states) {
      for (const after of frameChoices(state, frame)) {
        if (after.shown.some((at) => at < 0)) next.push(after);
        else {
          const late = latenessOf(after.shown);
          if (isLess(late, best)) best = late;
        }
      }
    }
    states = undominated(next.filter((state) => canBeat(state, frame + 1)));
  }
  return best;

  function latenessOf(shown: readonly number[]): number[] {
    return shown.map((at, i) => at - (cues[i] as OracleCue).startFrame);
  }

  /** Whether a state is not lost, if each cue had all bytes from `frame` on for itself. */
  function canBeat(state: State, frame: number): boolean {
    const hope = state.shown.map((at, i) => {
      if (at >= 0) return at;
      let end = frame;
      let left = (sizes[i] as number[]).slice(state.sent[i]).reduce((sum, size) => sum + size, 3);
      for (; left > capacityOf(end); end++) left -= capacityOf(end);
      return Math.max(end, (cues[i] as OracleCue).startFrame);
    });
    return isLess(latenessOf(hope), best);
  }

  /** All states in which a frame can leave things. */
  function frameChoices(state: State, frame: number): State[] {
    const capacity = capacityOf(frame);
    let partial: { state: State; used: number }[] = [{ state, used: 0 }];
    services.forEach((service, index) => {
      partial = partial.flatMap((before) =>
        serviceChoices(before.state, service, index, frame, capacity - before.used).map(
          (choice) => ({ state: choice.state, used: before.used + choice.used }),
        ),
      );
    });
    return partial.map((each) => each.state);
  }

  function serviceChoices(
    state: State,
    service: number,
    index: number,
    frame: number,
    room: number,
  ): { state: State; used: number }[] {
    const own = cues.flatMap((cue, i) => (cue.service === service ? [i] : []));
    const ending = own.filter((i) => {
      const { startFrame, endFrame } = cues[i] as OracleCue;
      const at = state.shown[i] as number;
      const end = Math.max(endFrame, at + Math.min(endFrame - startFrame, leastShowing));
      return at >= 0 && !state.cleared[i] && end <= frame;
    });
    const found: { state: State; used: number }[] = [];
    const header = service < 7 ? 1 : 2;
    const spread = (at: number, sent: number[], bytes: number, touched: number[]): void => {
      if (bytes > room) return;
      const i = own[at];
      if (i !== undefined) {
        const all = sizes[i] as number[];
        let more = 0;
        for (let n = state.sent[i] as number; ; n++) {
          const after = replaced(sent, i, n);
          spread(at + 1, after, bytes + more, more > 0 ? [...touched, i] : touched);
          if (n === all.length || (cues[i] as OracleCue).startFrame > frame + lookahead) break;
          more += all[n] as number;
          if (bytes + more > room) break;
        }
        return;
      }
      const current = state.current[index] as number;
      // Definitions select; whoever goes on needs a selection, but for the one that is current.
      const selections = touched.filter(
        (each) => (state.sent[each] as number) > 0 && each !== current,
      );
      const reset = current === -2 && touched.length > 0 ? RESET : 0;
      const load = bytes + reset + SELECT * selections.length;
      // Of one service none overtakes another.
      const waiting = own.filter((each) => state.shown[each] === -1);
      const unready = waiting.findIndex(
        (each) =>
          (cues[each] as OracleCue).startFrame > frame ||
          (sent[each] as number) < (sizes[each] as number[]).length,
      );
      const ready = unready < 0 ? waiting : waiting.slice(0, unready);
      // Who is last remains current; with one more selection it can be anyone who was begun.
      const others = touched.filter((each) => each !== current);
      const lasts = new Map<number, number>();
      for (const each of own) if ((sent[each] as number) > 0) lasts.set(each, SELECT);
      if (others.length === 0) lasts.set(current, 0);
      // The reset belongs to the load of a caption, but need not be in the frame of its definition.
      const near = own.some((each) => (cues[each] as OracleCue).startFrame <= frame + lookahead);
      if (touched.length === 0 && current === -2 && near) lasts.set(-1, RESET);
      else for (const each of others) lasts.set(each, 0);
      for (const show of ready.length > 0 ? [ready, []] : [[]]) {
        const codes = (ending.length > 0 ? 2 : 0) + (show.length > 0 ? 2 : 0);
        const change = codes > 0 ? codes + 1 : 0;
        for (const [last, extra] of lasts) {
          const total = load + extra + change;
          const used = total + header * Math.ceil(total / MAX_BLOCK);
          if (used > room) continue;
          const shown = [...state.shown];
          for (const each of show) shown[each] = frame;
          const cleared = [...state.cleared];
          for (const each of ending) cleared[each] = true;
          found.push({
            state: { sent, shown, cleared, current: replaced(state.current, index, last) },
            used,
          });
        }
      }
    };
    spread(0, [...state.sent], 0, []);
    return found;
  }
}

function replaced(list: readonly number[], at: number, value: number): number[] {
  const copy = [...list];
  copy[at] = value;
  return copy;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}

/** Without the states in which everything is as in another, and less was sent. */
function undominated(states: readonly State[]): State[] {
  const groups = new Map<string, State[]>();
  for (const state of states) {
    const key = JSON.stringify([state.shown, state.cleared, state.current]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [state]);
    else group.push(state);
  }
  const kept: State[] = [];
  const total = ({ sent }: State): number => sent.reduce((sum, n) => sum + n, 0);
  for (const group of groups.values()) {
    const front: State[] = [];
    for (const state of group.sort((a, b) => total(b) - total(a))) {
      const worse = front.some((other) =>
        other.sent.every((n, i) => n >= (state.sent[i] as number)),
      );
      if (!worse) front.push(state);
    }
    kept.push(...front);
  }
  return kept;
}
