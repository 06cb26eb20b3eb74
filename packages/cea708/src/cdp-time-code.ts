import type { CdpTimeCode } from "./cdp.js";
import type { FrameRate } from "./frame-rate.js";

/**
 * Time code of a frame counted from 00:00:00:00, wrapping at 24 hours (SMPTE 12-1). Above 30 Hz it counts pairs of
 * frames, and the field flag tells the second of a pair, as a CDP wants it.
 *
 * @param dropFrame leave out two labels a minute but every tenth; for 30000/1001 and 60000/1001 only.
 * @throws {RangeError} when the rate has no drop-frame count, or `frame` is no whole number from 0.
 */
export function timeCodeOfFrame(
  frame: number,
  frameRate: FrameRate,
  dropFrame: boolean = false,
): CdpTimeCode {
  if (!Number.isSafeInteger(frame) || frame < 0) throw new RangeError(`frame ${frame}`);
  const nominal = Math.round(frameRate.numerator / frameRate.denominator);
  const pairs = nominal > 30;
  const perSecond = pairs ? nominal / 2 : nominal;
  if (dropFrame && (perSecond !== 30 || frameRate.denominator === 1)) {
    throw new RangeError(`${frameRate.numerator}/${frameRate.denominator} has no drop-frame count`);
  }
  let label = pairs ? Math.floor(frame / 2) : frame;
  if (dropFrame) {
    const perMinute = 60 * 30 - 2;
    const perTenMinutes = 10 * perMinute + 2;
    const tens = Math.floor(label / perTenMinutes);
    const rest = label % perTenMinutes;
    // The first minute of ten has all its labels.
    const minutes = rest < 1800 ? 0 : 1 + Math.floor((rest - 1800) / perMinute);
    label += 18 * tens + 2 * minutes;
  }
  const seconds = Math.floor(label / perSecond);
  return {
    hours: Math.floor(seconds / 3600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
    frames: label % perSecond,
    fieldFlag: pairs && frame % 2 === 1,
    dropFrameFlag: dropFrame,
  };
}
