// The misbehaviours of servers that are known from the field, one a case, with the rule that gets through.
import type { FakeServerOptions } from "./fake-server.js";

/** Media sections of one and of two tracks. */
export const ONE: readonly string[] = ["m=video 0 RTP/AVP 96", "a=control:trackID=1"];
export const TWO: readonly string[] = [...ONE, "m=audio 0 RTP/AVP 97", "a=control:trackID=2"];

/** A server that only accepts some URIs. */
export interface MisbehavingServer {
  readonly id: string;
  readonly path: string;
  readonly server: FakeServerOptions;
  readonly rule: string;
}

/** Every URI misbehaviour of the catalogue. */
export const MISBEHAVING_SERVERS: readonly MisbehavingServer[] = [
  {
    id: "Q1: Content-Base with a slash after the query",
    path: "/cam/realmonitor?channel=1&subtype=0",
    server: {
      describeHeaders: ["Content-Base: {base}/cam/realmonitor?channel=1&subtype=0/"],
      sdp: ["a=control:*", ...TWO],
      setup: [
        "/cam/realmonitor?channel=1&subtype=0/trackID=1",
        "/cam/realmonitor?channel=1&subtype=0/trackID=2",
      ],
    },
    rule: "concat",
  },
  {
    id: "Q2: no Content-Base, the track behind the query",
    path: "/stream.sdp?profile=a",
    server: { sdp: ONE, setup: ["/stream.sdp?profile=a/trackID=1"] },
    rule: "concat",
  },
  {
    id: "Q3: the track before the query",
    path: "/media.amp?codec=h264",
    server: { sdp: ONE, setup: ["/media.amp/trackID=1?codec=h264"] },
    rule: "before-query",
  },
  {
    id: "S1: Content-Base without its slash",
    path: "/live",
    server: {
      describeHeaders: ["Content-Base: {base}/live"],
      sdp: TWO,
      setup: ["/live/trackID=1", "/live/trackID=2"],
    },
    rule: "concat",
  },
  {
    id: "S2: a double slash closes the connection",
    path: "/live/",
    server: {
      sdp: ["m=video 0 RTP/AVP 96", "a=control:/trackID=1"],
      setup: ["/live/trackID=1"],
      before: ({ uri }) => (uri.slice(7).includes("//") ? "close" : undefined),
    },
    rule: "concat",
  },
  {
    id: "S3: a slash at the end of PLAY's URI is refused",
    path: "/live",
    server: {
      describeHeaders: ["Content-Base: {base}/live/"],
      sdp: ONE,
      setup: ["/live/trackID=1"],
      play: ["/live"],
    },
    rule: "rfc",
  },
  {
    id: "A1: an absolute control with a private address",
    path: "/x",
    server: {
      sdp: ["m=video 0 RTP/AVP 96", "a=control:rtsp://192.168.1.10/x/t1"],
      setup: ["/x/t1"],
    },
    rule: "rehost",
  },
  {
    id: "A2: Content-Base 0.0.0.0",
    path: "/x",
    server: {
      describeHeaders: ["Content-Base: rtsp://0.0.0.0/y/"],
      sdp: ONE,
      setup: ["/y/trackID=1"],
      play: ["/x"],
    },
    rule: "rehost",
  },
  {
    id: "A2: an empty Content-Base",
    path: "/x/",
    server: { describeHeaders: ["Content-Base:"], sdp: ONE, setup: ["/x/trackID=1"] },
    rule: "rfc",
  },
  {
    id: "A3: /track that means append",
    path: "/a/b",
    server: { sdp: ["m=video 0 RTP/AVP 96", "a=control:/trackID=1"], setup: ["/a/b/trackID=1"] },
    rule: "concat",
  },
  {
    id: "C1: one stream and no control at all",
    path: "/one",
    server: { sdp: ["m=video 0 RTP/AVP 96"], setup: ["/one"] },
    rule: "aggregate",
  },
  {
    id: "C2: the control is the whole request URI",
    path: "/dcim",
    server: { sdp: ["m=video 0 RTP/AVP 96", "a=control:{base}/dcim"], setup: ["/dcim"] },
    rule: "absolute",
  },
  {
    id: "U1: case and escapes count",
    path: "/Caf%c3%A9/x%2Fy?b=2&a=1",
    server: {
      describeHeaders: ["Content-Base: {base}/Caf%c3%A9/x%2Fy/?b=2&a=1"],
      sdp: ["m=video 0 RTP/AVP 96", "a=control:Track%3a1"],
      setup: ["/Caf%c3%A9/x%2Fy/Track%3a1"],
    },
    rule: "rfc",
  },
  {
    id: "a session control that the media are relative to",
    path: "/x",
    server: {
      describeHeaders: ["Content-Base: {base}/x/"],
      sdp: ["a=control:{base}/agg/", ...TWO],
      setup: ["/agg/trackID=1", "/agg/trackID=2"],
      play: ["/agg/"],
    },
    rule: "session",
  },
  {
    id: "no aggregate control: PLAY for each medium",
    path: "/x/",
    server: {
      sdp: TWO,
      setup: ["/x/trackID=1", "/x/trackID=2"],
      play: ["/x/trackID=1", "/x/trackID=2"],
    },
    rule: "rfc",
  },
];
