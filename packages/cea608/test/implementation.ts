import type { Cea608Implementation, ShownScreens } from "../src/conformance.js";
import {
  bytesToWords,
  Cea608Decoder,
  type Cea608Service,
  decodePair,
  encodePair,
  encodePopOn,
  encodeXdsPacket,
  parseScc,
  screenRows,
  timecodeOfFrame,
  withParity,
  XdsParser,
} from "../src/index.js";

const SERVICES: readonly Cea608Service[] = ["CC1", "CC2", "CC3", "CC4", "T1", "T2", "T3", "T4"];

/** What a decoder shows, on plain data. */
function shownBy(decoder: Cea608Decoder): ShownScreens {
  const screens: ShownScreens = {};
  for (const service of SERVICES) {
    const rows = screenRows(decoder.screen(service));
    if (rows.length > 0) {
      screens[service] = rows.map(({ row, column, text }) => ({ row, column, text }));
    }
  }
  return screens;
}

/** This package as the conformance suite sees it. */
export const ours: Required<Cea608Implementation> = {
  withParity,
  decodePair,
  encodePair,
  decode(field, words) {
    const decoder = new Cea608Decoder();
    words.forEach((word, i) => {
      decoder.push(field, word, i);
    });
    return shownBy(decoder);
  },
  encodePopOn: (caption, address, doubled) =>
    encodePopOn(caption, { ...address, redundantControls: doubled ? "always" : "never" }),
  decodeXds(words) {
    const parser = new XdsParser();
    return words.flatMap((word) => {
      const packet = parser.push(word)?.packet;
      return packet === undefined ? [] : [{ ...packet, data: [...packet.data] }];
    });
  },
  encodeXds: (packet) => encodeXdsPacket({ ...packet, data: Uint8Array.from(packet.data) }),
  parseScc: (text) =>
    parseScc(text).lines.map(({ frame, words }) => ({ frame, words: [...words] })),
  timecodeOfFrame,
};

/** Words of bytes, for tests that have bytes. */
export function words(bytes: Uint8Array): number[] {
  return [...bytesToWords(bytes)];
}
