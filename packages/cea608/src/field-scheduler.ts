import type { Cea608Field, DataChannel } from "./codes.js";
import { addressed, isControlWord } from "./encoder.js";
import {
  begin,
  type Channel,
  isIdle,
  type Job,
  type Shown,
  slotService,
  tasksOf,
  upcoming,
  variant,
} from "./field-channel.js";
import { type SlotAction, searchSlots } from "./slot-search.js";

/** How a {@link FieldScheduler} works. */
export interface FieldOptions {
  readonly field: Cea608Field;
  readonly doubleControls: boolean;
  /** Slots before its target that a load may begin, at most, beyond none at all. */
  readonly lookahead: number;
  /** An erasure is left out when what replaces the caption comes within so many slots. */
  readonly replaceGap: number;
  /** A late caption stays for so many slots, or for as long as it was meant to. */
  readonly minimumSlots: number;
}

const PADDING = 0x8080;
/** Slots before its target at which a caption is looked at: more than two captions take. */
const LOOK_AHEAD = 150;

/**
 * Decides for each pair of one field what is sent in it. With one service in use every caption is shown in the slot
 * that it is wanted in, or as soon as its load allows: loading begins just in time, control pairs are doubled only
 * as far as that delays nothing. Two services share the field: whoever is wanted first goes first, and loads begin
 * earlier where the other service will need the line. Where that would make somebody late, {@link searchSlots} looks for
 * a better way.
 */
export class FieldScheduler<T> {
  readonly #options: FieldOptions;
  readonly #channels: readonly Channel<T>[];
  readonly #double: boolean;
  readonly #lookahead: number;
  readonly #gap: number;
  readonly #minimum: number;
  /** The word to be sent once more, 0 for none. */
  #again = 0;
  /** The data channel of the last control pair. */
  #latched: DataChannel = 1;
  /** The slots in which the loads of the waiting captions have to begin; `undefined` when that may have changed. */
  #starts: ReadonlyMap<Channel<T>, number> | undefined;
  /** What a search found for the coming slots. */
  #plan: SlotAction[] = [];
  /** The slot in which the coming captions are looked at next. */
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(options: FieldOptions) {
    this.#options = options;
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
      shown: false,
    }));
  }

  /** Nothing is left to be sent. */
  get idle(): boolean {
    return this.#again === 0 && this.#channels.every(isIdle);
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
    this.#starts = undefined;
    this.#plan = [];
    this.#lookAt = Number.NEGATIVE_INFINITY;
  }

  /** The word of a slot; slots are asked for one after the other. `onShown` hears of a mark. */
  next(slot: number, onShown: (shown: Shown<T>) => void): number {
    if (this.#again === 0 && this.#plan.length === 0 && slot >= this.#lookAt) this.#look(slot);
    return this.#step(slot, onShown);
  }

  #step(slot: number, onShown: (shown: Shown<T>) => void): number {
    if (this.#again !== 0) {
      const word = this.#again;
      this.#again = 0;
      return word;
    }
    if (this.#plan.length > 0) return this.#follow(slot, this.#plan.shift(), onShown);
    for (const channel of this.#channels) {
      const word = this.#showOrErase(channel, slot, onShown);
      if (word !== 0) return word;
    }
    const channel = this.#due(slot);
    return channel === undefined ? PADDING : this.#continue(channel, slot, onShown);
  }

  #showOrErase(channel: Channel<T>, slot: number, onShown: (shown: Shown<T>) => void): number {
    const { job } = channel;
    const loaded = job !== undefined && channel.at === channel.mark;
    if (loaded && slot >= job.target) return this.#continue(channel, slot, onShown);
    // A caption is not erased before it is written.
    if (slot < channel.eraseAt || (job !== undefined && channel.at > channel.mark)) return 0;
    return this.#isReplacedSoon(channel, slot) ? 0 : this.#erase(channel, slot);
  }

  #erase(channel: Channel<T>, slot: number): number {
    channel.eraseAt = Number.POSITIVE_INFINITY;
    channel.shown = false;
    this.#starts = undefined;
    return this.#control(channel, channel.erase, this.#canSpare(slot));
  }

  /**
   * With two services, see whether any caption will be late. If so, and another way to share the slots is better, that
   * one is followed.
   */
  #look(slot: number): void {
    this.#lookAt = slot + LOOK_AHEAD;
    if (this.#channels.some(({ job, queue }) => job === undefined && queue.length === 0)) return;
    const trial = this.#clone();
    const shown = new Map<Job<T>, number>();
    for (let at = slot; at < slot + 2 * LOOK_AHEAD; at++) {
      trial.#step(at, (each) => shown.set(each.job, each.slot));
    }
    const late = [...shown].flatMap(([job, at]) => (at > job.target ? [job.target] : []));
    const first = Math.min(...late);
    if (first > slot + LOOK_AHEAD) {
      this.#lookAt = Math.min(this.#lookAt, first - LOOK_AHEAD);
      return;
    }
    const services = this.#channels.map((channel) => slotService(channel, shown));
    const plannable = this.#channels.every(({ job, at, mark }) => job === undefined || at <= mark);
    if (!plannable || [...shown.keys()].some(({ replaces }) => !replaces)) return;
    const { lookahead, replaceGap, minimumSlots } = this.#options;
    const limits = { lookahead, gap: replaceGap, minimum: minimumSlots };
    this.#plan = searchSlots({ services, latched: this.#latched - 1, from: slot, ...limits }) ?? [];
  }

  #clone(): FieldScheduler<T> {
    const clone = new FieldScheduler<T>(this.#options);
    this.#channels.forEach((channel, i) => {
      Object.assign(clone.#channels[i] as Channel<T>, channel, { queue: [...channel.queue] });
    });
    clone.#again = this.#again;
    clone.#latched = this.#latched;
    return clone;
  }

  #follow(slot: number, action: SlotAction, onShown: (shown: Shown<T>) => void): number {
    if (action === undefined) return PADDING;
    const channel = this.#channels[action.service] as Channel<T>;
    if (action.erases) return this.#erase(channel, slot);
    if (channel.job === undefined) begin(channel);
    return this.#continue(channel, slot, onShown);
  }

  /** The service to go on with: of those that have begun or have to begin, the one that is wanted first. */
  #due(slot: number): Channel<T> | undefined {
    this.#starts ??= this.#latestStarts();
    let first: Channel<T> | undefined;
    let target = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels) {
      const { job, queue, at, mark } = channel;
      const next = job ?? queue[0];
      if (next === undefined || next.target >= target) continue;
      const due =
        job === undefined
          ? slot >= Math.min(this.#starts.get(channel) ?? 0, next.target)
          : at !== mark;
      if (due) {
        first = channel;
        target = next.target;
      }
    }
    if (first !== undefined && first.job === undefined) {
      begin(first);
      this.#starts = undefined;
    }
    return first;
  }

  #latestStarts(): ReadonlyMap<Channel<T>, number> {
    const starts = new Map<Channel<T>, number>();
    for (const { channel, job, start } of this.#layBack(Number.NEGATIVE_INFINITY, this.#double)) {
      if (job !== channel.queue[0]) continue;
      starts.set(channel, Math.max(start, job.target - this.#lookahead));
    }
    return starts;
  }

  /**
   * When the words up to the mark of what is begun and of what waits would be sent at the latest, from `now` on. Who
   * cannot begin early is placed first, and who can gives way.
   */
  #layBack(now: number, doubled: boolean): Planned<T>[] {
    const shared = !this.#channels.some(isIdle);
    const tasks = this.#channels.flatMap((channel) => tasksOf(channel, now, doubled, shared));
    tasks.sort((a, b) => b.release - a.release || b.job.target - a.job.target);
    const taken = new Set<number>();
    for (const channel of this.#channels) this.#takeEvents(channel, now, doubled, shared, taken);
    return tasks.map(({ channel, job, release, work }) => {
      let start = job.target;
      let left = work;
      while (left > 0 && start > release) {
        start--;
        if (taken.has(start)) continue;
        taken.add(start);
        left--;
      }
      return { channel, job, release, start, fits: left === 0 };
    });
  }

  /** The slots of codes that show and erase, of their doubles, and of the code that brings the other service back. */
  #takeEvents(
    channel: Channel<T>,
    now: number,
    doubled: boolean,
    shared: boolean,
    taken: Set<number>,
  ): void {
    const length = 1 + (doubled ? 1 : 0) + (shared ? 1 : 0);
    const take = (from: number): void => {
      for (let slot = from; slot < from + length; slot++) taken.add(slot);
    };
    let end = channel.eraseAt;
    // An erasure that is overdue comes next.
    const erase = (): void => {
      if (end < Number.POSITIVE_INFINITY) take(Math.max(end, now));
    };
    for (const job of upcoming(channel, shared)) {
      if (!job.replaces || job.target - end > this.#gap) erase();
      if (shared) take(job.target);
      end = job.end;
    }
    if (shared) erase();
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
    if (shows || done) this.#starts = undefined;
    return isControlWord(word) ? this.#control(channel, word, this.#canSpare(slot)) : word;
  }

  #shown(channel: Channel<T>, job: Job<T>, slot: number, onShown: (shown: Shown<T>) => void): void {
    const wanted = Math.min(Math.max(job.end - job.target, 1), this.#minimum);
    channel.eraseAt = Math.max(job.end, slot + wanted);
    channel.shown = true;
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

  /** Whether the slot after this one can be spent without making a caption later than it has to be. */
  #canSpare(slot: number): boolean {
    const now = slot + 2;
    return (
      this.#double &&
      this.#plan.length === 0 &&
      this.#layBack(now, false).every(
        ({ release, fits, job }) => release > now || (fits && job.target >= now),
      )
    );
  }
}

interface Planned<T> {
  readonly channel: Channel<T>;
  readonly job: Job<T>;
  readonly release: number;
  readonly start: number;
  readonly fits: boolean;
}
