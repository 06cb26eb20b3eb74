import { codecOfMetadata } from "@x/eflv";
import { issueLine } from "./issue-log.js";
import type { FlvReport, FlvTrackReport } from "./report.js";
import { counted, formatText } from "./stream-format.js";

/** An FLV file for people. */
export function renderFlv(stream: FlvReport): string[] {
  const { tracks, scripts, metadata, keyframeIndex, durationMs, issues } = stream;
  const counts = Object.entries(scripts).map(([name, count]) => `${count} ${name}`);
  const index =
    keyframeIndex === 0 ? "" : `, index of ${counted(keyframeIndex, "entry", "entries")}`;
  return [
    `FLV: ${counted(tracks.length, "track")}, ${(durationMs / 1000).toFixed(3)} s, script tags: ${counts.join(", ") || "none"}${index}`,
    ...tracks.flatMap(track),
    ...metadataLines(metadata),
    ...issues.map(issueLine),
  ];
}

function track(one: FlvTrackReport): string[] {
  const { kind, trackId, codec, codecName, layout, frames, keyFrames, bytes, format } = one;
  const keys = keyFrames === undefined ? "" : `, ${counted(keyFrames, "key frame")}`;
  const name = codec === codecName ? codec : `${codec} (${codecName})`;
  const head = `  ${kind} ${trackId}  ${name}, ${layout}: ${counted(frames, "frame")}${keys}, ${bytes} bytes`;
  const details = [
    formatText(format),
    one.channelLayout === undefined ? "" : `MultichannelConfig ${one.channelLayout}`,
    one.framesPerSecond === undefined ? "" : `${one.framesPerSecond.toFixed(3)} frames a second`,
    one.bitrate === undefined ? "" : `${(one.bitrate / 1000).toFixed(1)} kbit/s`,
    one.startMs === 0 ? "" : `begins at ${one.startMs} ms`,
    one.reorders ? "with composition times" : "",
    one.configurations > 1 ? `${one.configurations} configurations` : "",
  ].filter((part) => part !== "");
  return details.length === 0 ? [head] : [head, `          ${details.join("; ")}`];
}

/** Longer values, fillers as a rule, are cut. */
const MAX_VALUE = 60;

function metadataLines(metadata: Readonly<Record<string, unknown>> | undefined): string[] {
  if (metadata === undefined) return [];
  const values = Object.entries(metadata).map(([name, value]) => {
    const text = `${JSON.stringify(value)}${codecOf(name, value)}`;
    return `${name} ${text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text}`;
  });
  return [`  onMetaData: ${values.join(", ")}`];
}

/** What the number of audiocodecid or videocodecid means. */
function codecOf(name: string, value: unknown): string {
  const kind = /^(audio|video)codecid$/.exec(name)?.[1] as "audio" | "video" | undefined;
  if (kind === undefined || typeof value !== "number") return "";
  const codec = codecOfMetadata(kind, value);
  return codec === undefined ? "" : ` (${codec})`;
}
