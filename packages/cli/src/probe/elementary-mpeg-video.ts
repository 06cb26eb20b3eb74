import { Unwrapper } from "@x/bits";
import { AnnexBParser, encodeAnnexB } from "@x/es";
import { type ElementaryFormat, type ElementaryProbe, reader } from "./elementary-probe.js";
import { ASSUMED_RATE } from "./elementary-video.js";
import { readStreamFormat } from "./stream-format.js";

/** start_code values of ISO/IEC 13818-2 table 6-1. */
const PICTURE = 0x00;
const USER_DATA = 0xb2;
const SEQUENCE = 0xb3;
const EXTENSION = 0xb5;
const SEQUENCE_END = 0xb7;
const GROUP = 0xb8;
const PICTURE_CODING_EXTENSION = 8;
const FRAME_PICTURE = 3;
const INTRA = 1;
const TEMPORAL_REFERENCES = 1024;

/** MPEG-1 or MPEG-2 video. */
export const MPEG_VIDEO: ElementaryFormat = {
  codec: "MPEG video",
  framing: "start codes",
  open(probe) {
    const pictures = new Pictures(probe);
    return reader(
      new AnnexBParser(),
      (event) => {
        if (event.type === "nal") pictures.push(event.nal);
        // Half of all start codes have the bit that NAL units may not have.
        else if (event.issue.code !== "forbidden-bit") probe.issue(event.issue);
      },
      () => pictures.finish(),
    );
  },
};

interface Picture {
  readonly temporalReference: number;
  readonly isKey: boolean;
  /** Half of a frame. */
  isField: boolean;
  bytes: number;
  readonly userData: Uint8Array[];
}

/** Puts units together to pictures, and finds their times by temporal_reference (ISO/IEC 13818-2 6.3.9). */
class Pictures {
  readonly #probe: ElementaryProbe;
  /** A sequence header, until the unit behind it is there: an extension tells the rest. */
  #sequence: Uint8Array | undefined;
  #frameSeconds: number | undefined;
  #picture: Picture | undefined;
  /** Frames in front of this group of pictures, and in it. */
  #before = 0;
  #inGroup = 0;
  #references = new Unwrapper(TEMPORAL_REFERENCES);

  constructor(probe: ElementaryProbe) {
    this.#probe = probe;
  }

  push(unit: Uint8Array): void {
    if (this.#sequence !== undefined) this.#describe(this.#sequence, unit);
    this.#sequence = undefined;
    const [code = 0, a = 0, b = 0, c = 0] = unit;
    if ([PICTURE, SEQUENCE, SEQUENCE_END, GROUP].includes(code)) this.#endPicture();
    if (code === PICTURE) {
      const temporalReference = (a << 2) | (b >> 6);
      const isKey = ((b >> 3) & 7) === INTRA;
      this.#picture = { temporalReference, isKey, isField: false, bytes: 0, userData: [] };
    } else if (code === SEQUENCE) {
      this.#sequence = unit.slice();
    } else if (code === GROUP) {
      this.#before += this.#inGroup;
      this.#inGroup = 0;
      this.#references = new Unwrapper(TEMPORAL_REFERENCES);
    }
    const picture = this.#picture;
    if (picture === undefined) return;
    picture.bytes += unit.length;
    if (code === USER_DATA) picture.userData.push(unit.slice());
    else if (code === EXTENSION && a >> 4 === PICTURE_CODING_EXTENSION) {
      picture.isField = (c & 3) !== FRAME_PICTURE;
    }
  }

  finish(): void {
    this.#endPicture();
  }

  #describe(header: Uint8Array, next: Uint8Array): void {
    const isMpeg2 = next[0] === EXTENSION;
    const units = isMpeg2 ? [header, next] : [header];
    const format = readStreamFormat("mpeg2-video", encodeAnnexB(units));
    if (format === undefined || this.#probe.format !== undefined) return;
    this.#probe.codec = isMpeg2 ? "MPEG-2 video" : "MPEG-1 video";
    this.#probe.format = format;
    const [numerator = 0, denominator = 1] = (format.frameRate ?? "0").split("/").map(Number);
    if (numerator > 0) this.#frameSeconds = denominator / numerator;
  }

  #endPicture(): void {
    const picture = this.#picture;
    if (picture === undefined) return;
    this.#picture = undefined;
    const { temporalReference, isKey, isField, bytes, userData } = picture;
    const frames = isField ? 0.5 : 1;
    this.#inGroup += frames;
    const place = this.#before + this.#references.next(temporalReference);
    const seconds = this.#frameSeconds ?? ASSUMED_RATE.denominator / ASSUMED_RATE.numerator;
    this.#probe.captions("mpeg2-video", userData, place * seconds * 1000);
    this.#probe.frame({ bytes, isKey });
    if (this.#frameSeconds !== undefined) this.#probe.lasts(frames * seconds);
  }
}
