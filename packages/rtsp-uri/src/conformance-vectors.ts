/** RFC 3986 5.4: references against this base. */
export const RFC3986_BASE = "http://a/b/c/d;p?q";

/** RFC 3986 5.4.1 and 5.4.2, with the strict answer to `http:g`. */
export const RFC3986_EXAMPLES: readonly (readonly [reference: string, target: string])[] = [
  ["g:h", "g:h"],
  ["g", "http://a/b/c/g"],
  ["./g", "http://a/b/c/g"],
  ["g/", "http://a/b/c/g/"],
  ["/g", "http://a/g"],
  ["//g", "http://g"],
  ["?y", "http://a/b/c/d;p?y"],
  ["g?y", "http://a/b/c/g?y"],
  ["#s", "http://a/b/c/d;p?q#s"],
  ["g#s", "http://a/b/c/g#s"],
  ["g?y#s", "http://a/b/c/g?y#s"],
  [";x", "http://a/b/c/;x"],
  ["g;x", "http://a/b/c/g;x"],
  ["g;x?y#s", "http://a/b/c/g;x?y#s"],
  ["", "http://a/b/c/d;p?q"],
  [".", "http://a/b/c/"],
  ["./", "http://a/b/c/"],
  ["..", "http://a/b/"],
  ["../", "http://a/b/"],
  ["../g", "http://a/b/g"],
  ["../..", "http://a/"],
  ["../../", "http://a/"],
  ["../../g", "http://a/g"],
  ["../../../g", "http://a/g"],
  ["../../../../g", "http://a/g"],
  ["/./g", "http://a/g"],
  ["/../g", "http://a/g"],
  ["g.", "http://a/b/c/g."],
  [".g", "http://a/b/c/.g"],
  ["g..", "http://a/b/c/g.."],
  ["..g", "http://a/b/c/..g"],
  ["./../g", "http://a/b/g"],
  ["./g/.", "http://a/b/c/g/"],
  ["g/./h", "http://a/b/c/g/h"],
  ["g/../h", "http://a/b/c/h"],
  ["g;x=1/./y", "http://a/b/c/g;x=1/y"],
  ["g;x=1/../y", "http://a/b/c/y"],
  ["g?y/./x", "http://a/b/c/g?y/./x"],
  ["g?y/../x", "http://a/b/c/g?y/../x"],
  ["g#s/./x", "http://a/b/c/g#s/./x"],
  ["g#s/../x", "http://a/b/c/g#s/../x"],
  ["http:g", "http:g"],
];

/** A server that exists, and the one SETUP URI that it accepts. */
export interface ServerExample {
  readonly title: string;
  readonly requestUri: string;
  readonly contentBase?: string;
  readonly sessionControl?: string;
  readonly mediaControls: readonly (string | undefined)[];
  /** For the first medium. */
  readonly accepts: string;
  /** By which rule. */
  readonly rule: string;
}

/** What is in the field, and the rule by which each is reached. */
export const SERVER_EXAMPLES: readonly ServerExample[] = [
  {
    title: "follows the RFC",
    requestUri: "rtsp://h/test",
    contentBase: "rtsp://h/test/",
    sessionControl: "*",
    mediaControls: ["stream=0", "stream=1"],
    accepts: "rtsp://h/test/stream=0",
    rule: "rfc",
  },
  {
    title: "slash after the query in Content-Base, wants concatenation",
    requestUri: "rtsp://h/cam/realmonitor?channel=1&subtype=0",
    contentBase: "rtsp://h/cam/realmonitor?channel=1&subtype=0/",
    mediaControls: ["trackID=0"],
    accepts: "rtsp://h/cam/realmonitor?channel=1&subtype=0/trackID=0",
    rule: "concat",
  },
  {
    title: "no Content-Base, wants the track behind the query",
    requestUri: "rtsp://h/stream.sdp?profile=a",
    mediaControls: ["trackID=2"],
    accepts: "rtsp://h/stream.sdp?profile=a/trackID=2",
    rule: "concat",
  },
  {
    title: "wants the track before the query",
    requestUri: "rtsp://h/media.amp?codec=h264",
    mediaControls: ["trackID=1"],
    accepts: "rtsp://h/media.amp/trackID=1?codec=h264",
    rule: "before-query",
  },
  {
    title: "Content-Base without its slash",
    requestUri: "rtsp://h/live",
    contentBase: "rtsp://h/live",
    mediaControls: ["trackID=1"],
    accepts: "rtsp://h/live/trackID=1",
    rule: "concat",
  },
  {
    title: "`/track` that means append",
    requestUri: "rtsp://h/a/b/",
    mediaControls: ["/trackID=1"],
    accepts: "rtsp://h/a/b/trackID=1",
    rule: "concat",
  },
  {
    title: "absolute control with a private address",
    requestUri: "rtsp://cam.example:8554/x",
    mediaControls: ["rtsp://192.168.1.10/x/track1"],
    accepts: "rtsp://cam.example:8554/x/track1",
    rule: "rehost",
  },
  {
    title: "Content-Base 0.0.0.0",
    requestUri: "rtsp://cam.example/x",
    contentBase: "rtsp://0.0.0.0/y/",
    mediaControls: ["track1"],
    accepts: "rtsp://cam.example/y/track1",
    rule: "rehost",
  },
  {
    title: "media controls are relative to the session control",
    requestUri: "rtsp://h/x",
    contentBase: "rtsp://h/x/",
    sessionControl: "rtsp://h/agg/",
    mediaControls: ["track1"],
    accepts: "rtsp://h/agg/track1",
    rule: "session",
  },
  {
    title: "one stream without control",
    requestUri: "rtsp://h/one",
    mediaControls: [undefined],
    accepts: "rtsp://h/one",
    rule: "aggregate",
  },
];
