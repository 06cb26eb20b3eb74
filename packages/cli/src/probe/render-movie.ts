import { issueLine } from "./issue-log.js";
import type { ElementaryReport, MovieReport, MovieTrackReport } from "./report.js";
import { counted, formatText } from "./stream-format.js";

/** An MP4 or QuickTime file for people. */
export function renderMovie({
  brands,
  isFragmented,
  durationMs,
  tracks,
  issues,
}: MovieReport): string[] {
  const duration = durationMs === undefined ? "" : `, ${(durationMs / 1000).toFixed(3)} s`;
  const named = brands.length === 0 ? "" : `, brands ${brands.join(" ")}`;
  const how = isFragmented ? ", in fragments" : "";
  return [
    `Movie: ${counted(tracks.length, "track")}${duration}${how}${named}`,
    ...tracks.flatMap(movieTrack),
    ...issues.map(issueLine),
  ];
}

function movieTrack(track: MovieTrackReport): string[] {
  const { trackId, kind, codec, codecName, samples, bytes } = track;
  const { format, framesPerSecond, bitrate } = track;
  const shown = codecName === undefined ? codec : `${codec} (${codecName})`;
  const details = [
    formatText(format),
    framesPerSecond === undefined ? "" : `${framesPerSecond.toFixed(3)} frames a second`,
    track.durationMs === undefined ? "" : `${(track.durationMs / 1000).toFixed(3)} s`,
    track.language ?? "",
    bitrate === undefined ? "" : `${(bitrate / 1000).toFixed(1)} kbit/s`,
  ].filter((part) => part !== "");
  return [
    `  ${kind} ${trackId}  ${shown}: ${counted(samples, "sample")}, ${bytes} bytes`,
    ...(details.length === 0 ? [] : [`          ${details.join("; ")}`]),
  ];
}

/** An elementary stream in a file of its own for people. */
export function renderElementary(stream: ElementaryReport): string[] {
  const { codec, framing, frames, keyFrames, bytes, format, durationMs, bitrate, issues } = stream;
  const keys = keyFrames === undefined ? "" : `, ${counted(keyFrames, "key frame")}`;
  const details = [
    format === undefined ? "" : formatText(format),
    durationMs === undefined ? "" : `${(durationMs / 1000).toFixed(3)} s`,
    bitrate === undefined ? "" : `${(bitrate / 1000).toFixed(1)} kbit/s`,
  ].filter((part) => part !== "");
  return [
    `${codec}, ${framing}: ${counted(frames, "frame")}${keys}, ${bytes} bytes`,
    ...(details.length === 0 ? [] : [`  ${details.join("; ")}`]),
    ...issues.map(issueLine),
  ];
}
