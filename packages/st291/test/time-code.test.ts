import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fieldMark, formatTimeCode, frameCount, frameNumber, timeCodeAt } from "../src/index.js";

const rate = (numerator: number, denominator = 1) => ({ numerator, denominator });
const RATES = [
  rate(24000, 1001),
  rate(24),
  rate(25),
  rate(30000, 1001),
  rate(30),
  rate(48000, 1001),
  rate(48),
  rate(50),
  rate(60000, 1001),
  rate(60),
];
const NTSC = rate(30000, 1001);

describe("drop-frame counting", () => {
  test.each([
    [0, "00:00:00;00"],
    [1799, "00:00:59;29"],
    [1800, "00:01:00;02"],
    [17981, "00:09:59;29"],
    [17982, "00:10:00;00"],
    [107892, "01:00:00;00"],
    [2589407, "23:59:59;29"],
    [2589408, "00:00:00;00"],
    [-1, "23:59:59;29"],
  ])("frame %i is %s", (count, text) => {
    expect(formatTimeCode(timeCodeAt(count, NTSC, true))).toBe(text);
  });

  test("at 60000/1001 drops four numbers, two pairs, a minute", () => {
    const hfr = rate(60000, 1001);
    const before = timeCodeAt(3599, hfr, true);
    const after = timeCodeAt(3600, hfr, true);
    expect([formatTimeCode(before), frameNumber(before, hfr)]).toEqual(["00:00:59;29", 59]);
    expect([formatTimeCode(after), frameNumber(after, hfr)]).toEqual(["00:01:00;02", 4]);
  });

  test("means nothing at 25 Hz", () => {
    const dropping = timeCodeAt(1500, rate(25), true);
    expect(formatTimeCode(dropping)).toBe("00:01:00;00");
    expect(frameCount(dropping, rate(25))).toBe(1500);
  });

  test("never gives one of the dropped numbers", () => {
    const dropped: string[] = [];
    for (let minute = 0; minute < 1440; minute++) {
      const beginning = Math.floor(minute / 10) * 17982 + (minute % 10) * 1798;
      for (let count = beginning - 1; count < beginning + 5; count++) {
        const time = timeCodeAt(count, NTSC, true);
        const { minutes, seconds, frames } = time;
        if (minutes % 10 !== 0 && seconds === 0 && frames < 2) dropped.push(formatTimeCode(time));
      }
    }
    expect(dropped).toEqual([]);
  });
});

describe("frames of a pair above 30 Hz", () => {
  test("are told apart by bit 75 at 50 Hz and by bit 35 at 60 Hz", () => {
    const at50 = timeCodeAt(33, rate(50));
    expect(at50).toMatchObject({ frames: 16, bit35: 0, bit75: 1 });
    expect([fieldMark(at50, rate(50)), frameNumber(at50, rate(50))]).toEqual([1, 33]);
    const at60 = timeCodeAt(33, rate(60));
    expect(at60).toMatchObject({ frames: 16, bit35: 1, bit75: 0 });
    expect([fieldMark(at60, rate(60)), frameNumber(at60, rate(60))]).toEqual([1, 33]);
  });

  test("do not exist at 30 Hz: the field mark does not count", () => {
    const time = { ...timeCodeAt(7, rate(30)), bit35: 1 } as const;
    expect([fieldMark(time, rate(30)), frameNumber(time, rate(30))]).toEqual([1, 7]);
  });
});

property.prop([fc.constantFrom(...RATES), fc.nat({ max: 5184000 - 1 }), fc.boolean()])(
  "frameCount is the inverse of timeCodeAt",
  (frameRate, count, dropFrameFlag) => {
    const nominal = Math.round(frameRate.numerator / frameRate.denominator);
    const drops = dropFrameFlag && nominal % 30 === 0;
    const day = nominal * 86400 - (drops ? (nominal / 15) * 54 * 24 : 0);
    const time = timeCodeAt(count, frameRate, dropFrameFlag);
    expect(frameCount(time, frameRate)).toBe(count % day);
    expect(timeCodeAt(count + day, frameRate, dropFrameFlag)).toEqual(time);
  },
);

test.each(RATES)("at %o, frame by frame the time code goes on", (frameRate) => {
  const wrong: number[] = [];
  for (const drop of [false, true]) {
    for (let count = 0; count < 20000; count++) {
      if (frameCount(timeCodeAt(count, frameRate, drop), frameRate) !== count) wrong.push(count);
    }
  }
  expect(wrong).toEqual([]);
});

test.each([rate(100), rate(120), rate(0), rate(30, 0), rate(-25), rate(29.97), rate(12)])(
  "there is no ST 12-2 time code for %o",
  (bad) => {
    expect(() => timeCodeAt(0, bad)).toThrow(RangeError);
    expect(() => frameCount(timeCodeAt(0, rate(25)), bad)).toThrow(RangeError);
  },
);

test("a count is a whole number", () => {
  expect(() => timeCodeAt(0.5, rate(25))).toThrow(RangeError);
});
