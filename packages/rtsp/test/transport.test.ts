import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { formatTransport, isFormatError, parseTransport } from "../src/index.js";

describe("parseTransport", () => {
  test("RFC 2326 12.39", () => {
    const value =
      'RTP/AVP;multicast;ttl=127;mode="PLAY",RTP/AVP;unicast;client_port=3456-3457;mode="PLAY"';
    expect(parseTransport(value)).toEqual([
      { protocol: "RTP", profile: "AVP", delivery: "multicast", ttl: 127, mode: "PLAY" },
      {
        protocol: "RTP",
        profile: "AVP",
        delivery: "unicast",
        clientPort: { first: 3456, last: 3457 },
        mode: "PLAY",
      },
    ]);
  });

  test("RFC 7826 18.54", () => {
    const value =
      'RTP/AVP/UDP;unicast;ssrc=93CB001E;dest_addr="[2001:DB8::1]:8000"/"[2001:DB8::1]:8001";RTCP-mux';
    const specs = parseTransport(value);
    expect(specs[0]).toMatchObject({
      lowerTransport: "UDP",
      ssrc: 0x93cb001e,
      destAddr: ["[2001:DB8::1]:8000", "[2001:DB8::1]:8001"],
      other: ["RTCP-mux"],
    });
    expect(parseTransport(formatTransport(specs))).toEqual(specs);
  });

  test("what is malformed, or comes twice, is kept as it is", () => {
    const value =
      "RTP/AVP;interleaved=0-300;client_port=5-4;ssrc=xyz;ttl=;unicast=1;source=;server_port=1;server_port=2;dest_addr=x;=;append";
    expect(parseTransport(value)).toEqual([
      {
        protocol: "RTP",
        profile: "AVP",
        serverPort: { first: 1, last: 1 },
        other: [
          "interleaved=0-300",
          "client_port=5-4",
          "ssrc=xyz",
          "ttl=",
          "unicast=1",
          "source=",
          "server_port=2",
          "dest_addr=x",
          "=",
          "append",
        ],
      },
    ]);
  });

  test.each([[""], [" , "], ["RTP"], ["/AVP"], [";unicast"]])("%j has no protocol", (value) => {
    expect(() => parseTransport(value)).toThrow(
      expect.objectContaining({ name: "FormatError", code: "syntax", field: "Transport" }),
    );
  });

  propertyTest.prop([fc.string({ unit: fc.constantFrom(...'RTP/AV;=,"-01ssrc_ \\') })])(
    "throws nothing but FormatError, and what it reads it writes",
    (junk) => {
      try {
        const specs = parseTransport(`RTP/AVP;${junk}`);
        expect(parseTransport(formatTransport(specs)).length).toBeGreaterThan(0);
      } catch (error) {
        if (!isFormatError(error)) throw error;
      }
    },
  );
});
