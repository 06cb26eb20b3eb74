import fc from "fast-check";
import { hasParity, pairHasParity, withPairParity } from "../parity.js";
import { XDS_CLASSES } from "../xds.js";
import { captionWords, xdsPacket } from "./arbitraries.js";
import { type Cea608Implementation, type SuiteRunner, same } from "./implementation.js";

/** XDS packets. */
export function xdsProperties(implementation: Cea608Implementation, runner: SuiteRunner): void {
  const { decodeXds, encodeXds } = implementation;
  const parameters = { numRuns: runner.numRuns ?? 100 };

  if (encodeXds !== undefined) {
    runner.test("a packet sums to zero and has an even length (CTA-608-E 9.2)", () => {
      fc.assert(
        fc.property(xdsPacket(), (packet) => {
          const bytes = encodeXds.call(implementation, packet);
          same(bytes.length % 2, 0);
          let sum = 0;
          for (const byte of bytes) sum += byte & 0x7f;
          same(sum % 128, 0);
          same([...bytes].every(hasParity), true);
          same((bytes[0] as number) & 0x7f, 2 * XDS_CLASSES.indexOf(packet.class) + 1);
          same((bytes[bytes.length - 2] as number) & 0x7f, 0x0f);
        }),
        parameters,
      );
    });

    runner.test("Star Trek has the checksum 1D (CTA-608-E 9.2)", () => {
      const data = [..."Star Trek"].map((letter) => letter.charCodeAt(0));
      const bytes = encodeXds.call(implementation, { class: "current", type: 3, data });
      same([...bytes].map((byte) => byte & 0x7f).slice(-3), [0x00, 0x0f, 0x1d]);
    });
  }

  if (decodeXds !== undefined && encodeXds !== undefined) {
    const wordsOf = (packet: Parameters<typeof encodeXds>[0]): number[] => {
      const bytes = encodeXds.call(implementation, packet);
      return Array.from({ length: bytes.length / 2 }, (_, i) => {
        return ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number);
      });
    };

    runner.test("a packet is read as it was written (CTA-608-E 9.2)", () => {
      fc.assert(
        fc.property(fc.array(xdsPacket(), { maxLength: 4 }), (packets) => {
          same(decodeXds.call(implementation, packets.flatMap(wordsOf)), packets);
        }),
        parameters,
      );
    });

    runner.test("an interrupted packet goes on with its continue pair (CTA-608-E 9.2)", () => {
      fc.assert(
        fc.property(
          xdsPacket(),
          xdsPacket(),
          fc.nat(16),
          captionWords(),
          (packet, other, cut, captions) => {
            fc.pre(other.class !== packet.class || other.type !== packet.type);
            const words = wordsOf(packet);
            const at = Math.min(1 + cut, words.length - 1);
            const resume = withPairParity((words[0] as number) + 0x0100);
            const text = [0x9529, ...captions].filter((word) => (word & 0x7000) === 0x1000);
            const mixed = [
              ...words.slice(0, at),
              ...wordsOf(other),
              ...text,
              resume,
              ...words.slice(at),
            ];
            same(decodeXds.call(implementation, mixed), [other, packet]);
          },
        ),
        parameters,
      );
    });

    runner.test("a changed character is noticed (CTA-608-E 9.2)", () => {
      fc.assert(
        fc.property(
          xdsPacket().filter(({ data }) => data.length > 0),
          fc.nat(31),
          fc.integer({ min: 1, max: 95 }),
          (packet, index, change) => {
            const at = index % packet.data.length;
            const data = packet.data.map((byte, i) =>
              i === at ? 0x20 + ((byte - 0x20 + change) % 96) : byte,
            );
            const words = wordsOf(packet);
            const damaged = [...wordsOf({ ...packet, data }).slice(0, -1), words[words.length - 1]];
            same(decodeXds.call(implementation, damaged as number[]), []);
          },
        ),
        parameters,
      );
    });
  }
}

/** SCC files and their time codes. */
export function sccProperties(implementation: Cea608Implementation, runner: SuiteRunner): void {
  const { parseScc, timecodeOfFrame } = implementation;
  const parameters = { numRuns: runner.numRuns ?? 100 };
  const label = (frame: number, dropFrame: boolean): string => {
    const { hours, minutes, seconds, frames } = dumbLabel(frame, dropFrame);
    const parts = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0"));
    return `${parts.join(":")}${dropFrame ? ";" : ":"}${String(frames).padStart(2, "0")}`;
  };

  if (timecodeOfFrame !== undefined) {
    runner.test(
      "drop-frame leaves out two labels a minute, but every tenth (SMPTE ST 12-1)",
      () => {
        fc.assert(
          fc.property(fc.nat(200_000), fc.boolean(), (frame, dropFrame) => {
            const { hours, minutes, seconds, frames } = timecodeOfFrame.call(
              implementation,
              frame,
              dropFrame,
            );
            same({ hours, minutes, seconds, frames }, dumbLabel(frame, dropFrame));
          }),
          parameters,
        );
      },
    );
  }

  if (parseScc !== undefined) {
    const line = fc.record({ gap: fc.nat(4000), words: captionWords() });
    const spelling = fc.record({
      dropFrame: fc.boolean(),
      upper: fc.boolean(),
      end: fc.constantFrom("\n", "\r\n", "\n\n", "\r\n\r\n"),
      mark: fc.boolean(),
    });
    runner.test("each line has its frame and its words (SCC V1.0)", () => {
      fc.assert(
        fc.property(fc.array(line, { maxLength: 6 }), spelling, (lines, spelt) => {
          let frame = 0;
          const expected: { frame: number; words: number[] }[] = [];
          let text = `${spelt.mark ? "\ufeff" : ""}Scenarist_SCC V1.0${spelt.end}`;
          for (const { gap, words } of lines) {
            if (words.length === 0) continue;
            frame += gap;
            expected.push({ frame, words });
            const digits = words.map((word) => word.toString(16).padStart(4, "0")).join(" ");
            text += `${label(frame, spelt.dropFrame)}\t${spelt.upper ? digits.toUpperCase() : digits}`;
            text += spelt.end;
            frame += words.length;
          }
          same(parseScc.call(implementation, text), expected);
        }),
        parameters,
      );
    });

    runner.test("words with even parity are repaired (SCC V1.0)", () => {
      const [line] = parseScc.call(implementation, "Scenarist_SCC V1.0\n\n00:00:00:00\t1420 9420");
      same(line?.words.every(pairHasParity), true);
    });
  }
}

/** Counting labels is the definition: each minute but the tenth begins with 02. */
function dumbLabel(
  frame: number,
  dropFrame: boolean,
): { hours: number; minutes: number; seconds: number; frames: number } {
  let rest = frame;
  let minute = 0;
  for (;;) {
    const first = dropFrame && minute % 10 !== 0 ? 2 : 0;
    if (rest < 1800 - first) {
      const at = rest + first;
      return {
        hours: Math.floor(minute / 60),
        minutes: minute % 60,
        seconds: Math.floor(at / 30),
        frames: at % 30,
      };
    }
    rest -= 1800 - first;
    minute++;
  }
}
