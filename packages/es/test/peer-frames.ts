// Coded frames out of the peers' FLV files.
import { vectorBytes, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";

interface PeerTag {
  readonly messages?: readonly {
    readonly fourcc?: string;
    readonly trackId: number;
    readonly packetType: string;
    readonly bodyOffset: number;
    readonly bodySize: number;
  }[];
  readonly codec?: string;
}

/** What the peers' files are expected to hold. */
export const peerFiles: readonly string[] = vectorFiles("eflv").filter((file) =>
  /^peers\/.*\.expected\.json$/.test(file),
);

/** The coded frames of the tracks below 2 with a codec, each as its own array. */
export function codedFrames(file: string, codec: string): Uint8Array[] {
  const bytes = vectorBytes("eflv", file.replace(".expected.json", ".flv"));
  const { tags } = vectorJson<{ tags: PeerTag[] }>("eflv", file);
  return tags.flatMap(({ messages = [], codec: legacy }) =>
    messages.flatMap(({ fourcc, trackId, packetType, bodyOffset, bodySize }) =>
      (fourcc ?? legacy) === codec && trackId < 2 && packetType === "CodedFrames" && bodySize > 0
        ? [bytes.slice(bodyOffset, bodyOffset + bodySize)]
        : [],
    ),
  );
}
