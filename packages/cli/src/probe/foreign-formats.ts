/** Containers that x does not read, by what they begin with: name, offset, bytes in hexadecimal; dots match anything. */
const FOREIGN: readonly (readonly [name: string, offset: number, hex: string])[] = [
  ["Matroska or WebM", 0, "1a45dfa3"],
  ["MXF", 0, "060e2b34020501"],
  ["an MPEG program stream", 0, "000001ba"],
  ["Ogg without Opus or FLAC", 0, "4f676753"],
  ["MPEG-4 part 2 video", 0, "000001b0"],
  ["AVI", 0, "52494646........41564920"],
  ["WAVE", 0, "52494646........57415645"],
  ["WAVE", 0, "52463634........57415645"],
  ["AIFF", 0, "464f524d........41494646"],
  ["Windows Media", 0, "3026b2758e66cf11"],
  ["GXF", 0, "0000000001bc"],
  ["YUV4MPEG2", 0, "595556344d50454732"],
  ["PNG", 0, "89504e470d0a1a0a"],
  ["JPEG", 0, "ffd8ff"],
  ["DPX", 0, "53445058"],
  ["DPX", 0, "58504453"],
  ["OpenEXR", 0, "762f3101"],
  ["gzip", 0, "1f8b08"],
  ["Zstandard", 0, "28b52ffd"],
  ["xz", 0, "fd377a585a00"],
  ["a ZIP archive", 0, "504b0304"],
  ["a tar archive", 257, "7573746172"],
  ["PDF", 0, "255044462d"],
  ["XML, TTML perhaps", 0, "3c3f786d6c"],
  ["XML, TTML perhaps", 0, "efbbbf3c3f786d6c"],
];

/** What can be done about some of them. */
const ADVICE: Readonly<Record<string, string>> = {
  "Matroska or WebM": "rewrap it first, with ffmpeg -i IN -c copy OUT.mp4",
  MXF: "rewrap it first, with ffmpeg -i IN -c copy OUT.ts",
  "an MPEG program stream": "rewrap it first, with ffmpeg -i IN -c copy OUT.ts",
  AVI: "rewrap it first, with ffmpeg -i IN -c copy OUT.mp4",
  "Windows Media": "rewrap it first, with ffmpeg -i IN -c copy OUT.mp4",
  GXF: "rewrap it first, with ffmpeg -i IN -c copy OUT.ts",
  YUV4MPEG2: "x convert reads it",
  PNG: "x convert reads it",
  gzip: "unpack it into a pipe, with gzip -dc IN | x probe -",
  Zstandard: "unpack it into a pipe, with zstd -dc IN | x probe -",
  xz: "unpack it into a pipe, with xz -dc IN | x probe -",
};

/** "is MXF, which x does not read: …", or `undefined` for what is not known either. */
export function foreignFormat(head: Uint8Array): string | undefined {
  const name = FOREIGN.find(([, offset, hex]) => matches(head.subarray(offset), hex))?.[0];
  if (name === undefined) return undefined;
  const advice = ADVICE[name];
  return `is ${name}, which x probe does not read${advice === undefined ? "" : `: ${advice}`}`;
}

function matches(bytes: Uint8Array, hex: string): boolean {
  return (hex.match(/../g) ?? []).every(
    (pair, i) => pair === ".." || bytes[i] === Number.parseInt(pair, 16),
  );
}
