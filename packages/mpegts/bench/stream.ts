import { concatBytes } from "@x/bits";
import { TsMuxer } from "../src/index.js";

/** A programme of video, audio and ANC, about `megabytes` large: video of 16 Mbit/s, so mostly full packets. */
export function benchStream(megabytes: number): Uint8Array<ArrayBuffer> {
  const muxer = new TsMuxer({
    programs: [
      {
        streams: [
          { pid: 0x100, kind: "h264" },
          { pid: 0x101, kind: "aac-adts" },
          { pid: 0x102, kind: "smpte-2038" },
        ],
      },
    ],
  });
  const random = new Uint8Array(200_000);
  let state = 1;
  for (let i = 0; i < random.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    random[i] = state >>> 24;
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let n = 0; size < megabytes * 1e6; n++) {
    const pts = 900_000 + n * 3600;
    const units = [
      { pid: 0x100, data: random.subarray(n % 1000, (n % 1000) + 80_000), pts },
      { pid: 0x101, data: random.subarray(0, 700), pts },
      { pid: 0x102, data: random.subarray(0, 100), pts },
    ];
    for (const unit of units) {
      const part = muxer.push(unit);
      size += part.length;
      parts.push(part);
    }
  }
  return concatBytes(...parts, muxer.flush());
}
