import type { FormatProbe, InputRange } from "../format-probe.js";
import { IssueLog } from "../issue-log.js";
import type { ProbeFindings } from "../report.js";
import { type Box, BoxWalker, boxAt, boxes, FullBox } from "./box.js";
import { MovieCaptions } from "./movie-captions.js";
import { MovieTrack } from "./track.js";

/** Far more than the tables of a day of video take. */
const MAX_BOX = 1 << 28;
/** Captions of a chunk, a second as a rule, are far shorter. */
const MAX_CHUNK = 1 << 20;
/** All captions of a file: more than a day's. Tables of a few bytes can name the same chunk again and again. */
const MAX_CAPTIONS = 1 << 28;
/** Boxes that a file begins with: ftyp, or of older QuickTime files another. */
const FIRST = ["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp"];

/** True when the bytes begin like an MP4 or QuickTime file. */
export function isMovie(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && FIRST.includes(String.fromCharCode(...bytes.subarray(4, 8)));
}

/** Looks through an MP4 (ISO/IEC 14496-12) or QuickTime file: the tables, not the media. */
export class MovieProbe implements FormatProbe {
  readonly kind = "mp4";
  readonly #walker = new BoxWalker(["ftyp", "styp", "moov", "moof"], MAX_BOX, (box) =>
    this.#take(box),
  );
  readonly #tracks = new Map<number, MovieTrack>();
  readonly #captions = new Map<number, MovieCaptions>();
  readonly #issues = new IssueLog();
  #brands: readonly string[] = [];
  #hasMovie = false;
  #isFragmented = false;

  get next(): number {
    return this.#walker.next;
  }

  push(chunk: Uint8Array): void {
    this.#walker.push(chunk);
  }

  /** The samples of caption tracks; the media may be in front of what tells where they are. */
  *revisit(): Generator<InputRange, void, Uint8Array> {
    let left = MAX_CAPTIONS;
    for (const track of this.#tracks.values()) {
      if (!track.hasCaptions) continue;
      const captions = new MovieCaptions(this.#issues);
      this.#captions.set(track.trackId, captions);
      for (const chunk of track.chunks(MAX_CHUNK)) {
        left -= chunk.size;
        if (chunk.size > MAX_CHUNK || left < 0) {
          this.#issues.add(
            "caption-limit",
            chunk.offset,
            "too much for captions: the rest is not read",
          );
          break;
        }
        captions.push(chunk, yield chunk);
      }
    }
  }

  finish(findings: ProbeFindings, cut = false, size = 0): void {
    const { movies, problems } = findings;
    for (const [trackId, captions] of this.#captions) captions.finish(`track ${trackId}`, findings);
    const tracks = [...this.#tracks.values()].map((track) => track.report());
    movies.push({
      brands: this.#brands,
      isFragmented: this.#isFragmented,
      durationMs: tracks.reduce<number | undefined>(
        (longest, { durationMs }) =>
          durationMs === undefined ? longest : Math.max(longest ?? 0, durationMs),
        undefined,
      ),
      tracks,
      issues: this.#issues.reports(),
    });
    const { damagedAt } = this.#walker;
    const box = this.#walker.cutAt(size);
    if (damagedAt !== undefined) {
      problems.push(`what begins at byte ${damagedAt} is no box: the rest was not read`);
    } else if (box !== undefined && !cut) {
      problems.push(
        `the file ends inside ${box === "header" ? "the header of a" : `its ${box}`} box`,
      );
    }
    if (!this.#hasMovie) {
      problems.push("there is no moov box, which says what is in it: it was not finished, perhaps");
    }
  }

  #take({ type, body }: Box): void {
    if (type === "moov") this.#movie(body);
    else if (type === "moof") this.#fragment(body);
    else if (this.#brands.length === 0) this.#brands = brandsOf(body);
  }

  #movie(moov: Uint8Array): void {
    this.#hasMovie = true;
    const extension = boxAt(moov, "mvex");
    for (const { type, body } of boxes(moov)) {
      if (type !== "trak") continue;
      const track = new MovieTrack(body);
      this.#tracks.set(track.trackId, track);
    }
    if (extension === undefined) return;
    this.#isFragmented = true;
    for (const { type, body } of boxes(extension)) {
      const trex = new FullBox(body);
      if (type === "trex") this.#tracks.get(trex.u32(0))?.extends(trex);
    }
  }

  #fragment(moof: Uint8Array): void {
    for (const { type, body } of boxes(moof)) {
      if (type !== "traf") continue;
      const trackId = new FullBox(boxAt(body, "tfhd")).u32(0);
      this.#tracks.get(trackId)?.addFragment(body);
    }
  }
}

/** major_brand and compatible_brands, each once. */
function brandsOf(body: Uint8Array): string[] {
  const all = Array.from({ length: body.length >> 2 }, (_, i) =>
    String.fromCharCode(...body.subarray(4 * i, 4 * i + 4)).trim(),
  );
  // Between them there is minor_version.
  return [...new Set([...all.slice(0, 1), ...all.slice(2)])].filter((brand) => brand !== "");
}
