// The baseline: what one writes first. Bits are counted one by one, words are an array of numbers.

function naiveWord(byte: number): number {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (byte >> bit) & 1;
  return byte | (ones % 2 === 1 ? 0x100 : 0x200);
}

function naiveChecksum(words: readonly number[]): number {
  const sum = words.reduce((total, word) => total + (word & 0x1ff), 0) & 0x1ff;
  return sum | (sum & 0x100 ? 0 : 0x200);
}

/** The words of a packet. */
export function writeNaively(did: number, sdid: number, payload: Uint8Array): number[] {
  const words = [did, sdid, payload.length, ...payload].map(naiveWord);
  return [...words, naiveChecksum(words)];
}

/** The payload of packed words, when parity and checksum are right. */
export function readNaively(bytes: Uint8Array): number[] | undefined {
  let at = 0;
  let cache = 0;
  let cached = 0;
  const next = (): number => {
    while (cached < 10) {
      cache = ((cache << 8) | (bytes[at++] as number)) & 0xffffff;
      cached += 8;
    }
    cached -= 10;
    return (cache >>> cached) & 0x3ff;
  };
  const words = [next(), next(), next()];
  const dataCount = (words[2] as number) & 0xff;
  for (let i = 0; i < dataCount; i++) words.push(next());
  const good = next() === naiveChecksum(words) && words.every((w) => naiveWord(w & 0xff) === w);
  return good ? words.slice(3).map((word) => word & 0xff) : undefined;
}

/** Packets of a line in v210, luma and then colour difference, found component by component. */
export function extractNaively(line: Uint8Array, width: number): number[][] {
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  const packets: number[][] = [];
  for (const first of [1, 0]) {
    const stream: number[] = [];
    for (let i = first; i < 2 * width; i += 2) {
      stream.push((view.getUint32(Math.floor(i / 3) * 4, true) >>> ((i % 3) * 10)) & 0x3ff);
    }
    for (let at = 0; at + 7 <= stream.length; at++) {
      if (stream[at] !== 0 || stream[at + 1] !== 0x3ff || stream[at + 2] !== 0x3ff) continue;
      const words = stream.slice(at + 3, at + 7 + ((stream[at + 5] as number) & 0xff));
      const checksum = words.pop();
      if (checksum === naiveChecksum(words)) packets.push([...words, checksum]);
    }
  }
  return packets;
}
