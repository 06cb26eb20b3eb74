import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { launch, type PipelineError } from "../src/index.js";
import { encodeSocketAddress, formatSocketAddress } from "../src/srt/socket-address.js";
import {
  parseSrtUri,
  SRT_PROPERTIES,
  type SrtSettings,
  srtSettings,
} from "../src/srt/srt-settings.js";

type Properties = Parameters<typeof srtSettings>[0];

/** Settings of a URI, with the properties' defaults but for `changed`. */
function settings(uri: string, changed: Partial<Properties> = {}): SrtSettings {
  const defaults = Object.fromEntries(
    Object.entries(SRT_PROPERTIES).map(([name, spec]) => [name, spec.default]),
  ) as unknown as Properties;
  return srtSettings({ ...defaults, uri, ...changed });
}

function option(from: SrtSettings, name: string): unknown {
  return from.options.find(([key]) => key === name)?.[1];
}

describe("SRT URIs", () => {
  test("have a host, a port and parameters, each of which may be missing", () => {
    expect(parseSrtUri("srt://example.net:9000?mode=caller&latency=200")).toEqual({
      host: "example.net",
      port: 9000,
      parameters: new Map([
        ["mode", "caller"],
        ["latency", "200"],
      ]),
    });
    expect(parseSrtUri("SRT://[2001:db8::1]:9000/")).toMatchObject({
      host: "2001:db8::1",
      port: 9000,
    });
    expect(parseSrtUri("srt://:9000")).toMatchObject({ host: undefined, port: 9000 });
    expect(parseSrtUri("srt://host")).toMatchObject({ host: "host", port: undefined });
    expect(parseSrtUri("srt://h:1?a&b=").parameters).toEqual(
      new Map([
        ["a", ""],
        ["b", ""],
      ]),
    );
  });

  test("carry access control syntax in their stream id, escaped or not", () => {
    for (const id of ["#!::r=live/1,m=publish", "%23!%3A%3Ar%3Dlive%2F1%2Cm%3Dpublish"]) {
      const uri = `srt://h:1?streamid=${id}&latency=1`;
      expect(parseSrtUri(uri).parameters.get("streamid")).toBe("#!::r=live/1,m=publish");
    }
  });

  test.each([
    "",
    "srt:",
    "udp://h:1",
    "srt://h:70000",
    "srt://h:x",
    "srt://a b:1",
    "srt://[::1:1",
    "srt://h:1?streamid=%E0%A4",
    "srt://user@h:1",
  ])("%j is refused", (uri) => {
    expect(() => parseSrtUri(uri)).toThrow(RangeError);
  });

  test("do not show their passphrase when they are wrong", () => {
    for (const uri of ["srt://h", "srt://h:x", "srt://h:1", "srt://:1"]) {
      try {
        settings(`${uri}?mode=rendezvous&passphrase=verysecret&latency=%zz`);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).not.toContain("secret");
      }
    }
  });

  propertyTest.prop([
    fc.domain(),
    fc.integer({ min: 0, max: 65_535 }),
    fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }),
  ])("are read as they were written", (host, port, parameters) => {
    const query = Object.entries(parameters)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join("&");
    expect(parseSrtUri(`srt://${host}:${port}?${query}`)).toEqual({
      host,
      port,
      parameters: new Map(Object.entries(parameters)),
    });
  });

  propertyTest.prop([
    fc.oneof(
      fc.string(),
      fc.string().map((text) => `srt://${text}`),
    ),
  ])("of any kind give settings or a RangeError", (uri) => {
    try {
      settings(uri);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  });
});

describe("the mode", () => {
  test("is caller with a host, listener without, and what somebody says otherwise", () => {
    expect(settings("srt://h:1")).toMatchObject({
      mode: "caller",
      remote: { host: "h", port: 1 },
      local: undefined,
    });
    expect(settings("srt://:1")).toMatchObject({
      mode: "listener",
      remote: undefined,
      local: { host: undefined, port: 1 },
    });
    expect(settings("srt://h:1?mode=listener").local).toEqual({ host: "h", port: 1 });
    expect(settings("srt://h:1?mode=rendezvous")).toMatchObject({
      remote: { host: "h", port: 1 },
      local: { host: undefined, port: 1 },
    });
    expect(settings("srt://h:1?mode=caller", { mode: "listener" }).mode).toBe("listener");
  });

  test("says what local address and port mean", () => {
    expect(settings("srt://?mode=listener").local).toEqual({ host: undefined, port: 7001 });
    expect(settings("srt://h:1?localport=5").local).toEqual({ host: undefined, port: 5 });
    expect(settings("srt://h:1?localaddress=10.0.0.1").local).toEqual({
      host: "10.0.0.1",
      port: 0,
    });
    expect(settings("srt://h:1?mode=rendezvous&localport=5").local?.port).toBe(5);
    expect(settings("srt://h:1?mode=listener", { localport: 9, localaddress: "x" }).local).toEqual({
      host: "x",
      port: 9,
    });
  });

  test.each([
    ["srt://h", "a caller needs host and port"],
    ["srt://:1?mode=rendezvous", "a rendezvous needs host and port"],
    ["srt://h:1?mode=server", '"server" is none of caller, listener, rendezvous'],
    ["srt://h:1?passphrase=short", "passphrase: has 5 bytes, it must have 10 to 79"],
    ["srt://h:1?pbkeylen=20", "pbkeylen: 20 is none of 0, 16, 24, 32"],
    ["srt://h:1?latency=1s", 'latency: "1s" is no integer'],
    ["srt://h:1?latency=99999999999", "is no integer"],
    ["srt://h:1?tlpktdrop=maybe", "is neither true nor false"],
    [`srt://h:1?streamid=${"x".repeat(513)}`, "streamid: has more than 512 bytes"],
  ])("%s is refused", (uri, message) => {
    expect(() => settings(uri)).toThrow(message);
  });
});

describe("options", () => {
  test("of the URI count unless a property is set", () => {
    const uri = "srt://h:1?latency=200&passphrase=0123456789&pbkeylen=16&streamid=a&poll-timeout=5";
    expect(option(settings("srt://h:1"), "latency")).toBe(125);
    const fromUri = settings(uri);
    expect(fromUri.options).toEqual([
      ["latency", 200],
      ["passphrase", "0123456789"],
      ["pbkeylen", 16],
      ["streamid", "a"],
    ]);
    expect(fromUri.pollTimeoutMs).toBe(5);
    const changed = settings(uri, {
      latency: 0,
      passphrase: "abcdefghij",
      pbkeylen: 32,
      streamid: "b",
    });
    expect(changed.options.map(([, value]) => value)).toEqual([0, "abcdefghij", 32, "b"]);
  });

  test("of libsrt go through with their types, unknown ones are named", () => {
    const all = settings(
      "srt://h:1?maxbw=-1&nakreport=0&packetfilter=fec,cols:10&lossmaxttl=40&foo=1&bar=2",
    );
    expect(option(all, "maxbw")).toBe(-1n);
    expect(option(all, "nakreport")).toBe(false);
    expect(option(all, "packetfilter")).toBe("fec,cols:10");
    expect(option(all, "lossmaxttl")).toBe(40);
    expect(all.unknown).toEqual(["foo", "bar"]);
  });

  test("that are wrong are found before anything runs", () => {
    const wrong = (): unknown => launch("srtsrc uri=srt://h:1?passphrase=short ! fakesink");
    expect(wrong).toThrow("srtsrc0: passphrase: has 5 bytes");
    expect(wrong).toThrow(
      expect.objectContaining({ code: "graph" } satisfies Partial<PipelineError>),
    );
  });
});

describe("socket addresses", () => {
  test("are the system's structures", () => {
    const v4 = { host: "10.1.2.3", family: 4, port: 0x1234 } as const;
    expect([...encodeSocketAddress(v4, "linux")].slice(0, 8)).toEqual([
      2, 0, 0x12, 0x34, 10, 1, 2, 3,
    ]);
    expect([...encodeSocketAddress(v4, "darwin")].slice(0, 4)).toEqual([16, 2, 0x12, 0x34]);
    const v6 = { host: "fe80::1:ff", family: 6, port: 1 } as const;
    expect([...encodeSocketAddress(v6, "win32")].slice(0, 12)).toEqual([
      23, 0, 0, 1, 0, 0, 0, 0, 0xfe, 0x80, 0, 0,
    ]);
    expect(encodeSocketAddress(v6, "darwin").subarray(0, 2)).toEqual(Uint8Array.of(28, 30));
    expect(formatSocketAddress(encodeSocketAddress({ ...v6, host: "::" }, "linux"), "linux")).toBe(
      "[::]:1",
    );
  });

  propertyTest.prop([
    fc.ipV4(),
    fc.ipV6(),
    fc.integer({ min: 0, max: 65_535 }),
    fc.constantFrom<NodeJS.Platform>("linux", "darwin", "win32", "freebsd"),
  ])("survive a round trip", (ipV4, ipV6, port, platform) => {
    const four = encodeSocketAddress({ host: ipV4, family: 4, port }, platform);
    expect(formatSocketAddress(four, platform)).toBe(`${ipV4}:${port}`);
    const six = encodeSocketAddress({ host: ipV6, family: 6, port }, platform);
    expect(formatSocketAddress(six, platform)).toBe(
      `${new URL(`http://[${ipV6}]`).hostname}:${port}`,
    );
  });
});
