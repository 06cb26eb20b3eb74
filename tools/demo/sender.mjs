// The demo's sending pipeline, and what it measures on the way.
import { launch } from "@x/pipeline";
import { tap } from "./elements.mjs";

/** Datagrams that may be under way when nobody waits for real time: UDP has no flow control. */
const WINDOW = 64;

/**
 * The pipeline of the demo, as somebody would type it after `x launch`.
 * @param {string} file @param {number} port
 */
export function senderDescription(file, port) {
  return (
    `filesrc location=${file} ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter` +
    ` ! cctost2038anc ! rtpsmpte291pay ! udpsink host=127.0.0.1 port=${port}`
  );
}

/**
 * Send `file`; resolves when the last datagram is out.
 * @param {object} options
 * @param {string} options.file
 * @param {number} options.port
 * @param {boolean} options.realtime
 * @param {() => number} options.received datagrams that the receiver has acknowledged
 * @param {(seconds: number) => void} options.onProgress stream time that was sent
 * @returns {Promise<{ budget: { used: number, room: number }[], datagrams: { timeNs: bigint, payload: Uint8Array }[], warnings: string[] }>}
 */
export async function send({ file, port, realtime, received, onProgress }) {
  /** @type {{ used: number, room: number }[]} */
  const budget = [];
  /** @type {{ timeNs: bigint, payload: Uint8Array }[]} */
  const datagrams = [];
  /** @type {string[]} */
  const warnings = [];
  const startNs = BigInt(Date.now()) * 1_000_000n;

  const measure = tap("measure", ({ data }) => {
    budget.push(useOf(data));
  });
  const capture = tap("capture", async ({ data, pts = 0n }) => {
    datagrams.push({ timeNs: startNs + pts, payload: data.slice() });
    onProgress(Number(pts) / 1e9);
    const deadline = Date.now() + 2000;
    while (!realtime && datagrams.length - received() > WINDOW && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  const description = senderDescription(`"${file}"`, port)
    .replace(" ! ccconverter", " ! measure ! ccconverter")
    .replace("rtpsmpte291pay", "rtpsmpte291pay timestamp-offset=0")
    .replace(" ! udpsink", ` ! capture ! udpsink sync=${realtime}`);
  await launch(description, {
    elements: [measure, capture],
    onMessage: ({ type, element, text }) => {
      if (type === "warning" || type === "error") warnings.push(`${element}: ${text}`);
    },
  }).run();
  return { budget, datagrams, warnings };
}

/** DTVCC triplets of a frame that carry something, and how many could. @param {Uint8Array} ccData */
function useOf(ccData) {
  let used = 0;
  let room = 0;
  for (let at = 0; at + 3 <= ccData.length; at += 3) {
    const first = /** @type {number} */ (ccData[at]);
    if ((first & 0x02) === 0) continue;
    room++;
    if ((first & 0x04) !== 0) used++;
  }
  return { used, room };
}
