import type { FormatProbe } from "../format-probe.js";
import type { ProbeFindings } from "../report.js";
import { type Box, BoxWalker, boxAt, boxes, FullBox } from "./box.js";
import { MovieTrack } from "./track.js";

/** Far more than the tables of a day of video take. */
const MAX_BOX = 1 << 28;
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
  #brands: readonly string[] = [];
  #hasMovie = false;
  #isFragmented = false;

  get next(): number {
    return this.#walker.next;
  }

  push(chunk: Uint8Array): void {
    this.#walker.push(chunk);
  }

  finish({ movies, problems }: ProbeFindings, cut = false, size = 0): void {
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
    });
    const { damagedAt } = this.#walker;
    const box = this.#walker.cutAt(size);
    if (damagedAt !== undefined) {
      problems.push(`what begins at byte ${damagedAt} is no box: the rest was not read`);
    } else if (box !== undefined && !cut) {
      problems.push(`the file ends inside its ${box}${box === "header" ? " of a box" : " box"}`);
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
