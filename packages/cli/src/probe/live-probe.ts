import { appSink, launch } from "@x/pipeline";
import { InputError, UsageError } from "../errors.js";
import { noFindings, type ProbeResult, resultOf } from "./report.js";
import { DatagramProbe } from "./rtp-probe.js";
import { TsProbe } from "./ts-probe.js";

/**
 * Listen for `seconds` and say what arrived.
 * @param url `udp://[HOST]:PORT` or `rtp://[HOST]:PORT`; without a host on all interfaces, with a multicast group in it;
 * or an SRT URI
 * @throws {UsageError} when the URL is none; {InputError} when nothing arrives.
 */
export async function probeLive(
  url: string,
  seconds: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { source, destination } = sourceOf(url);
  const probe = /^srt:/i.test(url) ? new TsProbe(destination) : new DatagramProbe();
  const input = url.replace(/(passphrase=)[^&]*/gi, "$1…");
  let bytes = 0;
  let warning = "";
  const pipeline = launch(`${source} ! datagrams`, {
    onMessage: ({ type, text }) => {
      if (type === "warning") warning = `: ${text}`;
    },
    elements: [
      appSink("datagrams", (item) => {
        if (item.type !== "buffer") return;
        const { data, meta } = item.buffer;
        bytes += data.length;
        const timeNs = meta.arrival ?? 0n;
        // Messages of SRT need not begin with a packet.
        if (probe instanceof TsProbe) probe.push(data, timeNs);
        else probe.push({ timeNs, source: "live", destination, payload: data });
      }),
    ],
  });
  const stop = (): void => pipeline.stop();
  const timer = setTimeout(stop, seconds * 1000);
  signal.addEventListener("abort", stop);
  try {
    await pipeline.run();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
  if (bytes === 0) throw new InputError(`nothing arrived on ${input} in ${seconds} s${warning}`);
  const findings = noFindings();
  probe.finish(findings, true);
  return resultOf({ input, bytes, kind: "live" }, findings);
}

/** The element that receives, and what the report calls its address. */
function sourceOf(url: string): { readonly source: string; readonly destination: string } {
  if (/^srt:/i.test(url)) {
    const [destination = ""] = url.split("?");
    return { source: `srtsrc uri="${url.replace(/[\\"$]/g, "\\$&")}"`, destination };
  }
  const found = /^(?:udp|rtp):\/\/@?(\[[^\]]*\]|[^:/]*):(\d+)\/?$/i.exec(url);
  if (found === null) throw new UsageError(`"${url}" is not of the form udp://HOST:PORT`);
  const [, host = "", port = ""] = found;
  if (Number(port) > 65_535) throw new UsageError(`"${url}": the port is one of 0 to 65535`);
  const address = host === "" ? "0.0.0.0" : host.replace(/^\[|\]$/g, "");
  return { source: `udpsrc address="${address}" port=${port}`, destination: `${address}:${port}` };
}
