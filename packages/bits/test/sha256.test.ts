import { createHash, createHmac } from "node:crypto";
import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { toHex } from "../../../tools/testing/vectors.js";
import { hmacSha256, sha256 } from "../src/index.js";

describe("SHA-256", () => {
  it.prop([fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 })])(
    "is what Node's crypto computes, in any pieces",
    (pieces) => {
      const expected = createHash("sha256");
      for (const piece of pieces) expected.update(piece);
      expect(toHex(sha256(...pieces))).toBe(expected.digest("hex"));
    },
  );

  it.prop([fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 150 })])(
    "HMAC with short and long keys too",
    (key, message) => {
      const expected = createHmac("sha256", key).update(message).digest("hex");
      expect(toHex(hmacSha256(key, message))).toBe(expected);
    },
  );
});
