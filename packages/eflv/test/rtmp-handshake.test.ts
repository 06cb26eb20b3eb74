import { createHmac } from "node:crypto";
import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { type HandshakeInit, RtmpHandshake } from "../src/rtmp/index.js";

const BLOCK = 1536;
const random = fc.uint8Array({ minLength: 1528, maxLength: 1528 });
const half = fc.constantFrom("first" as const, "second" as const);

/** Both sides after the handshake, and what each sent. */
function shake(clientInit: HandshakeInit, serverInit: HandshakeInit) {
  const client = new RtmpHandshake("client", clientInit);
  const server = new RtmpHandshake("server", serverInit);
  const first = client.start();
  const answer = server.push(first)?.send ?? new Uint8Array(0);
  const step = client.push(answer);
  const last = step?.send ?? new Uint8Array(0);
  const end = server.push(last);
  return { client, server, first, answer, last, rests: [step?.rest, end?.rest] };
}

describe("the digest handshake", () => {
  it.prop([random, random, half])("both sides find and verify each other", (a, b, digest) => {
    const { client, server, rests } = shake({ random: a, digest }, { random: b });
    expect([client.agreed, server.agreed]).toEqual(["digest", "digest"]);
    expect([client.verified, server.verified]).toEqual([true, true]);
    expect(rests).toEqual([new Uint8Array(0), new Uint8Array(0)]);
  });

  it.prop([random, half, fc.nat(BLOCK - 1), fc.integer({ min: 1, max: 255 })])(
    "any damage to C1 makes it a simple handshake",
    (bytes, digest, at, flip) => {
      const c0c1 = new RtmpHandshake("client", { random: bytes, digest }).start().slice();
      c0c1[1 + at] = (c0c1[1 + at] as number) ^ flip;
      const server = new RtmpHandshake("server");
      server.push(c0c1);
      expect(server.agreed).toBe("simple");
    },
  );

  it.prop([random, random, half])("either side may know only the simple one", (a, b, digest) => {
    const simple = { digest: "none" } as const;
    for (const pair of [
      shake({ random: a, ...simple }, { random: b }),
      shake({ random: a, digest }, { random: b, ...simple }),
      shake({ random: a, ...simple }, { random: b, ...simple }),
    ]) {
      expect([pair.client.agreed, pair.server.agreed]).toEqual(["simple", "simple"]);
      expect([pair.client.verified, pair.server.verified]).toEqual([true, true]);
      expect(toHex(pair.answer.subarray(5, 9))).toBe("00000000");
    }
  });

  test("a wrong echo and a wrong signature are seen, and do no harm", () => {
    for (const digest of ["none", "first"] as const) {
      const client = new RtmpHandshake("client", { digest });
      const answer = new RtmpHandshake("server", { digest }).push(client.start())?.send.slice();
      if (answer === undefined) throw new Error("no answer");
      answer[answer.length - 1] = (answer[answer.length - 1] as number) ^ 1;
      expect(client.push(answer)?.rest).toEqual(new Uint8Array(0));
      expect(client.verified).toBe(false);
    }
  });

  test("it may come in single bytes, with the first chunk right behind it", () => {
    const server = new RtmpHandshake("server");
    const client = new RtmpHandshake("client");
    let answer: Uint8Array = new Uint8Array(0);
    for (const byte of client.start()) {
      const step = server.push(Uint8Array.of(byte));
      if (step !== undefined && step.send.length > 0) answer = step.send;
    }
    const c2 = client.push(answer)?.send ?? new Uint8Array(0);
    expect(server.push(Uint8Array.of(...c2, 0x43, 0x21))?.rest).toEqual(Uint8Array.of(0x43, 0x21));
  });

  it.prop([fc.nat(255)])(
    "versions below 32 are answered with 3, others are not RTMP",
    (version) => {
      const c0c1 = new RtmpHandshake("client").start().slice();
      c0c1[0] = version;
      const step = new RtmpHandshake("server").push(c0c1);
      if (version < 32) expect(step?.send[0]).toBe(3);
      else expect(step).toBeUndefined();
      expect(new RtmpHandshake("client").push(Uint8Array.of(version)) === undefined).toBe(
        version >= 32,
      );
    },
  );

  test("random bytes of another number are refused", () => {
    expect(() => new RtmpHandshake("client", { random: new Uint8Array(1529) })).toThrow(RangeError);
  });
});

/** C0 to C2 and S0 to S2 as recorded from peers. */
describe("recorded clients", () => {
  const captures = vectorFiles("eflv").filter((file) => /^rtmp\/.*\.c2s\.bin$/.test(file));
  const text = new TextEncoder();
  const common = "f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae";
  const serverKey = Uint8Array.of(
    ...text.encode("Genuine Adobe Flash Media Server 001"),
    ...Buffer.from(common, "hex"),
  );

  test.each(captures)("%s: S2 is signed if C1 has a digest, else its echo", (file) => {
    const bytes = vectorBytes("eflv", file);
    const c1 = bytes.subarray(1, 1 + BLOCK);
    const server = new RtmpHandshake("server");
    const s2 = server.push(bytes.subarray(0, 1 + BLOCK))?.send.subarray(1 + BLOCK);
    // FFmpeg's client has a digest and says so in the second word, GStreamer's has neither.
    const version = c1.subarray(4, 8).some((byte) => byte !== 0);
    expect(server.agreed).toBe(version ? "digest" : "simple");
    if (!version) {
      expect(s2?.subarray(8)).toEqual(c1.subarray(8));
      return;
    }
    const at = 12 + (c1.subarray(8, 12).reduce((sum, byte) => sum + byte, 0) % 728);
    const key = createHmac("sha256", serverKey)
      .update(c1.subarray(at, at + 32))
      .digest();
    const signature = createHmac("sha256", key)
      .update(s2?.subarray(0, 1504) ?? "")
      .digest("hex");
    expect(toHex(s2?.subarray(1504) ?? new Uint8Array(0))).toBe(signature);
  });

  test("there are clients of both kinds", () => {
    const kinds = captures.map((file) => {
      const server = new RtmpHandshake("server");
      server.push(vectorBytes("eflv", file).subarray(0, 1 + BLOCK));
      return server.agreed;
    });
    expect(new Set(kinds)).toEqual(new Set(["digest", "simple"]));
  });

  test.each(captures.map((file) => file.replace(".c2s.", ".s2c.")))(
    "%s: a server without digests is a simple one",
    (file) => {
      const client = new RtmpHandshake("client");
      const step = client.push(vectorBytes("eflv", file).subarray(0, 1 + 2 * BLOCK));
      expect(client.agreed).toBe("simple");
      expect(step?.send).toHaveLength(BLOCK);
      expect(step?.rest).toHaveLength(0);
    },
  );
});
