import type { Cea608Field, DataChannel } from "./codes.js";
import { addressed, isControlWord } from "./encoder.js";

/** A caption as the words of one service, with the slots that it is wanted at. Slots count one field's pairs. */
export interface Job<T> {
  readonly dataChannel: DataChannel;
  /** Single words with parity. `mark` is the index of the one that shows the caption, or begins to. */
  readonly words: readonly number[];
  readonly mark: number;
  /** For captions that are written on a screen that shows something: the same with an EDM at the mark. */
  readonly replacing?: { readonly words: readonly number[]; readonly mark: number };
  /** A code that gives the service the line back and changes nothing. */
  readonly resume: number;
  /** The mark takes the place of what is shown, so that it need not be erased before. */
  readonly replaces: boolean;
  /** Where the mark belongs. */
  readonly target: number;
  /** Where the erasure belongs; infinite when there is none. */
  readonly end: number;
  readonly cue: T;
}

/** What is known about a job once its mark was sent. */
export interface Shown<T> {
  readonly job: Job<T>;
  readonly slot: number;
}

interface Channel<T> {
  readonly dataChannel: DataChannel;
  readonly erase: number;
  readonly queue: Job<T>[];
  /** The job that is being sent, and how far. */
  job: Job<T> | undefined;
  words: readonly number[];
  mark: number;
  at: number;
  /** The slot of the erasure that is due, infinite for none. */
  eraseAt: number;
}

const PADDING = 0x8080;
/** Slots of a code that shows or erases, with its double. */
const EVENT_COST = 2;

/**
 * Decides for each pair of one field what is sent in it. With one service in use every caption is shown in the slot
 * that it is wanted in, or as soon as its load allows: loading begins just in time, control pairs are doubled only
 * as far as that delays nothing. Two services share the field: whoever is wanted first goes first, and nothing but
 * the codes that show and erase comes between the words of a load.
 */
export class FieldScheduler<T> {
  readonly #channels: readonly Channel<T>[];
  readonly #double: boolean;
  readonly #lookahead: number;
  readonly #gap: number;
  readonly #minimum: number;
  /** The word to be sent once more, 0 for none. */
  #again = 0;
  /** The data channel of the last control pair. */
  #latched: DataChannel = 1;
  /** The channel in the middle of its words. */
  #active: Channel<T> | undefined;

  constructor(options: {
    readonly field: Cea608Field;
    readonly doubleControls: boolean;
    /** Slots before its target that a load may begin, at most, beyond none at all. */
    readonly lookahead: number;
    /** An erasure is left out when what replaces the caption comes within so many slots. */
    readonly replaceGap: number;
    /** A late caption stays for so many slots, or for as long as it was meant to. */
    readonly minimumSlots: number;
  }) {
    this.#double = options.doubleControls;
    this.#lookahead = options.lookahead;
    this.#gap = options.replaceGap;
    this.#minimum = options.minimumSlots;
    this.#channels = ([1, 2] as const).map((dataChannel) => ({
      dataChannel,
      erase: addressed([0x142c], 0x142c, options.field, dataChannel)[0] as number,
      queue: [],
      job: undefined,
      words: [],
      mark: 0,
      at: 0,
      eraseAt: Number.POSITIVE_INFINITY,
    }));
  }

  /** Nothing is left to be sent. */
  get idle(): boolean {
    return (
      this.#again === 0 &&
      this.#channels.every(
        ({ job, queue, eraseAt }) =>
          job === undefined && queue.length === 0 && eraseAt === Number.POSITIVE_INFINITY,
      )
    );
  }

  /** No caption is on its way, so that the line can be used for something else. */
  get free(): boolean {
    return this.#channels.every(({ job }) => job === undefined);
  }

  /** A caption; of one service they are shown in the order of their targets. */
  push(job: Job<T>): void {
    const { queue } = this.#channels[job.dataChannel - 1] as Channel<T>;
    let at = queue.length;
    while (at > 0 && (queue[at - 1] as Job<T>).target > job.target) at--;
    queue.splice(at, 0, job);
  }

  /** The word of a slot; slots are asked for one after the other. `onShown` hears of a mark. */
  next(slot: number, onShown: (shown: Shown<T>) => void): number {
    if (this.#again !== 0) {
      const word = this.#again;
      this.#again = 0;
      return word;
    }
    for (const channel of this.#channels) {
      const word = this.#showOrErase(channel, slot, onShown);
      if (word !== 0) return word;
    }
    const channel = this.#active ?? this.#startable(slot);
    return channel === undefined ? PADDING : this.#continue(channel, slot, onShown);
  }

  #showOrErase(channel: Channel<T>, slot: number, onShown: (shown: Shown<T>) => void): number {
    const { job } = channel;
    const loaded = job !== undefined && channel.at === channel.mark;
    // In the middle of another service's words only a code that shows at once may come.
    const free = this.#active === undefined || this.#active === channel || isShort(channel);
    if (loaded && slot >= job.target && free) return this.#continue(channel, slot, onShown);
    // A caption is not erased before it is written.
    if (slot < channel.eraseAt || (job !== undefined && channel.at > channel.mark)) return 0;
    if (this.#isReplacedSoon(channel, slot)) return 0;
    channel.eraseAt = Number.POSITIVE_INFINITY;
    return this.#control(channel, channel.erase, this.#slack(slot) > 0);
  }

  /** The service whose load has to begin in this slot at the latest. */
  #startable(slot: number): Channel<T> | undefined {
    let limit = Number.POSITIVE_INFINITY;
    const waiting = this.#channels
      .filter(({ job, queue }) => job === undefined && queue.length > 0)
      .sort((a, b) => (b.queue[0] as Job<T>).target - (a.queue[0] as Job<T>).target);
    let first: Channel<T> | undefined;
    for (const channel of waiting) {
      const job = channel.queue[0] as Job<T>;
      const end = Math.min(job.target, limit);
      const start = this.#latestStart(channel, job, end);
      limit = start;
      if (slot >= start || slot >= job.target) first = channel;
    }
    if (first !== undefined) begin(first);
    return first;
  }

  #latestStart(channel: Channel<T>, job: Job<T>, end: number): number {
    const { words, mark } = variant(channel, job);
    let start = end - cost(words, 0, mark, this.#double);
    const { eraseAt } = channel;
    const dropped = job.replaces && job.target - eraseAt <= this.#gap;
    if (eraseAt >= start - EVENT_COST && eraseAt < end && !dropped) start -= EVENT_COST;
    // What the other service shows and erases meanwhile takes its slots, and one to come back.
    const other = this.#channels[2 - channel.dataChannel] as Channel<T>;
    const shows = other.job ?? other.queue[0];
    for (const event of [other.eraseAt, shows?.target, shows?.end]) {
      if (event !== undefined && event >= start - EVENT_COST && event < end)
        start -= EVENT_COST + 1;
    }
    return Math.max(start, job.target - this.#lookahead);
  }

  #continue(channel: Channel<T>, slot: number, onShown: (shown: Shown<T>) => void): number {
    const job = channel.job as Job<T>;
    const word = channel.words[channel.at] as number;
    if (!isControlWord(word) && this.#latched !== channel.dataChannel) {
      return this.#control(channel, job.resume, false);
    }
    const shows = channel.at === channel.mark;
    channel.at++;
    if (shows) this.#shown(channel, job, slot, onShown);
    const done = channel.at === channel.words.length;
    if (done) channel.job = undefined;
    // A code that shows at once leaves another service's load where it is.
    if (!done && channel.at !== channel.mark) this.#active = channel;
    else if (this.#active === channel) this.#active = undefined;
    return isControlWord(word) ? this.#control(channel, word, this.#slack(slot) > 0) : word;
  }

  #shown(channel: Channel<T>, job: Job<T>, slot: number, onShown: (shown: Shown<T>) => void): void {
    const wanted = Math.min(Math.max(job.end - job.target, 1), this.#minimum);
    channel.eraseAt = Math.max(job.end, slot + wanted);
    onShown({ job, slot });
  }

  #control(channel: Channel<T>, word: number, twice: boolean): number {
    this.#latched = channel.dataChannel;
    if (this.#double && twice) this.#again = word;
    return word;
  }

  /** True when what comes next will take the place of what is shown soon enough. What replaces ends with its mark. */
  #isReplacedSoon(channel: Channel<T>, slot: number): boolean {
    const next = channel.job ?? channel.queue[0];
    if (next === undefined || !next.replaces) return false;
    const left =
      channel.job === undefined ? variant(channel, next).mark : channel.mark - channel.at;
    return Math.max(next.target, slot + left) - channel.eraseAt <= this.#gap;
  }

  /** Slots that can be spent now without making a caption later than it has to be. */
  #slack(slot: number): number {
    let work = 0;
    let slack = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels) {
      const { job, words, at, mark } = channel;
      if (job !== undefined && at <= mark) {
        work += mark - at;
        if (this.#erasesBefore(channel, job.target, slot)) work++;
        slack = Math.min(slack, job.target - slot - 1 - work);
        continue;
      }
      if (job !== undefined) work += words.length - at;
      const [next] = channel.queue;
      if (next === undefined) continue;
      work += variant(channel, next).mark;
      if (this.#erasesBefore(channel, next.target, slot)) work++;
      slack = Math.min(slack, next.target - slot - 1 - work);
    }
    return slack;
  }

  #erasesBefore(channel: Channel<T>, target: number, slot: number): boolean {
    return channel.eraseAt < target && !this.#isReplacedSoon(channel, slot);
  }
}

function begin<T>(channel: Channel<T>): void {
  const job = channel.queue.shift() as Job<T>;
  const { words, mark } = variant(channel, job);
  if (words !== job.words) channel.eraseAt = Number.POSITIVE_INFINITY;
  channel.job = job;
  channel.words = words;
  channel.mark = mark;
  channel.at = 0;
}

/** The words to use: those that erase first, if something will still be shown when they come. */
function variant<T>(
  channel: Channel<T>,
  job: Job<T>,
): { readonly words: readonly number[]; readonly mark: number } {
  if (job.replacing === undefined || channel.eraseAt === Number.POSITIVE_INFINITY) return job;
  return channel.eraseAt >= job.target - 2 ? job.replacing : job;
}

/** True when the words from the mark on are one control pair. */
function isShort<T>(channel: Channel<T>): boolean {
  return channel.mark === channel.words.length - 1;
}

/** Slots that the words from `from` to `to` take. */
function cost(words: readonly number[], from: number, to: number, doubled: boolean): number {
  let slots = 0;
  for (let i = from; i < to; i++) slots += doubled && isControlWord(words[i] as number) ? 2 : 1;
  return slots;
}
