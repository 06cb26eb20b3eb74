import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** One ASN.1 value in DER: tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const time = (text: string): Buffer => der(0x18, Buffer.from(text));

/** ecdsa-with-SHA256. */
const ALGORITHM = sequence(der(6, bytes("2a8648ce3d040302")));
const COMMON_NAME = der(6, bytes("550403"));
const BASIC_CONSTRAINTS = der(6, bytes("551d13"));
const SUBJECT_ALT_NAME = der(6, bytes("551d11"));

/** A new key and its own certificate for 127.0.0.1, as PEM. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(12, Buffer.from("test")))));
  const isAuthority = sequence(BASIC_CONSTRAINTS, der(4, sequence(der(1, bytes("ff")))));
  const loopback = sequence(SUBJECT_ALT_NAME, der(4, sequence(der(0x87, bytes("7f000001")))));
  const body = sequence(
    der(0xa0, der(2, bytes("02"))),
    der(2, Uint8Array.of(1), randomBytes(8)),
    ALGORITHM,
    name,
    sequence(time("20200101000000Z"), time("21200101000000Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(isAuthority, loopback)),
  );
  const signature = der(3, bytes("00"), sign("sha256", body, privateKey));
  const certificate = sequence(body, ALGORITHM, signature).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}
