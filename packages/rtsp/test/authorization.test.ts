import { createHash } from "node:crypto";
import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Authenticator } from "../src/authorization.js";
import {
  authorize,
  type Challenge,
  chooseChallenge,
  md5,
  parseChallenges,
  type RtspResponse,
  sha256,
  sha512t256,
} from "../src/index.js";

const hash = (name: string, data: Uint8Array | string): string =>
  createHash(name).update(data).digest("hex");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("hashes", () => {
  propertyTest.prop([fc.uint8Array({ maxLength: 300 })])("are those of the standards", (data) => {
    expect(hex(md5(data))).toBe(hash("md5", data));
    expect(hex(sha256(data))).toBe(hash("sha256", data));
    expect(hex(sha512t256(data))).toBe(hash("sha512-256", data));
  });

  test("around the end of a block", () => {
    for (let length = 50; length < 140; length++) {
      const data = new Uint8Array(length).fill(length);
      expect(hex(md5(data))).toBe(hash("md5", data));
      expect(hex(sha256(data))).toBe(hash("sha256", data));
      expect(hex(sha512t256(data))).toBe(hash("sha512-256", data));
    }
  });
});

function challenge(value: string): Challenge {
  const chosen = chooseChallenge(parseChallenges([value]));
  if (chosen === undefined) throw new Error("not answerable");
  return chosen;
}

const credentials = { username: "u", password: "p" };
const request = { method: "SETUP", uri: "rtsp://h/x", nonceCount: 0x2a, cnonce: "c" };

describe("parseChallenges", () => {
  test.each([
    ["Basic", ["basic"]],
    [
      'Digest realm="a, b", nonce=n, Basic realm="x"',
      ["digest realm=a, b nonce=n", "basic realm=x"],
    ],
    ['Digest realm="a" nonce="b"', ["digest realm=a nonce=b"]],
    ["Digest qop=auth,auth-int, nonce=n", ["digest qop=auth nonce=n"]],
    ['Digest realm="a\\"b", realm=second', ['digest realm=a"b']],
    ['digest REALM = "open', ["digest realm=open"]],
    ["", []],
    ["realm=x", []],
  ])("%s", (value, expected) => {
    const found = parseChallenges([value]).map(({ scheme, parameters }) =>
      [scheme, ...Array.from(parameters, ([name, text]) => `${name}=${text}`)].join(" "),
    );
    expect(found).toEqual(expected);
  });

  propertyTest.prop([fc.string({ unit: fc.constantFrom(...'Digest=", \\\t') })])(
    "never throws",
    (junk) => {
      expect(Array.isArray(parseChallenges([junk]))).toBe(true);
    },
  );

  test("takes linear time", () => {
    for (const unit of ["a", "a ", 'a="', "a=b ", "\\", ", "])
      parseChallenges([unit.repeat(50_000)]);
  });
});

describe("chooseChallenge", () => {
  test("the strongest that can be answered", () => {
    const values = [
      'Basic realm="x"',
      "Digest nonce=a, algorithm=MD5",
      "Digest nonce=b, algorithm=SHA-256-sess",
    ];
    const chosen = chooseChallenge(parseChallenges(values));
    expect(chosen?.parameters.get("nonce")).toBe("b");
  });

  test.each([
    ["Digest realm=x", "no nonce"],
    ["Digest nonce=x, algorithm=SHA-1", "algorithm"],
    ['Digest nonce=x, qop="future"', "qop"],
    ["NTLM", "scheme"],
  ])("%s: none (%s)", (value) => expect(chooseChallenge(parseChallenges([value]))).toBeUndefined());

  test("Basic only where it is allowed", () => {
    expect(chooseChallenge(parseChallenges(["Basic"]), false)).toBeUndefined();
  });
});

describe("authorize", () => {
  test("session keys, nonce count, quoting", () => {
    const value = authorize(
      challenge('Digest realm="r\\"", nonce="n", algorithm=MD5-sess, qop=auth'),
      credentials,
      request,
    );
    const secret = hash("md5", `${hash("md5", 'u:r":p')}:n:c`);
    const response = hash("md5", `${secret}:n:0000002a:c:auth:${hash("md5", "SETUP:rtsp://h/x")}`);
    expect(value).toBe(
      `Digest username="u", realm="r\\"", nonce="n", uri="rtsp://h/x", response="${response}", algorithm=MD5-sess, qop=auth, nc=0000002a, cnonce="c"`,
    );
  });

  test("SHA-512-256", () => {
    const value = authorize(
      challenge("Digest realm=r, nonce=n, algorithm=SHA-512-256"),
      credentials,
      request,
    );
    const name = "sha512-256";
    expect(value).toContain(
      hash(name, `${hash(name, "u:r:p")}:n:${hash(name, "SETUP:rtsp://h/x")}`),
    );
    expect(value).toContain("algorithm=SHA-512-256");
  });

  test("auth-int covers the body", () => {
    const body = Uint8Array.of(1, 0xff);
    const value = authorize(challenge("Digest realm=r, nonce=n, qop=auth-int"), credentials, {
      ...request,
      body,
    });
    const action = hash("md5", `SETUP:rtsp://h/x:${hash("md5", body)}`);
    expect(value).toContain(hash("md5", `${hash("md5", "u:r:p")}:n:0000002a:c:auth-int:${action}`));
  });

  test("userhash hides the user", () => {
    const value = authorize(
      challenge("Digest realm=r, nonce=n, userhash=true"),
      credentials,
      request,
    );
    expect(value).toContain(`username="${hash("md5", "u:r")}"`);
    expect(value).toContain("userhash=true");
  });

  test("names and passwords are UTF-8", () => {
    const value = authorize(
      challenge("Digest realm=r, nonce=n"),
      { username: "\u00fc", password: "\u65e5" },
      request,
    );
    const secret = hash("md5", "\u00fc:r:\u65e5");
    expect(value).toContain(hash("md5", `${secret}:n:${hash("md5", "SETUP:rtsp://h/x")}`));
  });

  test("refuses what it cannot answer", () => {
    expect(() =>
      authorize({ scheme: "ntlm", parameters: new Map() }, credentials, request),
    ).toThrow(RangeError);
  });
});

describe("Authenticator", () => {
  const refused = (value: string, status = 401): RtspResponse => ({
    type: "response",
    version: "1.0",
    status,
    reason: "",
    headers: [{ name: status === 407 ? "Proxy-Authenticate" : "WWW-Authenticate", value }],
    body: new Uint8Array(0),
  });
  const create = (known = true): Authenticator =>
    new Authenticator({
      credentials: known ? credentials : undefined,
      allowBasic: true,
      cnonce: () => "c",
    });

  test("counts the uses of a nonce, from one again with a new one", () => {
    const authenticator = create();
    expect(authenticator.header("PLAY", "x")).toBeUndefined();
    expect(authenticator.take(refused("Digest nonce=a, qop=auth"))).toBe("fresh");
    expect(authenticator.header("PLAY", "x")?.value).toContain("nc=00000001");
    expect(authenticator.header("PLAY", "x")?.value).toContain("nc=00000002");
    expect(authenticator.take(refused("Digest nonce=a, qop=auth"))).toBe("same");
    expect(authenticator.take(refused("Digest nonce=a, qop=auth, stale=TRUE"))).toBe("fresh");
    expect(authenticator.header("PLAY", "x")?.value).toContain("nc=00000001");
  });

  test("a proxy gets its own header", () => {
    const authenticator = create();
    authenticator.take(refused("Basic", 407));
    expect(authenticator.header("PLAY", "x")).toEqual({
      name: "Proxy-Authorization",
      value: "Basic dTpw",
    });
  });

  test("without credentials there is no answer", () => {
    expect(create(false).take(refused("Basic"))).toBe("none");
    expect(create(false).state).toBe("none");
  });
});
