import { isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/** True for 224.0.0.0/4 and ff00::/8. */
export function isMulticast(address: string): boolean {
  if (isIPv6(address)) return /^ff/i.test(address);
  const first = Number(address.split(".")[0]);
  return isIPv4(address) && first >= 224 && first < 240;
}

/**
 * What Node's sockets call an interface: for IPv4 one of its addresses, for IPv6 its scope.
 *
 * @param name as the system names it, `eth0`, or one of its addresses
 * @throws {RangeError} when there is no such interface, or it has no IPv4 address.
 */
export function multicastInterface(name: string, version: 4 | 6): string {
  const all = networkInterfaces();
  for (const [own, addresses = []] of Object.entries(all)) {
    const match = addresses.find(({ address }) => address === name);
    if (own !== name && match === undefined) continue;
    if (version === 6) return `::%${own}`;
    const ipv4 = match ?? addresses.find(({ family }) => family === "IPv4");
    if (ipv4?.family === "IPv4") return ipv4.address;
    throw new RangeError(`the network interface ${name} has no IPv4 address`);
  }
  const names = Object.keys(all).join(", ");
  throw new RangeError(`there is no network interface "${name}", only ${names}`);
}
