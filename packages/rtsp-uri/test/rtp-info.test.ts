import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { matchRtpInfo, parseRtpInfo } from "../src/index.js";

describe("parseRtpInfo", () => {
  test("RFC 2326 12.33", () => {
    const header =
      "url=rtsp://foo.com/bar.avi/streamid=0;seq=45102,url=rtsp://foo.com/bar.avi/streamid=1;seq=30211";
    expect(parseRtpInfo(header)).toEqual([
      { url: "rtsp://foo.com/bar.avi/streamid=0", seq: 45102, rtptime: undefined, ssrc: undefined },
      { url: "rtsp://foo.com/bar.avi/streamid=1", seq: 30211, rtptime: undefined, ssrc: undefined },
    ]);
  });

  test("RFC 7826 18.45", () => {
    const header =
      'url="rtsp://example.com/foo/audio" ssrc=0A13C760:seq=45102;rtptime=12345678,' +
      'url="rtsp://example.com/foo/video" ssrc=9A9DE123:seq=30211;rtptime=29567112';
    expect(parseRtpInfo(header)).toEqual([
      { url: "rtsp://example.com/foo/audio", seq: 45102, rtptime: 12345678, ssrc: 0x0a13c760 },
      { url: "rtsp://example.com/foo/video", seq: 30211, rtptime: 29567112, ssrc: 0x9a9de123 },
    ]);
  });

  test("a URL with commas, semicolons and words like its parameters", () => {
    const [first, second] = parseRtpInfo(
      'url=rtsp://h/a?x=1,2;seq=9/t;seq=1;rtptime=2 , URL="rtsp://h/b,url=c" ;seq=3',
    );
    expect(first).toMatchObject({ url: "rtsp://h/a?x=1,2;seq=9/t", seq: 1, rtptime: 2 });
    expect(second).toMatchObject({ url: "rtsp://h/b,url=c", seq: 3 });
  });

  test("values out of range are absent", () => {
    expect(parseRtpInfo("url=a;seq=65536;rtptime=4294967296")).toMatchObject([
      { url: "a", seq: undefined, rtptime: undefined },
    ]);
  });

  test("an open quote belongs to the URL", () => {
    expect(parseRtpInfo('url="a;seq=1')).toMatchObject([{ url: '"a', seq: 1 }]);
  });

  propertyTest.prop([fc.string({ unit: fc.constantFrom(...'url=;,seq"rtptime :10a ') })])(
    "never throws",
    (junk) => {
      expect(Array.isArray(parseRtpInfo(junk))).toBe(true);
    },
  );

  test("takes linear time", () => {
    for (const unit of [",url=", 'url="', ";seq=1", ',url="', ", "]) {
      expect(parseRtpInfo(`url=${unit.repeat(20_000)}`).length).toBeGreaterThan(0);
    }
  });
});

describe("matchRtpInfo", () => {
  const base = "rtsp://h/x/";
  const media = [
    { uri: "rtsp://h/x/t1", control: "t1", ssrc: 1 },
    { uri: "rtsp://h/x/t2", control: "t2", ssrc: 2 },
  ];

  test.each([
    ["exact", "url=rtsp://h/x/t2,url=rtsp://h/x/t1", [1, 0]],
    ["raw control", "url=t2,url=t1", [1, 0]],
    ["path only", "url=/x/t2", [1]],
    ["control at the end", "url=rtsp://10.0.0.1/other/t2", [1]],
    ["position", "url=rtsp://a/,url=rtsp://b/", [0, 1]],
    ["SSRC", 'url="rtsp://a/" ssrc=2:seq=1', [1]],
    ["nothing", "url=rtsp://a/", [undefined]],
    ["each medium once", "url=t1,url=t1", [0, 1]],
    ["credentials of the server", "url=rtsp://u:p@h/x/t2", [1]],
  ])("%s", (_how, header, expected) => {
    expect(matchRtpInfo(parseRtpInfo(header), media, base)).toEqual(expected);
  });
});
