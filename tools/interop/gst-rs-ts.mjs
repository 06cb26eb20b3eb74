// Transport streams in RTP from gst-plugins-rs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unwrapDatagram } from "@x/mpegts";
import { root } from "../packages.mjs";
import { must } from "./check.mjs";
import { buffersOf, throughGst } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";

const FILE = join(root, "fixtures/mpegts-pcr-clock/ts/ff-cbr.ts");
const PACKET = 188;

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  gstCheck(
    "rtpmp2tpay2 of gst-plugins-rs, whose datagrams we unwrap",
    ["rtpmp2tpay2"],
    async (folder) => {
      const stream = readFileSync(FILE);
      /** @type {import("./gdp.mjs").GdpBuffer[]} */
      const items = [];
      for (let at = 0; at < stream.length; at += 5 * PACKET) {
        const data = stream.subarray(at, at + 5 * PACKET);
        items.push({ type: "buffer", data, pts: BigInt(items.length) * 1_000_000n });
      }
      let datagrams = 0;
      for (const settings of ["pt=33", "pt=96 mtu=700"]) {
        const caps = "video/mpegts, packetsize=(int)188, systemstream=(boolean)true";
        const sent = buffersOf(throughGst(folder, caps, items, `rtpmp2tpay2 ${settings}`));
        must(sent.length > 1, `${settings}: ${sent.length} datagrams`);
        const received = Buffer.concat(sent.map(({ data }) => unwrapDatagram(data)));
        must(received.equals(stream), `${settings}: ${received.length} of ${stream.length} bytes`);
        datagrams += sent.length;
      }
      return `${stream.length} bytes in ${datagrams} datagrams`;
    },
  ),
];
