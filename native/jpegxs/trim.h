// Trimming: which code groups give up their last bit-plane, because its bits buy more quality elsewhere.
//
// A group that just reaches into bit-plane T costs nine bits: four signs, four coefficients and one more in its count. One
// that just reaches into T + 1 costs five bits more than with one plane less, where its largest coefficients are clipped.
// Whether such a plane is worth its bits depends on M and on the coefficients in units of 2^T only, and each of the two
// questions comes up for a single T: M − 1 or M − 2. So both are answered once for a group, before T is known, for three
// prices of a bit. The answers lie with M in one byte, its grade:
//
//   bits 7..4  M
//   bits 3..2  the lowest thrift at which the group is dropped at T = M − 1; 3: at none
//   bits 1..0  the same for a plane less at T = M − 2
//
// The quantiser may be as much as an octave finer or coarser than a band's share of the bits would want, because T is whole
// and all bands share Q. The price of a bit in units of 4^T follows from where in that octave the band is: three thrifts.
// The distortions are those of the uniform quantiser with the nearest index, and close to those of the deadzone quantiser,
// which gains more; whatever is chosen, a decoder reads it as usual.
#pragma once
#include "common.h"

namespace jxs {

// Nothing is trimmed.
constexpr int kNoThrift = -1;

// Coefficients are scaled to eight bits below 2^M. With e planes from T on, the uniform quantiser reconstructs at multiples
// of 2^T · 2^e / (2^e − 1/2). What the levels gain in squared error over zeros is a sum of ramps that start halfway between
// levels and rise by twice their step, in units of 2^T.
//
// One plane at T = M − 1, against none: one ramp from 2/3 on.
constexpr int kFirstRamp = 85;
// Two planes at T = M − 2, against one: ramps from 4/7, 12/7 and 20/7 on that rise by 6 to the one from 2/3 on that falls by
// 7. The first and the last nearly cancel out: what remains rises by 5 from 12/7 on and by 11, about, from 20/7 on.
constexpr int kSecondRamp = 110, kSteeperRamp = 183;
inline int second_worth(int x) {
  const int rise = max(x - kSecondRamp, 0), steeper = max(x - kSteeperRamp, 0);
  return rise + steeper + (steeper >> 2);
}

// Sums over a group that are worth their bits, where a bit is worth 0.2 · 4^T, and 4^(1/3) less or more: 9 bits for the
// first plane; 17 where the group is the only one of its significance group, whose other counts then are not coded either;
// 5 bits for the second. Sums end at 255.
constexpr int kFirstPrice[3] = {54, 86, 137};
constexpr int kLonePrice[3] = {103, 163, 255};
constexpr int kSecondPrice[3] = {21, 34, 53};

inline int planes_of_grade(u8 grade) { return grade >> 4; }

// The thrift of a band at refinement R, `steps` being one more than the highest priority: bands that R has just refined
// are the thriftiest.
inline int thrift_of(int priority, int r, int steps) {
  const int phase = 3 * (priority - r + (priority < r ? steps : 0));
  return (phase >= steps) + (phase >= 2 * steps);
}

}  // namespace jxs
