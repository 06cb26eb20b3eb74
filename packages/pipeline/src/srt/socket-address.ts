import { isIPv6 } from "node:net";
import type { SrtAddress } from "./srt-binding.js";

const AF_INET = 2;
/** The only number of these that the systems do not agree on. */
const AF_INET6: Readonly<Partial<Record<NodeJS.Platform, number>>> = {
  darwin: 30,
  freebsd: 28,
  win32: 23,
};
const AF_INET6_LINUX = 10;
/** Systems whose structures begin with their size, and have a family of one byte. */
const HAS_LENGTH: ReadonlySet<NodeJS.Platform> = new Set(["darwin", "freebsd", "openbsd"]);
const SIZE_4 = 16;
const SIZE_6 = 28;

/** Room for any address. */
export const MAX_SOCKET_ADDRESS: number = SIZE_6;

/** `struct sockaddr_in` or `struct sockaddr_in6` of `platform`, which is little-endian. */
export function encodeSocketAddress(
  { host, family, port }: SrtAddress,
  platform: NodeJS.Platform = process.platform,
): Uint8Array {
  const size = family === 6 ? SIZE_6 : SIZE_4;
  const bytes = new Uint8Array(size);
  const number = family === 6 ? (AF_INET6[platform] ?? AF_INET6_LINUX) : AF_INET;
  if (HAS_LENGTH.has(platform)) bytes.set([size, number]);
  else bytes[0] = number;
  bytes.set([port >> 8, port & 0xff], 2);
  if (family === 6) bytes.set(groupsOf(host), 8);
  else bytes.set(host.split(".").map(Number), 4);
  return bytes;
}

/** `10.0.0.1:5000` or `[::1]:5000`. */
export function formatSocketAddress(
  bytes: Uint8Array,
  platform: NodeJS.Platform = process.platform,
): string {
  const family = bytes[HAS_LENGTH.has(platform) ? 1 : 0] as number;
  const port = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (family === AF_INET) return `${bytes.subarray(4, 8).join(".")}:${port}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[8 + 2 * i] as number) << 8) | (bytes[9 + 2 * i] as number)).toString(16),
  );
  return `[${groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::")}]:${port}`;
}

/** The 16 bytes of an IPv6 address without zone. */
function groupsOf(host: string): number[] {
  if (!isIPv6(host)) throw new RangeError(`"${host}" is no IPv6 address`);
  // ::ffff:10.0.0.1
  const hex = host.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = "", tail] = hex.replace(/%.*$/, "").split("::");
  const words = (text: string | undefined): number[] =>
    text ? text.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const first = words(head);
  const last = words(tail);
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<number>(zeros).fill(0), ...last].flatMap((word) => [
    word >> 8,
    word & 0xff,
  ]);
}
