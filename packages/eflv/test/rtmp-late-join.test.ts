import { describe, expect, test } from "vitest";
import { fromHex, toHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { decodeAudioData, decodeVideoData, encodeAmf0Values, FlvTagParser } from "../src/index.js";
import { LateJoinHeaders, type MuxedTag, storedTag } from "../src/rtmp/index.js";

const META = encodeAmf0Values([
  "onMetaData",
  { type: "ecma-array", count: 0, properties: new Map() },
]);
const script = (data: Uint8Array): MuxedTag => ({ tagType: 18, timestamp: 0, data });
const audio = (hex: string): MuxedTag => ({ tagType: 8, timestamp: 0, data: fromHex(hex) });
const video = (hex: string): MuxedTag => ({ tagType: 9, timestamp: 0, data: fromHex(hex) });

function tagsOf(file: string): MuxedTag[] {
  const parser = new FlvTagParser();
  const events = [...parser.push(vectorBytes("eflv", file)), ...parser.flush()];
  return events.flatMap((event) => (event.type === "tag" ? [event.tag] : []));
}

/** What is in force after `tags`: kind, packet type and track to the payload. */
function inForce(tags: readonly MuxedTag[]): Record<string, string> {
  const state: Record<string, string> = {};
  for (const { tagType, data } of tags) {
    if (tagType !== 8 && tagType !== 9) continue;
    const { messages } = tagType === 8 ? decodeAudioData(data) : decodeVideoData(data);
    for (const { packetType, trackId, fourCc, body } of messages) {
      if (/^(Coded|SequenceEnd)/.test(packetType)) continue;
      state[`${tagType} ${packetType.replace(/^MPEG2TS/, "")} ${trackId}`] =
        `${fourCc} ${toHex(body)}`;
    }
  }
  return state;
}

describe("LateJoinHeaders", () => {
  const files = vectorFiles("eflv").filter((file) => /^(peers|crafted)\/.*\.flv$/.test(file));

  test.each(files)("%s: whenever one joins, the same is in force", (file) => {
    const tags = tagsOf(file).filter(({ tagType, data }) => !(tagType !== 18 && data.length === 0));
    const headers = new LateJoinHeaders();
    const step = Math.ceil(tags.length / 40);
    for (const [i, tag] of tags.entries()) {
      headers.push(tag);
      if (i % step !== 0 && i !== tags.length - 1) continue;
      const first = headers.tags(77);
      expect(first.every(({ timestamp }) => timestamp === 77)).toBe(true);
      expect(inForce(first)).toEqual(inForce(tags.slice(0, i + 1)));
    }
  });

  test("a stream with video begins at key frames, others anywhere", () => {
    const headers = new LateJoinHeaders();
    expect(headers.push(audio("af001190"))).toBe("header");
    expect(headers.push(audio("af0121"))).toBe("boundary");
    expect(headers.push(video("1700000000"))).toBe("header");
    expect(headers.push(audio("af0121"))).toBe("frame");
    expect(headers.push(video("2701000000"))).toBe("frame");
    expect(headers.push(video("1701000000"))).toBe("boundary");
    expect(headers.push(video("91687663310000500102"))).toBe("boundary");
    expect(headers.push(video("1702000000"))).toBe("frame");
    expect(headers.push(video("5700"))).toBe("frame");
  });

  test("metadata is the last, without what is for servers, until it is cleared", () => {
    const headers = new LateJoinHeaders();
    const set = encodeAmf0Values(["@setDataFrame"]);
    expect(headers.push(script(Uint8Array.of(...set, ...META)))).toBe("header");
    expect(headers.tags(0)).toEqual([script(META)]);
    expect(headers.push(script(encodeAmf0Values(["onCuePoint"])))).toBe("frame");
    headers.push(script(encodeAmf0Values(["@clearDataFrame", "onMetaData"])));
    expect(headers.tags(0)).toEqual([]);
  });

  test("later parts of a batch replace it track by track", () => {
    const headers = new LateJoinHeaders();
    const many = "9510" + "6d703461" + "00" + "000002" + "1190" + "01" + "000002" + "1210";
    headers.push(audio(many));
    headers.push(audio("95006d703461011188"));
    expect(headers.tags(0)).toHaveLength(2);
    headers.push(audio("90" + "6d703461" + "1290"));
    expect(headers.tags(0).map(({ data }) => toHex(data))).toEqual([
      "95006d703461011188",
      "906d7034611290",
    ]);
  });

  test("it keeps copies, and no more than it may", () => {
    const headers = new LateJoinHeaders({ maxBytes: 10 });
    const tag = audio("af001190");
    headers.push(tag);
    tag.data.fill(0);
    for (let id = 1; id < 50; id++)
      headers.push(audio(`95006d703461${id.toString(16).padStart(2, "0")}11`));
    headers.push(script(META));
    expect(headers.tags(0).map(({ data }) => toHex(data))).toEqual(["af001190"]);
  });

  test("damage is nothing to remember", () => {
    const headers = new LateJoinHeaders();
    for (const tag of [audio("95"), video("96"), script(fromHex("02ffff")), audio("")]) {
      expect(headers.push(tag)).toBe("frame");
    }
    expect(headers.tags(0)).toEqual([]);
  });
});

test("storedTag leaves media alone", () => {
  const tag = audio(toHex(encodeAmf0Values(["@setDataFrame"])));
  expect(storedTag(tag)).toBe(tag);
  expect(storedTag(script(META))).toEqual(script(META));
  expect(storedTag(script(encodeAmf0Values(["@clearDataFrame"])))).toBeUndefined();
});
