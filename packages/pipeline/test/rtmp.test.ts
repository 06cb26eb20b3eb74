import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import { appSrc } from "../src/index.js";
import { abortAll, collector, flvPieces, items, Running, tagsOf } from "./support/rtmp.js";
import { selfSigned } from "./support/self-signed.js";
import { TwitchServer } from "./support/twitch-server.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-rtmp-"));
});
afterAll(() => rm(folder, { recursive: true }));

afterEach(abortAll);

describe("rtmpsink to rtmpsrc", () => {
  test("what is published arrives tag by tag, and both end in good order", async () => {
    const { element, pieces } = collector("out");
    const receiver = new Running("rtmpsrc mode=listen location=rtmp://127.0.0.1:0/live/key ! out", {
      elements: [element],
    });
    const port = await receiver.port();
    const sent = flvPieces();
    const sender = new Running(
      `in ! rtmpsink sync=false location=rtmp://127.0.0.1:${port}/live/key`,
      {
        elements: [appSrc("in", items(sent))],
      },
    );
    await sender.done;
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(tagsOf(sent));
    expect(receiver.messages.filter(({ type }) => type !== "info")).toEqual([]);
    expect(sender.messages).toEqual([]);
  });

  test("over TLS, with a certificate that is trusted; not with one that is not", async () => {
    const { cert, key } = selfSigned();
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);
    const { element, pieces } = collector("out");
    const receiver = new Running(
      `rtmpsrc mode=listen location=rtmps://127.0.0.1:0/live/key
       tls-certificate-file="${certFile}" tls-key-file="${keyFile}" ! out`,
      { elements: [element] },
    );
    const location = `rtmps://127.0.0.1:${await receiver.port()}/live/key`;
    const sent = flvPieces(10);
    const publish = (more: string): Running =>
      new Running(`in ! rtmpsink sync=false location=${location} ${more}`, {
        elements: [appSrc("in", items(sent))],
      });
    await expect(publish("").done).rejects.toThrow(
      /cannot connect to 127.*self-signed certificate/,
    );
    await publish(`tls-ca-file="${certFile}"`).done;
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(tagsOf(sent));
  });
});

test.each([
  ["location=rtmps://127.0.0.1:0/live", /rtmps:\/\/ needs tls-certificate-file and tls-key-file/],
  [
    "location=rtmps://127.0.0.1:0/live tls-certificate-file=/nowhere/c tls-key-file=/nowhere/k",
    /cannot read "\/nowhere\/.": no such file or folder/,
  ],
])("rtmpsrc mode=listen %s fails in one sentence", async (properties, message) => {
  const { element } = collector("out");
  const source = new Running(`rtmpsrc mode=listen ${properties} ! out`, { elements: [element] });
  await expect(source.done).rejects.toThrow(message);
});

test.each([
  ["rtmpsink", /location is not set/],
  ["rtmpsink location=http://127.0.0.1/a/b", /not an RTMP URL/],
  ["rtmpsink location=rtmp://127.0.0.1/a/b chunk-size=1", /chunk-size/],
])("%s cannot be built", (description, message) => {
  expect(() => new Running(`fakesrc ! ${description}`)).toThrow(message);
});

describe("profile twitch", () => {
  const file = vectorFiles("eflv").find((name) => /peers\/.*multitrack-audio\.flv$/.test(name));
  const source = `filesrc location="${vectorsRoot}/eflv/${file}" ! flvdemux name=d`;
  const servers: TwitchServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function publish(properties: string, pads: readonly string[]): Promise<TwitchServer> {
    const server = await TwitchServer.listen();
    servers.push(server);
    const links = pads.map((pad) => `d.${pad} ! queue ! m.${pad}`).join(" ");
    const sink = `rtmpsink sync=false location=rtmp://127.0.0.1:${server.port}/app/live_key`;
    await new Running(`${source} eflvmux name=m ${properties} ! ${sink} ${links}`).done;
    return server;
  }

  test("one legacy audio track and one enhanced are taken", async () => {
    const { refusal, tags } = await publish("profile=twitch", ["video", "audio", "audio_1"]);
    expect(refusal).toBeUndefined();
    const kinds = new Set(tags.map(({ tagType, data }) => `${tagType} ${data[0]?.toString(16)}`));
    expect(kinds).toEqual(new Set(["18 2", "9 17", "9 27", "8 af", "8 95"]));
  });

  test.each([
    ["profile=enhanced", ["video", "audio", "audio_1"]],
    ["profile=multitrack-all", ["video", "audio", "audio_1"]],
    ["profile=compatible", ["video", "audio", "audio_1", "audio_2"]],
  ])("%s is thrown out, and the sink says so", async (properties, pads) => {
    await expect(publish(properties, pads)).rejects.toThrow(/closed the connection/);
    expect(servers[0]?.refusal).toBeDefined();
  });

  test("a third audio track is refused before anything is sent", async () => {
    const pads = ["video", "audio", "audio_1", "audio_2"];
    await expect(publish("profile=twitch", pads)).rejects.toThrow(/m:/);
    expect(servers[0]?.tags).toEqual([]);
  });
});
