// The main job on real input: a subtitle file becomes CEA-708 in CDP in SMPTE ST 2038 in RFC 8331 RTP over loopback
// UDP, a second process receives and decodes it and writes a transport stream, and both are compared with the file.
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HELP = `npm run demo -- [--realtime] [--port N] [FILE.srt]

Sends a subtitle file through CEA-708, CDP, ST 2038 and RFC 8331 over loopback UDP to a second process and compares
what comes back. Writes demo-out/captions.ts, demo-out/captions.pcap and demo-out/report.html.
`;

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    const usage = error.code?.startsWith?.("ERR_PARSE_ARGS") === true;
    const defect = error.name === "TypeError" && !usage;
    console.error(`demo: ${defect ? error.stack : error.message.replaceAll("\n", " ")}`);
    process.exitCode = usage ? 2 : 1;
  },
);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      realtime: { type: "boolean", default: false },
      port: { type: "string", default: "45678" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const port = Number(values.port);
  if (!(port > 0 && port < 65_536)) {
    console.error(`demo: --port: "${values.port}" is no port`);
    return 2;
  }
  // Imported late: without a build there would be nothing to import.
  const { parseSubtitles } = await import("@x/cea708");
  const { describeSystemError } = await import("@x/pipeline");
  const { pairCues } = await import("./demo/compare.mjs");
  const { encodePcap } = await import("./demo/pcap.mjs");
  const { readTransportStream } = await import("./demo/read-back.mjs");
  const { renderReportPage } = await import("./demo/report.mjs");
  const { send, senderDescription } = await import("./demo/sender.mjs");
  const { clock, tableHead, tableRow } = await import("./demo/table.mjs");

  const file = positionals[0] ?? join(root, "fixtures/demo/lisbon.srt");
  const shown = relative(process.cwd(), file) || file;
  const sent = [...parseSubtitles(readInput(file, describeSystemError)).cues].sort(
    (a, b) => a.startMs - b.startMs,
  );
  const lengthMs = Math.max(...sent.map(({ endMs }) => endMs));
  const out = join(root, "demo-out");
  mkdirSync(out, { recursive: true });
  const transportStream = join(out, "captions.ts");

  console.log(`sending     ${senderDescription(shown, port)}`);
  console.log(
    `            ${sent.length} cues, ${clock(lengthMs)}${values.realtime ? ", in real time" : ""}\n`,
  );
  console.log(tableHead());

  const frameMs = 1000 / 30 + 0.05;
  const progress = createProgress(lengthMs);
  const receiver = startReceiver(port, transportStream, (cue, cues) => {
    const pair = pairCues(sent, cues, frameMs).find(({ received }) => received === cue);
    progress.print(
      pair === undefined
        ? `             a caption that was never sent: ${JSON.stringify(cue)}`
        : tableRow(pair),
    );
  });
  await receiver.listening;
  const started = Date.now();
  const sending = send({
    file,
    port,
    realtime: values.realtime,
    received: () => receiver.datagrams,
    onProgress: (seconds) => progress.show(seconds * 1000, receiver.cues.length, sent.length),
  });
  const { budget, datagrams, warnings } = await Promise.race([sending, receiver.failed]);
  receiver.end();
  await receiver.done;
  progress.clear();
  const tookMs = Date.now() - started;

  const pairs = pairCues(sent, receiver.cues, frameMs);
  const again = pairCues(sent, await readTransportStream(transportStream), frameMs);
  writeFileSync(join(out, "captions.pcap"), encodePcap(datagrams, port));
  const wrong = pairs.filter(({ ok }) => !ok);
  const wrongInFile = again.filter(({ ok }) => !ok);
  const extra =
    receiver.cues.length - pairs.filter(({ received }) => received !== undefined).length;
  const worst = Math.max(
    ...pairs.flatMap(({ startErrorMs, endErrorMs }) => [
      Math.abs(startErrorMs),
      Math.abs(endErrorMs),
    ]),
  );
  /** @type {[string, string][]} */
  const facts = [
    [
      "RTP",
      `${sent.length - wrong.length} of ${sent.length} cues within one frame, largest error ${worst.toFixed(1)} ms`,
    ],
    [
      "captions.ts",
      `${sent.length - wrongInFile.length} of ${sent.length} cues within one frame, read back by tsdemux`,
    ],
    ["datagrams", `${datagrams.length} sent, ${receiver.datagrams} received`],
    ["time", `${(tookMs / 1000).toFixed(1)} s for ${clock(lengthMs)} of captions`],
  ];
  writeFileSync(
    join(out, "report.html"),
    renderReportPage({
      pipeline: senderDescription(shown, port),
      pairs,
      budget,
      ancPackets: receiver.ancPackets,
      facts,
    }),
  );

  for (const pair of wrong.filter(({ received }) => received === undefined))
    console.log(tableRow(pair));
  for (const text of [...new Set([...warnings, ...receiver.warnings])])
    console.log(`warning     ${text}`);
  console.log("");
  for (const [name, value] of facts) console.log(`${name.padEnd(12)}${value}`);
  for (const name of ["captions.ts", "captions.pcap", "report.html"]) {
    console.log(`written     ${relative(process.cwd(), join(out, name))}`);
  }
  const good = wrong.length === 0 && wrongInFile.length === 0 && extra === 0;
  console.log(
    good
      ? "\nevery cue came back"
      : `\n${wrong.length + wrongInFile.length} cues are wrong, ${extra} were never sent`,
  );
  return good ? 0 : 1;
}

/** @param {string} file @param {(error: unknown) => string} describe */
function readInput(file, describe) {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new Error(`cannot read "${file}": ${describe(error)}`);
  }
}

/**
 * Start the second process and listen to it.
 * @param {number} port @param {string} transportStream
 * @param {(cue: import("@x/cea708").Cue, cues: import("@x/cea708").Cue[]) => void} onCue
 */
function startReceiver(port, transportStream, onCue) {
  const child = fork(fileURLToPath(new URL("./demo/receiver.mjs", import.meta.url)), [
    String(port),
    transportStream,
  ]);
  /** @type {import("@x/cea708").Cue[]} */
  const cues = [];
  /** @type {number[]} */
  const ancPackets = [];
  /** @type {string[]} */
  const warnings = [];
  const state = { datagrams: 0 };
  /** @type {() => void} */ let onListening = () => {};
  /** @type {() => void} */ let onDone = () => {};
  /** @type {(error: Error) => void} */ let onFailed = () => {};
  const listening = new Promise((resolve) => {
    onListening = () => resolve(undefined);
  });
  const done = new Promise((resolve) => {
    onDone = () => resolve(undefined);
  });
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => {
    onFailed = reject;
  });
  const allDone = Promise.race([done, failed]);
  // Whoever does not wait for the end yet hears of a failure elsewhere.
  failed.catch(() => {});
  allDone.catch(() => {});
  child.on("message", (/** @type {any} */ message) => {
    if (message.type === "listening") onListening();
    else if (message.type === "received") state.datagrams = message.datagrams;
    else if (message.type === "frame") ancPackets.push(message.ancPackets);
    else if (message.type === "warning") warnings.push(message.text);
    else if (message.type === "error") onFailed(new Error(message.text));
    else if (message.type === "done") {
      state.datagrams = message.datagrams;
      onDone();
    } else if (message.type === "cue") {
      cues.push(message.cue);
      onCue(message.cue, cues);
    }
  });
  child.on("exit", (code) => onFailed(new Error(`the receiver ended with code ${code}`)));
  return {
    cues,
    ancPackets,
    warnings,
    get datagrams() {
      return state.datagrams;
    },
    failed,
    listening: Promise.race([listening, failed]),
    done: allDone,
    end: () => child.send("end"),
  };
}

/** A line on stderr that is rewritten in place, when somebody looks at it. @param {number} lengthMs */
function createProgress(lengthMs) {
  const live = process.stderr.isTTY === true;
  let shown = 0;
  const clear = () => {
    if (live && shown > 0) process.stderr.write("\r\x1b[K");
    shown = 0;
  };
  return {
    clear,
    /** @param {string} line */
    print(line) {
      clear();
      console.log(line);
    },
    /** @param {number} sentMs @param {number} received @param {number} total */
    show(sentMs, received, total) {
      if (!live || Date.now() - shown < 100) return;
      shown = Date.now();
      const share = Math.min(1, sentMs / lengthMs);
      const bar = "█".repeat(Math.round(share * 30)).padEnd(30, "░");
      process.stderr.write(
        `\r\x1b[K${bar} ${Math.round(share * 100)} %  ${received} of ${total} cues`,
      );
    },
  };
}
