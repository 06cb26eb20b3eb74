import { inspect } from "node:util";
import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { isFormatError, parseRtspUrl, redactUrl, wireUri } from "../src/index.js";

describe("parseRtspUrl", () => {
  test.each([
    ["rtsp://h/x", "rtsp://h/x", false, ["udp", "udp-mcast", "tcp"], [554]],
    ["rtspu://h/x", "rtsp://h/x", false, ["udp", "udp-mcast"], [554]],
    ["rtspt://h/x", "rtsp://h/x", false, ["tcp"], [554]],
    ["rtsph://h/x", "rtsp://h/x", false, ["http"], [554, 80]],
    ["rtsps://h/x", "rtsps://h/x", true, ["udp", "udp-mcast", "tcp"], [554, 322]],
    ["rtspsu://h/x", "rtsps://h/x", true, ["udp", "udp-mcast"], [554, 322]],
    ["rtspst://h/x", "rtsps://h/x", true, ["tcp"], [554, 322]],
    ["rtspsh://h/x", "rtsps://h/x", true, ["http"], [554, 322, 443]],
    ["RTSP://H/X", "rtsp://H/X", false, ["udp", "udp-mcast", "tcp"], [554]],
    ["rtsp://h:8554", "rtsp://h:8554", false, ["udp", "udp-mcast", "tcp"], [8554]],
    ["rtsp://h:/x", "rtsp://h:/x", false, ["udp", "udp-mcast", "tcp"], [554]],
  ])("%s", (url, requestUri, tls, lowerTransports, ports) => {
    const parsed = parseRtspUrl(url);
    expect(parsed).toMatchObject({ requestUri, tls, lowerTransports, ports, port: ports[0] });
  });

  test("tries the TLS port of the option first", () => {
    expect(parseRtspUrl("rtsps://h/", { tlsDefaultPort: 322 }).ports).toEqual([322, 554]);
  });

  test("never adds a path, and keeps case, escapes and octets", () => {
    expect(parseRtspUrl(" rtsp://Cam.EXAMPLE?%c3%A9=\u00e9 \r\n").requestUri).toBe(
      "rtsp://Cam.EXAMPLE?%c3%A9=\u00e9",
    );
  });

  test.each([
    ["rtsp://u:p@h/", "u", "p"],
    ["rtsp://u@h/", "u", ""],
    ["rtsp://u:p%40ss@h/", "u", "p@ss"],
    ["rtsp://u:p@ss@h/", "u", "p@ss"],
    ["rtsp://u:a:b@h/", "u", "a:b"],
    ["rtsp://%C3%BC:%E9%zz@h/", "\u00fc", "%E9%zz"],
    ["rtsp://:@h/", "", ""],
  ])("%s has credentials, which never show", (url, username, password) => {
    const parsed = parseRtspUrl(url);
    expect(parsed.credentials?.username).toBe(username);
    expect(parsed.credentials?.password).toBe(password);
    expect(parsed.requestUri).toBe("rtsp://h/");
    expect(String(parsed)).toBe("rtsp://***@h/");
    for (const shown of [inspect(parsed, { depth: 9 }), JSON.stringify(parsed)]) {
      if (password !== "" && password !== "p") expect(shown).not.toContain(password);
      expect(shown).not.toContain("u:p");
    }
  });

  test("knows IPv6 literals and zones", () => {
    expect(parseRtspUrl("rtsp://[2001:DB8::1]:8554/x")).toMatchObject({
      host: "2001:DB8::1",
      address: "2001:DB8::1",
      zone: undefined,
      port: 8554,
      requestUri: "rtsp://[2001:DB8::1]:8554/x",
    });
    for (const url of ["rtsp://[fe80::1%25eth0]/x", "rtsp://[fe80::1%eth0]/x"]) {
      expect(parseRtspUrl(url)).toMatchObject({
        host: "fe80::1",
        zone: "eth0",
        address: "fe80::1%eth0",
        requestUri: "rtsp://[fe80::1]/x",
      });
    }
  });

  test.each([
    ["", "scheme"],
    ["r://h/", "scheme"],
    ["http://h/", "scheme"],
    ["rtsp:h", "scheme"],
    ["rtspx://h/", "scheme"],
    ["rtsp:///x", "host"],
    ["rtsp://:554/x", "host"],
    ["rtsp://u:p@/x", "host"],
    ["rtsp://[::1/x", "host"],
    ["rtsp://[nohex]/x", "host"],
    ["rtsp://[1234]/x", "host"],
    ["rtsp://[::1]x/", "host"],
    ["rtsp://h:0/", "port"],
    ["rtsp://h:65536/", "port"],
    ["rtsp://h:1e3/", "port"],
    ["rtsp://h:-1/", "port"],
    ["rtsp://fe80::1/", "port"],
    ["rtsp://h/a b", "character"],
    ["rtsp://h/a\r\nX: y", "character"],
    ["rtsp://h/\u007f", "character"],
    ["rtsp://h/\u65e5", "character"],
  ])("refuses %j: %s", (url, code) => {
    expect(() => parseRtspUrl(url)).toThrow(expect.objectContaining({ name: "FormatError", code }));
  });

  test.each([["rtsp://user:s3cret#x@h/"], ["rtsp://user:s3cret@h:0/"], ["rtsp://user:s3 cret@h/"]])(
    "the error about %s does not show the password",
    (url) => {
      try {
        parseRtspUrl(url);
        expect.unreachable();
      } catch (error) {
        expect(isFormatError(error)).toBe(true);
        expect(inspect(error)).not.toMatch(/s3/);
      }
    },
  );

  propertyTest.prop([fc.string({ unit: "binary", maxLength: 60 })])(
    "throws nothing but FormatError",
    (junk) => {
      for (const url of [junk, `rtsp://${junk}`, `rtsp://[${junk}]`, `rtsp://u:${junk}@h`]) {
        try {
          expect(parseRtspUrl(url).requestUri).toMatch(/^rtsps?:\/\/[^@/?#]+([/?]|$)/);
        } catch (error) {
          if (!isFormatError(error)) throw error;
        }
      }
    },
  );
});

describe("redactUrl", () => {
  test.each([
    ["connect to rtsp://u:p@h/x failed", "connect to rtsp://***@h/x failed"],
    ["rtsp://u:p@ss@h/x", "rtsp://***@h/x"],
    ["rtsp://h/x@y", "rtsp://h/x@y"],
    ["rtsp://h/x?user=a&password=b&c=1", "rtsp://h/x?user=a&password=***&c=1"],
    ["no URL", "no URL"],
  ])("%s", (text, expected) => expect(redactUrl(text)).toBe(expected));
});

describe("wireUri", () => {
  test.each([
    ["rtsp://u:p@h/x#f", "rtsp://h/x"],
    ["RTSPT://h/x", "rtsp://h/x"],
    ["RTSP://h/x", "RTSP://h/x"],
    ["rtspsu://[fe80::1%25e]:1/x?#", "rtsps://[fe80::1]:1/x?"],
    ["/path@x", "/path@x"],
    ["", ""],
  ])("%s", (uri, wire) => expect(wireUri(uri)).toBe(wire));
});
