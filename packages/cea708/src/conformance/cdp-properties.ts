import * as fc from "fast-check";
import { cdp } from "./arbitraries.js";
import { check, type Defined, hex, same } from "./check.js";
import type { PlainCdp, SuiteRunner } from "./implementation.js";

/** What a written CDP looks like (ST 334-2). */
export function cdpEncoderProperties(encodeCdp: Defined<"encodeCdp">, runner: SuiteRunner): void {
  runner.test("5.2, 5.7: length, both counters and the checksum hold", () => {
    check(
      cdp,
      (value) => {
        const bytes = encodeCdp(value);
        same(bytes[2], bytes.length, "cdp_length");
        same(hex(bytes.subarray(-3, -1)), hex(bytes.subarray(5, 7)), "cdp_ftr_sequence_cntr");
        same(bytes.reduce((sum, byte) => sum + byte, 0) & 0xff, 0, "sum");
      },
      runner,
    );
  });
  runner.test("5: every field is where the standard has it", () => {
    check(cdp, (value) => same(hex(encodeCdp(value)), hex(plainCdp(value)), "packet"), runner);
  });
}

/** What is read from a CDP (ST 334-2). */
export function cdpDecoderProperties(decodeCdp: Defined<"decodeCdp">, runner: SuiteRunner): void {
  runner.test("5: every field is read", () => {
    check(
      cdp,
      (value) => same(plainFields(decodeCdp(plainCdp(value))), plainFields(value), "fields"),
      runner,
    );
  });
  runner.test("5.6: a future section is skipped", () => {
    check(
      fc.tuple(cdp, fc.integer({ min: 0x75, max: 0xef }), fc.uint8Array({ maxLength: 30 })),
      ([value, id, data]) => {
        const body = plainCdp(value).subarray(0, -4);
        const bytes = [...body, id, data.length, ...data, 0x74, ...body.subarray(5, 7)];
        bytes[2] = bytes.length + 1;
        const sum = bytes.reduce((total, byte) => total + byte, 0);
        same(
          plainFields(decodeCdp(Uint8Array.from([...bytes, -sum & 0xff]))),
          plainFields(value),
          "fields",
        );
      },
      runner,
    );
  });
}

/** The dumb definition of a CDP: a string of binary digits. */
function plainCdp(value: PlainCdp): Uint8Array {
  const bits = (width: number, number: number): string => number.toString(2).padStart(width, "0");
  const bcd = (width: number, number: number): string =>
    bits(width, Math.floor(number / 10)) + bits(4, number % 10);
  const { timeCode, ccData } = value;
  let digits = `1001011001101001LLLLLLLL${bits(4, value.cdpFrameRate)}1111`;
  digits += `${timeCode === undefined ? 0 : 1}10000${value.captionServiceActive ? 1 : 0}1`;
  digits += bits(16, value.cdpHdrSequenceCntr);
  if (timeCode !== undefined) {
    digits += `${bits(8, 0x71)}11${bcd(2, timeCode.hours)}1${bcd(3, timeCode.minutes)}`;
    digits += `${timeCode.fieldFlag ? 1 : 0}${bcd(3, timeCode.seconds)}`;
    digits += `${timeCode.dropFrameFlag ? 1 : 0}0${bcd(2, timeCode.frames)}`;
  }
  digits += `${bits(8, 0x72)}111${bits(5, ccData.length / 3)}`;
  for (const byte of ccData) digits += bits(8, byte);
  digits += bits(8, 0x74) + bits(16, value.cdpHdrSequenceCntr);
  const length = digits.length / 8 + 1;
  digits = digits.replace("LLLLLLLL", bits(8, length));
  const bytes = (digits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return Uint8Array.from([...bytes, (256 - (sum % 256)) % 256]);
}

function plainFields(value: PlainCdp): unknown {
  const { cdpFrameRate, cdpHdrSequenceCntr, captionServiceActive, timeCode, ccData } = value;
  const { hours, minutes, seconds, frames, fieldFlag, dropFrameFlag } = timeCode ?? {};
  const time =
    timeCode === undefined
      ? undefined
      : [hours, minutes, seconds, frames, fieldFlag, dropFrameFlag];
  return { cdpFrameRate, cdpHdrSequenceCntr, captionServiceActive, time, ccData };
}
