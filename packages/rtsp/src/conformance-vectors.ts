/** A message or frame as text, one character an octet, and what it means. */
export interface WireExample {
  readonly title: string;
  readonly wire: string;
  readonly items: readonly WireItem[];
}

/** {@link WireExample}'s items: the plain data that the suite compares. */
export type WireItem =
  | {
      readonly type: "request";
      readonly method: string;
      readonly uri: string;
      readonly version: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  | {
      readonly type: "response";
      readonly version: string;
      readonly status: number;
      readonly reason: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  | { readonly type: "frame"; readonly channel: number; readonly data: string };

/** What real servers send, regular and not. */
export const WIRE_EXAMPLES: readonly WireExample[] = [
  {
    title: "RFC 2326 10.1: a request",
    wire: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nRequire: implicit-play\r\n\r\n",
    items: [
      {
        type: "request",
        method: "OPTIONS",
        uri: "*",
        version: "1.0",
        headers: [
          ["CSeq", "1"],
          ["Require", "implicit-play"],
        ],
        body: "",
      },
    ],
  },
  {
    title: "RFC 2326 10.2: a response with a body",
    wire: "RTSP/1.0 200 OK\r\nCSeq: 312\r\nContent-Length: 4\r\n\r\nv=0\n",
    items: [
      {
        type: "response",
        version: "1.0",
        status: 200,
        reason: "OK",
        headers: [
          ["CSeq", "312"],
          ["Content-Length", "4"],
        ],
        body: "v=0\n",
      },
    ],
  },
  {
    title: "RFC 2326 10.12: frames between messages, one of them empty",
    wire: "$\u0000\u0000\u0003\u0080$\rRTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n$\u0001\u0000\u0000$\u00ff\u0000\u0001\n",
    items: [
      { type: "frame", channel: 0, data: "\u0080$\r" },
      {
        type: "response",
        version: "1.0",
        status: 200,
        reason: "OK",
        headers: [["CSeq", "4"]],
        body: "",
      },
      { type: "frame", channel: 1, data: "" },
      { type: "frame", channel: 255, data: "\n" },
    ],
  },
  {
    title: "RFC 2326 4.2: bare line feeds, blanks before the colon, and a line that continues",
    wire: "RTSP/1.0 404 Not Found\ncseq : 2\nPublic: DESCRIBE,\n\t SETUP\r\nX:\r\n\n",
    items: [
      {
        type: "response",
        version: "1.0",
        status: 404,
        reason: "Not Found",
        headers: [
          ["cseq", "2"],
          ["Public", "DESCRIBE, SETUP"],
          ["X", ""],
        ],
        body: "",
      },
    ],
  },
  {
    title: "RFC 2326 4.1: empty lines between messages; no reason phrase",
    wire: "\r\n\r\nRTSP/2.0 200\r\nCSeq: 9\r\n\r\n\r\nRTSP/1.0 454 \r\n\r\n",
    items: [
      {
        type: "response",
        version: "2.0",
        status: 200,
        reason: "",
        headers: [["CSeq", "9"]],
        body: "",
      },
      { type: "response", version: "1.0", status: 454, reason: "", headers: [], body: "" },
    ],
  },
  {
    title: "RFC 2326 4.2: octets of any charset stay as they are",
    wire: "SETUP rtsp://h/caf\u00e9?%c3%A9 RTSP/1.0\r\nServer: K\u00c3\u00a4mera\r\n\r\n",
    items: [
      {
        type: "request",
        method: "SETUP",
        uri: "rtsp://h/caf\u00e9?%c3%A9",
        version: "1.0",
        headers: [["Server", "K\u00c3\u00a4mera"]],
        body: "",
      },
    ],
  },
];

/** A Digest answer whose value is known. */
export interface DigestExample {
  readonly title: string;
  readonly challenge: string;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
  /** The `response` parameter. */
  readonly response: string;
}

/** RFC 7616 3.9.1, and the same without qop (RFC 2069), which most cameras use. */
export const DIGEST_EXAMPLES: readonly DigestExample[] = [
  {
    title: "RFC 7616 3.9.1, MD5",
    challenge:
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    username: "Mufasa",
    password: "Circle of Life",
    method: "GET",
    uri: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    response: "8ca523f5e9506fed4657c9700eebdbec",
  },
  {
    title: "RFC 7616 3.9.1, SHA-256",
    challenge:
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    username: "Mufasa",
    password: "Circle of Life",
    method: "GET",
    uri: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  },
  {
    title: "RFC 2069 2.4, without qop",
    challenge:
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    username: "Mufasa",
    password: "CircleOfLife",
    method: "GET",
    uri: "/dir/index.html",
    cnonce: "",
    response: "1949323746fe6a43ef61f9606e7febea",
  },
];
