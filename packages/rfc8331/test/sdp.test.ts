import { createAncPacket } from "@x/st291";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AncMediaParameters,
  acceptsPacket,
  formatAncMedia,
  formatFmtp,
  parseAllAncMedia,
  parseAncMedia,
  parseFmtp,
} from "../src/index.js";

const SESSION = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.1",
  "s=Studio",
  "t=0 0",
  "a=group:DUP A B",
  "m=video 5000 RTP/AVP 96",
  "a=rtpmap:96 raw/90000",
  "m=video 5002 RTP/AVP 100",
  "c=IN IP4 239.0.0.1/32",
  "a=ts-refclk:ptp=IEEE1588-2008:00-11-22-FF-FE-33-44-55:127",
  "a=mediaclk:direct=0",
  "a=rtpmap:100 smpte291/90000",
  "a=fmtp:100 DID_SDID={0x61,0x01}",
  "a=mid:A",
  "m=video 0 RTP/AVP 101",
  "a=rtpmap:101 SMPTE291/90000",
  "a=mid:B",
  "",
].join("\r\n");

const EVERYTHING: AncMediaParameters = {
  didSdid: [
    { did: 0x61, sdid: 0x01 },
    { did: 0xe7, sdid: 0x00 },
  ],
  vpidCode: 133,
  exactFrameRate: { numerator: 30000, denominator: 1001 },
  tm: "CTM",
  ssn: "ST2110-40:2021",
  troff: 37,
  tsMode: "SAMP",
  tsDelay: 82,
  other: [
    ["MAXUDP", "8960"],
    ["x-flag", undefined],
  ],
};

describe("parseAncMedia", () => {
  test("finds the first section of a whole session, and keeps its other lines", () => {
    expect(parseAncMedia(SESSION)).toEqual({
      port: 5002,
      payloadType: 100,
      clockRate: 90000,
      parameters: { didSdid: [{ did: 0x61, sdid: 0x01 }], other: [] },
      otherLines: [
        "c=IN IP4 239.0.0.1/32",
        "a=ts-refclk:ptp=IEEE1588-2008:00-11-22-FF-FE-33-44-55:127",
        "a=mediaclk:direct=0",
        "a=mid:A",
      ],
      diagnostics: [],
    });
  });

  test("parseAllAncMedia finds both legs, a declined one too", () => {
    expect(
      parseAllAncMedia(SESSION).map(({ port, otherLines }) => [port, otherLines.at(-1)]),
    ).toEqual([
      [5002, "a=mid:A"],
      [0, "a=mid:B"],
    ]);
  });

  test("takes time in proportion to the text", () => {
    const formats = Array.from({ length: 20_000 }, (_, i) => i);
    const maps = formats.map((format) => `a=rtpmap:${format} raw/90000`);
    const sdp = [
      `m=video 1 RTP/AVP ${formats.join(" ")}`,
      ...maps,
      "a=rtpmap:19999 smpte291/90000",
    ];
    expect(parseAncMedia(sdp.join("\n"))?.payloadType).toBe(19_999);
  });

  test("any text gives a result", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        ...SESSION.split("\r\n"),
        "m=video x RTP/AVP 96",
        "a=rtpmap:100 smpte291",
        "a=fmtp:100",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        expect(Array.isArray(parseAllAncMedia(lines.join("\n")))).toBe(true);
      }),
    );
  });
});

describe("formatAncMedia", () => {
  test("writes what parseAncMedia reads", () => {
    const media = { port: 5002, payloadType: 100, clockRate: 90000, parameters: EVERYTHING };
    const otherLines = ["c=IN IP4 239.0.0.1/32", "a=mid:A"];
    const text = formatAncMedia({ ...media, otherLines });
    expect(text).toBe(
      [
        "m=video 5002 RTP/AVP 100",
        "c=IN IP4 239.0.0.1/32",
        "a=mid:A",
        "a=rtpmap:100 smpte291/90000",
        "a=fmtp:100 DID_SDID={0x61,0x01};DID_SDID={0xE7,0x00};VPID_Code=133;exactframerate=30000/1001;" +
          "TM=CTM;SSN=ST2110-40:2021;TROFF=37;TSMODE=SAMP;TSDELAY=82;MAXUDP=8960;x-flag",
        "",
      ].join("\r\n"),
    );
    expect(parseAncMedia(text)).toEqual({ ...media, otherLines, diagnostics: [] });
  });

  test("writes no fmtp for nothing", () => {
    expect(formatAncMedia({ payloadType: 96 })).toBe(
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 smpte291/90000\r\n",
    );
  });

  test.each([
    [{ payloadType: 128 }],
    [{ payloadType: 96, port: 65_536 }],
    [{ payloadType: 96, otherLines: ["a=mid:A\r\nm=audio"] }],
    [{ payloadType: 96, clockRate: -1 }],
  ])("refuses %o", (media) => {
    expect(() => formatAncMedia(media)).toThrow(RangeError);
  });
});

describe("parameters", () => {
  const natural = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const octet = fc.integer({ min: 0, max: 255 });
  const parameters = fc.record(
    {
      didSdid: fc.array(fc.record({ did: octet, sdid: octet })),
      vpidCode: octet,
      exactFrameRate: fc.constantFrom(
        { numerator: 25, denominator: 1 },
        { numerator: 60000, denominator: 1001 },
      ),
      tm: fc.constantFrom("CTM" as const, "LLTM" as const),
      ssn: fc.constantFrom("ST2110-40:2018" as const, "ST2110-40:2021" as const),
      troff: natural,
      tsMode: fc.constantFrom("NEW" as const, "SAMP" as const, "PRES" as const),
      tsDelay: natural,
      other: fc.array(
        fc.constantFrom(["MAXUDP", "1"] as const, ["x", undefined] as const, ["y", ""] as const),
      ),
    },
    { requiredKeys: ["didSdid", "other"] },
  );

  test("parse what they were formatted from", () => {
    fc.assert(
      fc.property(parameters, (given) => {
        expect(parseFmtp(formatFmtp(given)).parameters).toEqual(given);
      }),
    );
  });

  test("are formatted with the rate in lowest terms", () => {
    const exactFrameRate = { numerator: 120, denominator: 4 };
    expect(formatFmtp({ didSdid: [], other: [], exactFrameRate })).toBe("exactframerate=30");
  });

  test.each([
    { vpidCode: 256 },
    { troff: -1 },
    { tsDelay: 0.5 },
    { exactFrameRate: { numerator: 0, denominator: 1 } },
    { didSdid: [{ did: 256, sdid: 0 }] },
    { tm: "ctm" as "CTM" },
    { other: [["a;b", "c"] as const] },
    { other: [["VPID_code", "1"] as const] },
    { other: [["a", "b\r\nm=x"] as const] },
  ])("are refused: %o", (bad) => {
    expect(() => formatFmtp({ didSdid: [], other: [], ...bad })).toThrow(RangeError);
  });

  test("named like members of Object.prototype are parameters of others", () => {
    const { parameters: found, diagnostics } = parseFmtp("constructor=1;__proto__=2;toString");
    expect(found.other).toEqual([
      ["constructor", "1"],
      ["__proto__", "2"],
      ["toString", undefined],
    ]);
    expect(diagnostics).toEqual([]);
  });

  test("repeated are reported, the first stays, with its offset in the text", () => {
    const { parameters: found, diagnostics } = parseFmtp("TM=CTM; TM=LLTM");
    expect(found.tm).toBe("CTM");
    expect(diagnostics).toMatchObject([{ code: "bad-tm", offset: 8, field: "TM" }]);
  });
});

test("acceptsPacket knows packets by DID and SDID, type 1 by DID alone", () => {
  const { parameters: announced } = parseFmtp("DID_SDID={0x61,0x01};DID_SDID={0xE7,0x00}");
  const accepted = (did: number, sdid: number) =>
    acceptsPacket(announced, createAncPacket({ did, sdid, payload: [] }));
  expect([accepted(0x61, 1), accepted(0x61, 2), accepted(0xe7, 77), accepted(0xe6, 0)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(acceptsPacket({ didSdid: [], other: [] }, createAncPacket({ did: 1, payload: [] }))).toBe(
    true,
  );
});
