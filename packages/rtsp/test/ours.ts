import type { RtspImplementation, TransportFields, WireItem } from "../src/conformance.js";
import {
  authorize,
  chooseChallenge,
  encodeFrame,
  encodeMessage,
  formatTransport,
  type NumberRange,
  parseChallenges,
  parseTransport,
  type RtspItem,
  RtspParser,
} from "../src/index.js";

export const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
export const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Our items as the suite's plain data; issues are left out. */
function plainItems(items: readonly RtspItem[]): WireItem[] {
  return items.flatMap((item): WireItem[] => {
    if (item.type === "issue") return [];
    if (item.type === "frame") return [{ ...item, data: textOf(item.data) }];
    const headers = item.headers.map(({ name, value }) => [name, value] as const);
    return [{ ...item, headers, body: textOf(item.body) }];
  });
}

const pair = (range: NumberRange | undefined): readonly [number, number] | undefined =>
  range && [range.first, range.last];
const range = (numbers: readonly [number, number] | undefined): NumberRange | undefined =>
  numbers && { first: numbers[0], last: numbers[1] };

/** This package behind the suite's interface. */
export const ours: Required<RtspImplementation> = {
  createParser() {
    const parser = new RtspParser();
    return {
      push: (chunk) => plainItems(parser.push(chunk)),
      flush: () => plainItems(parser.flush()),
    };
  },
  encode(item) {
    if (item.type === "frame") return encodeFrame(item.channel, bytesOf(item.data));
    const headers = item.headers.map(([name, value]) => ({ name, value }));
    return encodeMessage({ ...item, headers, body: bytesOf(item.body) });
  },
  authorize({ challenge, username, password, ...request }) {
    const chosen = chooseChallenge(parseChallenges([challenge]));
    if (chosen === undefined) throw new Error("no challenge");
    return authorize(chosen, { username, password }, { ...request, nonceCount: 1 });
  },
  parseTransport: (value) =>
    parseTransport(value).map(
      ({ protocol, profile, lowerTransport, delivery, ssrc, ...rest }): TransportFields => ({
        protocol,
        profile,
        lowerTransport,
        delivery,
        ssrc,
        interleaved: pair(rest.interleaved),
        clientPort: pair(rest.clientPort),
        serverPort: pair(rest.serverPort),
      }),
    ),
  formatTransport: ({ interleaved, clientPort, serverPort, delivery, ...rest }) =>
    formatTransport([
      {
        ...rest,
        delivery: delivery as "unicast" | "multicast" | undefined,
        interleaved: range(interleaved),
        clientPort: range(clientPort),
        serverPort: range(serverPort),
      },
    ]),
};
