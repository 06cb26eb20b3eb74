import type { DataChannel } from "./codes.js";
import { isControlWord } from "./encoder.js";
import type { SlotService } from "./slot-search.js";

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

/** One of the two services of a field, and what it sends. */
export interface Channel<T> {
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
  /** Something is on the screen. */
  shown: boolean;
}

/** A load, or the rest of one, that has to be sent between two slots. */
export interface Task<T> {
  readonly channel: Channel<T>;
  readonly job: Job<T>;
  /** The first slot that it can have. */
  readonly release: number;
  /** Slots that it needs before its target. */
  readonly work: number;
}

/** What a search must know of a service: the captions that are shown in the time looked at. */
export function slotService<T>(
  { job, queue, at, mark, eraseAt }: Channel<T>,
  shown: ReadonlyMap<Job<T>, number>,
): SlotService {
  const begun = job !== undefined && at <= mark ? [job] : [];
  const jobs = [...begun, ...queue].flatMap((each) => {
    const slot = shown.get(each);
    const { words, mark, target, end } = each;
    const controls = words.slice(0, mark).map(isControlWord);
    return slot === undefined ? [] : [{ controls, target, end, late: slot - target }];
  });
  return { jobs, sent: begun.length > 0 ? at : 0, eraseAt };
}

/** Captions of one service that are planned ahead when the other needs the line, too. */
const AHEAD = 6;

/** What one service has still to show, as far as it is looked at. Alone on the line its next caption is enough. */
export function upcoming<T>(channel: Channel<T>, shared: boolean): readonly Job<T>[] {
  const { job, queue, at, mark } = channel;
  const waiting = queue.slice(0, shared ? AHEAD : 1);
  return job !== undefined && at <= mark ? [job, ...waiting] : waiting;
}

export function tasksOf<T>(
  channel: Channel<T>,
  now: number,
  doubled: boolean,
  shared: boolean,
): Task<T>[] {
  const { job, words, at, mark } = channel;
  // To come back after the other service takes a code.
  const back = shared ? 1 : 0;
  let release = now;
  // Words behind the mark come before the next caption.
  let rest = job !== undefined && at > mark ? cost(words, at, words.length, doubled) : 0;
  return upcoming(channel, shared).map((next) => {
    const { words, mark } = next === job ? channel : variant(channel, next);
    const work = rest + cost(words, next === job ? at : 0, mark, doubled) + back;
    const task = { channel, job: next, release, work };
    release = next.target + 1;
    rest = cost(words, mark + 1, words.length, doubled);
    return task;
  });
}

export function isIdle<T>({ job, queue, eraseAt }: Channel<T>): boolean {
  return job === undefined && queue.length === 0 && eraseAt === Number.POSITIVE_INFINITY;
}

export function begin<T>(channel: Channel<T>): void {
  const job = channel.queue.shift() as Job<T>;
  const { words, mark } = variant(channel, job);
  if (words !== job.words) channel.eraseAt = Number.POSITIVE_INFINITY;
  channel.job = job;
  channel.words = words;
  channel.mark = mark;
  channel.at = 0;
}

/** The words to use: those that erase first, if something will still be shown when they come. */
export function variant<T>(
  channel: Channel<T>,
  job: Job<T>,
): { readonly words: readonly number[]; readonly mark: number } {
  if (job.replacing === undefined || !channel.shown) return job;
  return channel.eraseAt >= job.target - 2 ? job.replacing : job;
}

/** Slots that the words from `from` to `to` take. */
function cost(words: readonly number[], from: number, to: number, doubled: boolean): number {
  let slots = 0;
  for (let i = from; i < to; i++) slots += doubled && isControlWord(words[i] as number) ? 2 : 1;
  return slots;
}
