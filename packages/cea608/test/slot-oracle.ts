// The least lateness that any use of the pairs of one field can reach, by trying all of them.

/** A pop-on caption of one of the two services of a field. */
export interface OracleCaption {
  readonly service: 0 | 1;
  /** The slot in which it is to be shown. */
  readonly target: number;
  /** The slot in which it is to be erased, unless another takes its place within two slots. */
  readonly end: number;
  /** The words up to EOC, which comes behind them. */
  readonly words: readonly number[];
}

interface State {
  /** For each service the caption that is loaded, by its number in the service, and the words sent of it. */
  readonly index: readonly [number, number];
  readonly sent: readonly [number, number];
  /** Who had the last control code. */
  readonly latch: number;
  /** For each service the slot of the erasure that is due. */
  readonly erase: readonly [number, number];
  /** For each service the slot up to which the next one must be shown, because what it replaces was not erased. */
  readonly before: readonly [number, number];
  /** Slot in which each caption was shown, -1 before. */
  readonly shown: readonly number[];
}

const NEVER = Number.POSITIVE_INFINITY;
/** A late caption stays as long as it was meant to, or for a second. */
const LEAST_STAY = 30;
const GAP = 2;

/**
 * Lateness of each caption in the best of all ways to use the slots; none is late for the sake of one behind it in the
 * list, which is in the order of the targets.
 *
 * @param known what a schedule is known to reach; only what is better is looked for.
 */
export function leastLateness(
  captions: readonly OracleCaption[],
  known: readonly number[],
): readonly number[] {
  const own = [0, 1].map((service) =>
    captions.flatMap((each, i) => (each.service === service ? [i] : [])),
  );
  let best = known;
  let states: State[] = [
    {
      index: [0, 0],
      sent: [0, 0],
      latch: -1,
      erase: [NEVER, NEVER],
      before: [NEVER, NEVER],
      shown: captions.map(() => -1),
    },
  ];
  for (let slot = 0; states.length > 0; slot++) {
    const next = new Map<string, State>();
    for (const state of states) {
      for (const after of successors(state, slot)) {
        const hope = latenessOf(after, slot + 1);
        if (!isLess(hope, best)) continue;
        if (!after.shown.includes(-1)) best = hope;
        else {
          const { index, sent, latch, erase, before } = after;
          const key = [index, sent, latch, erase, before].join(";");
          const other = next.get(key);
          if (other === undefined || isLess(hope, latenessOf(other, slot + 1)))
            next.set(key, after);
        }
      }
    }
    states = [...next.values()];
  }
  return best;

  function successors(state: State, slot: number): State[] {
    // An erasure comes in its slot, or behind what is shown in it, or what is to be erased is replaced soon.
    const due = [0, 1].filter((s) => (state.erase[s] as number) <= slot);
    const [first] = due;
    if (first !== undefined) {
      const erased = { ...state, erase: put(state.erase, first, NEVER), latch: first };
      const found = [erased, ...marksOf(state, slot)];
      if (own[first]?.[state.index[first] as number] === undefined) return found;
      const limit = (state.erase[first] as number) + GAP;
      const skipped = {
        ...state,
        erase: put(state.erase, first, NEVER),
        before: put(state.before, first, limit),
      };
      return [...found, ...successors(skipped, slot)];
    }
    if (state.before.some((limit) => limit < slot)) return [];
    return [state, ...wordsOf(state), ...marksOf(state, slot)];
  }

  /** Go on with a load. */
  function wordsOf(state: State): State[] {
    return [0, 1].flatMap((s) => {
      const i = own[s]?.[state.index[s] as number];
      const sent = state.sent[s] as number;
      const word = i === undefined ? undefined : captions[i]?.words[sent];
      if (word === undefined) return [];
      // Characters of a service that has not the line need a control code before them.
      const goes = isControl(word) || state.latch === s;
      return [{ ...state, latch: s, sent: put(state.sent, s, goes ? sent + 1 : sent) }];
    });
  }

  /** Show what is loaded and due. */
  function marksOf(state: State, slot: number): State[] {
    return [0, 1].flatMap((s) => {
      const i = own[s]?.[state.index[s] as number];
      if (i === undefined) return [];
      const { words, target, end } = captions[i] as OracleCaption;
      if (state.sent[s] !== words.length || slot < target) return [];
      const shown = [...state.shown];
      shown[i] = slot;
      const stay = Math.min(Math.max(end - target, 1), LEAST_STAY);
      return [
        {
          index: put(state.index, s, (state.index[s] as number) + 1),
          sent: put(state.sent, s, 0),
          latch: s,
          erase: put(state.erase, s, Math.max(end, slot + stay)),
          before: put(state.before, s, NEVER),
          shown,
        },
      ];
    });
  }

  function latenessOf({ shown, index, sent }: State, slot: number): number[] {
    return captions.map(({ target, service, words }, i) => {
      const at = shown[i] as number;
      if (at >= 0) return at - target;
      const current = own[service]?.[index[service]] === i;
      return Math.max(0, slot + words.length - (current ? sent[service] : 0) - target);
    });
  }
}

function put(
  pair: readonly [number, number],
  at: number,
  value: number,
): readonly [number, number] {
  return at === 0 ? [value, pair[1]] : [pair[0], value];
}

function isControl(word: number): boolean {
  return (word & 0x7000) === 0x1000;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}
