// Ancillary data in RTP and in ST 2038 through the elements of gst-plugins-rs, on seeded random packets.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AncDepacketizer, AncPacketizer, F_FIELD_1, F_FIELD_2, F_PROGRESSIVE } from "@x/rfc8331";
import { createAncPacket, did, encodeUnit, parseUnit, sdid } from "@x/st2038";
import { must, mustBeSame } from "./check.mjs";
import { buffersOf, decodeGdp, encodeGdp, markersThroughGst, throughGst } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";
import { fromOurs, throughOurs } from "./ours.mjs";
import { runPeer } from "./peers.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("@x/st2038").AncPacket} AncPacket */
/** @typedef {import("./random.mjs").Random} Random */

const RUNS = 20;
const FRAME = 40_000_000n;
/** RTP ticks of a frame at 25 Hz: exact, so that rounding up, as the payloader does, is no difference. */
const TICKS = 3600;
const FRAMES = "meta/x-st-2038, alignment=(string)frame, framerate=(fraction)25/1";
const RTP =
  "application/x-rtp, media=(string)video, clock-rate=(int)90000, encoding-name=(string)SMPTE291, payload=(int)112";

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  gstCheck(
    "rtpsmpte291pay of gst-plugins-rs and our packetizer",
    ["rtpsmpte291pay"],
    async (folder) => {
      let count = 0;
      let marked = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const frames = random.list(1 + random.below(8), () => frameOf(random));
        const limit = random.pick([360, 700, 1200, 1400]);
        const sequence = random.pick([0, 65_530]);
        const theirs = buffersOf(
          throughGst(
            folder,
            FRAMES,
            frames.map((packets, index) => bufferOf(encodeUnit(packets), index)),
            `rtpsmpte291pay pt=112 ssrc=7 timestamp-offset=0 seqnum-offset=${sequence} mtu=${limit}`,
          ),
        ).map(({ data }) => data);
        const packetizer = new AncPacketizer({
          payloadType: 112,
          ssrc: 7,
          extendedSequenceNumber: sequence,
          rtpLimit: limit,
          order: "given",
          // The element sends nothing for a frame without ancillary data.
          keepAlive: false,
        });
        const ours = frames.flatMap((packets, index) =>
          packetizer.packetize({ timestamp: index * TICKS, f: F_PROGRESSIVE, packets }),
        );
        const where = `seed ${seed}, MTU ${limit}`;
        mustBeSame(where, theirs.map(hex), ours.map(hex));
        const depacketizer = new AncDepacketizer();
        const received = [
          ...theirs.flatMap((packet) => depacketizer.push(packet)),
          ...depacketizer.flush(),
        ];
        must(
          received.every(({ complete }) => complete),
          `${where}: not whole`,
        );
        sameRecords(
          where,
          received.map(({ packets }) => packets),
          frames.filter(({ length }) => length > 0),
        );
        count += theirs.length;
        marked += received.length;
      }
      return `${count} RTP packets of ${marked} frames identical, and read back`;
    },
  ),
  gstCheck(
    "rtpsmpte291depay of gst-plugins-rs reads our packetizer",
    ["rtpsmpte291depay"],
    async (folder) => {
      let count = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const fields = random.list(2 + random.below(8), () => frameOf(random));
        const packetizer = new AncPacketizer({
          payloadType: 112,
          extendedSequenceNumber: random.pick([0, 65_530]),
          rtpLimit: random.pick([360, 700, 1452]),
          order: "given",
        });
        const interlaced = random.once(2);
        const sent = fields.flatMap((packets, index) => {
          const f = interlaced ? (index % 2 === 0 ? F_FIELD_1 : F_FIELD_2) : F_PROGRESSIVE;
          const packed = packetizer.packetize({ timestamp: index * TICKS, f, packets });
          return packed.map((data) => bufferOf(data, index));
        });
        const received = buffersOf(throughGst(folder, RTP, sent, "rtpsmpte291depay"));
        const theirs = received.map(({ data }) => parseUnit(data).packets);
        sameRecords(`seed ${seed}`, [theirs.flat()], [fields.flat()]);
        // Each record is a buffer, the last of a field has the marker. Nothing is heard of an empty field.
        const lengths = fields.map(({ length }) => length).filter((length) => length > 0);
        const marks = markersThroughGst(folder, RTP, sent, "rtpsmpte291depay").flatMap(
          (marked, index) => (marked ? [index + 1] : []),
        );
        const wanted = lengths.map((_, index) =>
          lengths.slice(0, index + 1).reduce((sum, length) => sum + length, 0),
        );
        must(`${marks}` === `${wanted}`, `seed ${seed}: markers behind ${marks}, not ${wanted}`);
        count += received.length;
      }
      return `${count} ancillary packets identical, markers too`;
    },
  ),
  // No packets of the C channel: the element names both streams of a place alike.
  gstCheck("st2038ancdemux of gst-plugins-rs and ours", ["st2038ancdemux"], async (folder) => {
    let count = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const random = seeded(seed);
      const frames = random.list(2 + random.below(8), () =>
        frameOf(random).map((packet) => ({ ...packet, cNotYChannelFlag: false })),
      );
      const items = frames.map((packets, index) => bufferOf(encodeUnit(packets), index));
      const one = frames.flat().find((packet) => sdid(packet) !== undefined);
      if (one === undefined) continue;
      const digits = (value = 0) => value.toString(16).padStart(2, "0");
      const pad = `anc_${digits(did(one))}_${digits(sdid(one))}_at_${one.lineNumber}_${one.horizontalOffset}`;
      for (const name of ["src", `src ! queue ! fakesink d.${pad} ! queue`]) {
        const theirs = buffersOf(
          throughGst(folder, FRAMES, items, `st2038ancdemux name=d d.${name}`),
        ).map(timed);
        const description = `items ! st2038ancdemux name=d d.${name} ! result`;
        const ours = (await fromOurs({ items: [FRAMES, items] }, description)).map(timed);
        mustBeSame(`seed ${seed}, ${name}`, theirs, ours);
        must(theirs.length > 0, `seed ${seed}, ${name}: nothing came out`);
        count += theirs.length;
      }
    }
    return `${count} buffers of all streams together and of one alone are identical`;
  }),
  // Packets of the Y channel at places, one a buffer: of several in one buffer it keeps the first that overlap, of two
  // channels one, of two without user data the older; and it takes a special line or offset for a place.
  gstCheck("st2038ancmux of gst-plugins-rs and ours", ["st2038ancmux"], async (folder) => {
    let count = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const random = seeded(seed);
      const alignment = random.pick(["frame", "line", "packet"]);
      const format = `meta/x-st-2038,alignment=${alignment},framerate=25/1`;
      const [first, second] = [0, 1].map(() =>
        random
          .list(2 + random.below(8), () => frameOf(random))
          .flatMap((packets, index) =>
            packets
              .filter(isPlaced)
              .map((packet) =>
                bufferOf(encodeUnit([{ ...packet, cNotYChannelFlag: false }]), index),
              ),
          ),
      );
      const files = [first, second].map((items = [], index) => {
        const file = join(folder, `anc-${index}.gdp`);
        writeFileSync(file, encodeGdp(FRAMES, items));
        return `filesrc location=${file} ! gdpdepay ! m.sink_${index}`;
      });
      const theirs = buffersOf(
        decodeGdp(
          runPeer("gst-launch-1.0", [
            "-q",
            ...`st2038ancmux name=m ! ${format} ! gdppay ! fdsink fd=1`.split(" "),
            ...files.join(" ").split(" "),
          ]).stdout,
        ),
      ).map(timed);
      const ours = (
        await fromOurs(
          { first: [FRAMES, first ?? []], second: [FRAMES, second ?? []] },
          `st2038ancmux name=m ! ${format} ! result
             first ! m.sink_0 second ! m.sink_1`,
        )
      ).map(timed);
      mustBeSame(`seed ${seed}, ${alignment}`, theirs, ours);
      count += theirs.length;
    }
    return `${count} buffers are identical`;
  }),
  gstCheck(
    "cctost2038anc and st2038anctocc of gst-plugins-rs and ours",
    ["cctost2038anc", "st2038anctocc"],
    async (folder) => {
      let count = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const [format, pad, most] = random.pick(
          /** @type {const} */ ([
            ["closedcaption/x-cea-708, format=(string)cdp", "src_cea708", 255],
            ["closedcaption/x-cea-608, format=(string)s334-1a", "src_cea608", 3],
          ]),
        );
        const captions = random.list(1 + random.below(10), (index) =>
          bufferOf(Uint8Array.from(random.list(most, () => random.below(256))), index),
        );
        const place = `c-not-y-channel=${random.once(2)} line-number=${random.below(2048)} horizontal-offset=${random.below(4096)}`;
        const there = `cctost2038anc ${place} ! meta/x-st-2038,alignment=packet`;
        const back = `st2038anctocc name=c c.${pad}`;
        const caps = `${format}, framerate=(fraction)25/1`;
        for (const chain of [there, `${there} ! ${back}`]) {
          const theirs = buffersOf(throughGst(folder, caps, captions, chain)).map(timed);
          const ours = (await throughOurs(caps, captions, chain)).map(timed);
          mustBeSame(`seed ${seed}, ${chain}`, theirs, ours);
          must(theirs.length === captions.length, `seed ${seed}: ${theirs.length} buffers`);
          count += theirs.length;
        }
      }
      return `${count} buffers are identical`;
    },
  ),
  gstCheck(
    "ST 2038 of ours through st2038combiner and st2038extractor of gst-plugins-rs",
    ["st2038combiner", "st2038extractor"],
    async (folder) => {
      let count = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const frames = random.list(2 + random.below(6), () => frameOf(random));
        const file = join(folder, "anc.gdp");
        const items = frames.map((packets, index) => bufferOf(encodeUnit(packets), index));
        writeFileSync(file, encodeGdp(FRAMES, items));
        const { stdout } = runPeer("gst-launch-1.0", [
          "-q",
          ...`videotestsrc num-buffers=${frames.length}`.split(" "),
          ..."! video/x-raw,framerate=25/1,width=16,height=16 ! queue ! st2038combiner name=c".split(
            " ",
          ),
          ..."! st2038extractor name=e e.st2038 ! queue ! gdppay ! fdsink fd=1".split(" "),
          ..."e.src ! queue ! fakesink".split(" "),
          ...`filesrc location=${file} ! gdpdepay ! queue ! c.st2038`.split(" "),
        ]);
        const theirs = buffersOf(decodeGdp(stdout)).map(timed);
        const ours = items.filter(({ data }) => data.length > 0).map(timed);
        mustBeSame(`seed ${seed}`, theirs, ours);
        count += theirs.length;
      }
      return `${count} pictures with the same ancillary data`;
    },
  ),
];

/** @param {AncPacket} packet */
function isPlaced({ lineNumber, horizontalOffset, words }) {
  return lineNumber < 0x7fd && horizontalOffset < 0xffc && words.length > 4;
}

/** Time and bytes of a buffer. @param {{ pts?: bigint | undefined, data: Uint8Array }} buffer */
function timed({ pts, data }) {
  return `${pts} ${hex(data)}`;
}

/** The ancillary packets of a frame in raster order, now and then none. @param {Random} random @returns {AncPacket[]} */
function frameOf(random) {
  const packets = random.list(
    random.once(8) ? 0 : 1 + random.below(random.pick([3, 20, 300])),
    () => packetOf(random),
  );
  return packets.sort(
    (a, b) => a.lineNumber - b.lineNumber || a.horizontalOffset - b.horizontalOffset,
  );
}

/** Of either type, now and then with words of ten bits or a wrong checksum. @param {Random} random @returns {AncPacket} */
function packetOf(random) {
  const packet = createAncPacket({
    did: 1 + random.below(255),
    sdid: random.below(256),
    payload: random.list(random.below(random.pick([4, 30, 256])), () => random.below(256)),
    cNotYChannelFlag: random.once(4),
    lineNumber: random.pick([9, 10, 11, 571, 1125, 0x7ff]),
    horizontalOffset: random.once(3) ? random.below(4096) : 0,
  });
  if (!random.once(6)) return packet;
  const words = packet.words.slice();
  for (let index = 3; index < words.length; index++) words[index] = 4 + random.below(1016);
  return { ...packet, words };
}

/** @param {Uint8Array} data @param {number} index of the frame @returns {import("./gdp.mjs").GdpBuffer} */
function bufferOf(data, index) {
  return { type: "buffer", data, pts: BigInt(index) * FRAME, duration: FRAME, marker: true };
}

/** @param {string} where @param {readonly (readonly AncPacket[])[]} theirs @param {readonly (readonly AncPacket[])[]} ours */
function sameRecords(where, theirs, ours) {
  const [their, own] = [theirs, ours].map((frames) =>
    frames.map((packets) => packets.map((packet) => hex(encodeUnit([packet])))),
  );
  const text = (/** @type {unknown} */ value) => JSON.stringify(value);
  must(text(their) === text(own), `${where}: ${text(their)}, ours ${text(own)}`);
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Buffer.from(bytes).toString("hex");
}
