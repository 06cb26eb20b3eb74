// The baseline: what one writes first. A rolling accumulator, arrays of numbers, an object for each packet.

interface NaivePacket {
  readonly cNotYChannelFlag: boolean;
  readonly lineNumber: number;
  readonly horizontalOffset: number;
  readonly streamNum: number | undefined;
  readonly words: number[];
  readonly parityErrors: number[];
  readonly checksumOk: boolean;
}

export function parseNaively(bytes: Uint8Array): NaivePacket[] {
  const packets: NaivePacket[] = [];
  let at = 8;
  let cache = 0;
  let cached = 0;
  const read = (width: number): number => {
    while (cached < width) {
      cache = ((cache << 8) | (bytes[at++] as number)) & 0xffffff;
      cached += 8;
    }
    cached -= width;
    return (cache >>> cached) & ((1 << width) - 1);
  };
  for (let left = bytes[4] as number; left > 0; left--) {
    const cNotYChannelFlag = read(1) === 1;
    const lineNumber = read(11);
    const horizontalOffset = read(12);
    const s = read(1) === 1;
    const number = read(7);
    const words = [read(10), read(10), read(10)];
    const dataCount = (words[2] as number) & 0xff;
    for (let i = 0; i < dataCount; i++) words.push(read(10));
    const parityErrors: number[] = [];
    let sum = 0;
    words.forEach((word, i) => {
      sum += word & 0x1ff;
      let ones = 0;
      for (let bit = 0; bit < 8; bit++) ones += (word >>> bit) & 1;
      if (word >>> 8 !== (ones % 2 === 1 ? 1 : 2)) parityErrors.push(i);
    });
    const checksum = read(10);
    const low = sum & 0x1ff;
    const checksumOk = checksum === (low | ((~low & 0x100) << 1));
    words.push(checksum);
    cached = 0;
    at = (at + 3) & ~3;
    const streamNum = s ? number : undefined;
    packets.push({
      cNotYChannelFlag,
      lineNumber,
      horizontalOffset,
      streamNum,
      words,
      parityErrors,
      checksumOk,
    });
  }
  return packets;
}
