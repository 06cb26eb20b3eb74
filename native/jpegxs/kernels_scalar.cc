// The reference: each loop as the standard writes it.
#include "kernels.h"

namespace jxs {
namespace scalar {
namespace {

int predict(u8 *counts, const u8 *residuals, int groups, int t, int floor, bool vertical,
            int extra, int most) {
  int nibbles = 0, seen = 0;
  for (int g = 0; g < groups; g++) {
    const int n = residuals[g];
    int m = t + n;
    if (vertical) {
      const int predicted = max<int>(counts[g], floor), theta = predicted - t;
      m = predicted + (n > 2 * theta ? n - theta : n & 1 ? -((n + 1) >> 1) : n >> 1);
    }
    if (n == 255) m = t;
    counts[g] = u8(m);
    seen |= m;
    if (m > t) nibbles += m - t + extra;
  }
  return seen > most ? -1 : nibbles;
}

void residuals(const u8 *counts, const u8 *above, u8 *out, int groups, int t, int floor,
               bool vertical) {
  for (int g = 0; g < groups; g++) {
    const int m = max<int>(counts[g], t);
    const int predicted = vertical ? max<int>(above[g], floor) : t;
    const int delta = m - predicted, theta = predicted - t;
    out[g] = u8(delta > theta ? delta + theta : delta >= 0 ? 2 * delta : -2 * delta - 1);
  }
}

unsigned next_nibble(Nibbles &in) {
  const u8 *p = in.data + (in.at >> 1);
  const unsigned shift = in.at++ & 1 ? 0 : 4;
  return p < in.end ? *p >> shift & 15 : 0;
}

// Bit 0 of four lanes from a nibble, whose top bit goes into lane 0.
struct SpreadTable {
  u64 of_nibble[16];
};
constexpr SpreadTable make_spread() {
  SpreadTable t = {};
  for (int i = 0; i < 16; i++)
    for (int lane = 0; lane < 4; lane++) t.of_nibble[i] |= u64(i >> (3 - lane) & 1) << 16 * lane;
  return t;
}
constexpr SpreadTable kSpread = make_spread();

void dequantise(i16 *line, const u8 *counts, int width, int t, bool uniform) {
  for (int i = 0; i < width; i++) {
    int index = line[i] & 0x7fff;
    if (index == 0) {
      line[i] = 0;
      continue;
    }
    int magnitude = index << t;
    if (uniform) {
      int zeta = counts[i >> 2] - t + 1;
      for (int term = magnitude >> zeta; term != 0; term >>= zeta) magnitude += term;
    } else {
      magnitude += (1 << t) >> 1;
    }
    line[i] = i16(line[i] < 0 ? -magnitude : magnitude);
  }
}

void unpack(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i16 *out) {
  for (int g = 0; g < groups; g++) {
    const int planes = max(counts[g] - t, 0);
    u64 lanes = 0;
    if (planes > 0) {
      if (signs) lanes = kSpread.of_nibble[next_nibble(in)] << 15;
      u64 magnitude = 0;
      for (int plane = 0; plane < planes; plane++)
        magnitude = magnitude << 1 | kSpread.of_nibble[next_nibble(in)];
      lanes |= magnitude;
    }
    __builtin_memcpy(out + 4 * g, &lanes, 8);
  }
  if (signs) dequantise(out, counts, 4 * groups, t, uniform);
}

template <class Low, class High>
void synthesise_any(const Low *low, int low_shift, const High *high, int fq, i32 *out, i32 *even,
                    int n) {
  int lows = (n + 1) >> 1, highs = n >> 1;
  auto wide = [&](int k) { return i32(u32(high[k]) << fq); };
  if (highs == 0) {
    out[0] = i32(u32(low[0]) << low_shift);
    return;
  }
  for (int k = 0; k < lows; k++)
    even[k] = i32(u32(low[k]) << low_shift) - ((wide(k - 1) + wide(k) + 2) >> 2);
  even[lows] = even[lows - 1];
  for (int k = 0; k < lows; k++) {
    out[2 * k] = even[k];
    if (k < highs) out[2 * k + 1] = wide(k) + ((even[k] + even[k + 1]) >> 1);
  }
}

void synthesise(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any(low, 0, high, fq, out, scratch, n);
}

void synthesise_first(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any(low, fq, high, fq, out, scratch, n);
}

void synthesise_wide(const i32 *low, const i32 *high, i32 *out, i32 *scratch, int n) {
  synthesise_any(low, 0, high, 0, out, scratch, n);
}

void widen(const i16 *line, int fq, i32 *out, int n) {
  for (int i = 0; i < n; i++) out[i] = i32(u32(line[i]) << fq);
}

void lift_even(i32 *out, const i32 *low, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = low[i] - ((above[i] + below[i] + 2) >> 2);
}

void lift_odd(i32 *out, const i32 *high, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = high[i] + ((above[i] + below[i]) >> 1);
}

void lift_pair(const LiftRows &r, i32 *odd, int n) {
  lift_even(r.even, r.low, r.high_above, r.high, n);
  lift_odd(odd, r.high_above, r.even_above, r.even, n);
}

void inverse_rct(i32 *y, i32 *u, i32 *v, int n) {
  for (int i = 0; i < n; i++) {
    i32 g = y[i] - ((u[i] + v[i]) >> 2);
    y[i] = g + v[i];
    v[i] = g + u[i];
    u[i] = g;
  }
}

void lift_cross(i32 *x, const i32 *const p[4], int first, int second, int shift, bool subtract,
                int n) {
  for (int i = 0; i < n; i++) {
    const i32 sum = (p[0][i] + p[1][i]) * (1 << first) + (p[2][i] + p[3][i]) * (1 << second);
    x[i] += subtract ? -(sum >> shift) : sum >> shift;
  }
}

template <class Sample>
void store(const i32 *x, Sample *out, int n, const Scale &s) {
  for (int i = 0; i < n; i++) out[i] = Sample(clamp((x[i] + s.bias) >> s.shift, 0, s.limit));
}

template <class Sample>
void lift_store(const LiftRows &r, Sample *odd, Sample *even, int n, const Scale &s) {
  for (int i = 0; i < n; i++) {
    r.even[i] = r.low[i] - ((r.high_above[i] + r.high[i] + 2) >> 2);
    const i32 between = r.high_above[i] + ((r.even_above[i] + r.even[i]) >> 1);
    store(&between, odd + i, 1, s);
  }
  store(r.even, even, n, s);
}

template <class Sample>
void load(const Sample *x, i32 *out, int n, int bias, int shift, int mask) {
  for (int i = 0; i < n; i++) out[i] = ((x[i] & mask) << shift) - bias;
}

void rct_luma(i32 *red, const i32 *green, const i32 *blue, int n) {
  for (int i = 0; i < n; i++) red[i] = (red[i] + 2 * green[i] + blue[i]) >> 2;
}

void rct_chroma(i32 *other, const i32 *green, int n) {
  for (int i = 0; i < n; i++) other[i] -= green[i];
}

void lift_high(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = x[i] - ((above[i] + below[i]) >> 1);
}

void lift_low(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = x[i] + ((above[i] + below[i] + 2) >> 2);
}

void analyse(i32 *x, i32 *low, i32 *high, int n) {
  const int lows = (n + 1) >> 1, highs = n >> 1;
  if (highs == 0) {
    low[0] = x[0];
    return;
  }
  if (n % 2 == 0) x[n] = x[n - 2];
  for (int k = 0; k < highs; k++) high[k] = x[2 * k + 1] - ((x[2 * k] + x[2 * k + 2]) >> 1);
  high[-1] = high[0];
  high[highs] = high[highs - 1];
  for (int k = 0; k < lows; k++) low[k] = x[2 * k] + ((high[k - 1] + high[k] + 2) >> 2);
}

u32 round(const i32 *x, int fq, i16 *out, u8 *counts, int n) {
  u32 all = 0;
  for (int g = 0; 4 * g < n; g++) {
    u32 group = 0;
    for (int i = 4 * g; i < 4 * g + 4; i++) {
      u32 magnitude = i >= n ? 0 : (u32(x[i] < 0 ? -x[i] : x[i]) + ((1u << fq) >> 1)) >> fq;
      all |= magnitude;
      magnitude = min(magnitude, 0x7fffu);
      group |= magnitude;
      out[i] = i16(i < n && x[i] < 0 ? magnitude | 0x8000 : magnitude);
    }
    counts[g] = u8(group == 0 ? 0 : 32 - __builtin_clz(group));
  }
  return all;
}

void quantise(const i16 *line, const u8 *counts, i16 *out, int n, int t, bool uniform) {
  for (int i = 0; i < n; i++) {
    const int m = counts[i >> 2], zeta = m - t + 1;
    const u32 magnitude = min<u32>(line[i] & 0x7fff, (1u << m) - 1);
    u32 index = m <= t    ? 0
                : uniform ? ((magnitude << zeta) - magnitude + (1u << m)) >> (m + 1)
                          : magnitude >> t;
    // A zero has no sign.
    out[i] = i16(index == 0 ? 0 : (line[i] & 0x8000) | index);
  }
}

void pack(BitWriter &out, const i16 *line, const u8 *counts, int groups, int t, bool signs,
          bool uniform) {
  for (int g = 0; g < groups; g++, line += 4, counts++) {
    if (*counts <= t) continue;
    i16 index[4];
    quantise(line, counts, index, 4, t, uniform);
    const auto nibble = [&](int bit) {
      unsigned bits = 0;
      for (int i = 0; i < 4; i++) bits = bits << 1 | (unsigned(index[i]) >> bit & 1);
      out.put(bits, 4);
    };
    if (signs) nibble(15);
    for (int plane = *counts - t - 1; plane >= 0; plane--) nibble(plane);
  }
}

void vertical_cost(const u8 *counts, const u8 *above, int groups, int t, int floor, bool rm,
                   u32 *plain, u32 *flagged) {
  u32 all = 0, coded = 0;
  for (int first = 0; first < groups; first += 8) {
    u32 bits = 0;
    bool skip = true;
    for (int g = first; g < min(first + 8, groups); g++) {
      const int m = max<int>(counts[g], t), predicted = max<int>(above[g], floor);
      const int delta = m - predicted, theta = predicted - t;
      bits += u32(delta > theta ? delta + theta : delta >= 0 ? 2 * delta : -2 * delta - 1) + 1;
      skip = skip && (rm ? m == t : delta == 0);
    }
    all += bits;
    if (!skip) coded += bits;
  }
  *plain = all;
  *flagged = coded;
}

// How many prices a sum reaches.
int prices_reached(int sum, const int *price) {
  sum = min(sum, 255);
  return (sum >= price[0]) + (sum >= price[1]) + (sum >= price[2]);
}

void grade(const i16 *line, u8 *counts, int groups) {
  for (int first = 0; first < groups; first += 8) {
    const int end = min(first + 8, groups);
    int top = 0, tops = 0;
    for (int g = first; g < end; g++) {
      tops = counts[g] > top ? 1 : tops + (counts[g] == top);
      top = max<int>(top, counts[g]);
    }
    for (int g = first; g < end; g++) {
      const int m = counts[g];
      int one = 0, two = 0;
      for (int i = 4 * g; i < 4 * g + 4; i++) {
        const int x = (line[i] & 0x7fff) << (15 - m) >> 7;
        one += max(x - kFirstRamp, 0);
        two += second_worth(x);
      }
      const bool lone = m == top && tops == 1;
      counts[g] = u8(m << 4 | prices_reached(one, lone ? kLonePrice : kFirstPrice) << 2 |
                     prices_reached(two, kSecondPrice));
    }
  }
}

void trim(const u8 *grades, u8 *counts, int groups, int t, int thrift) {
  for (int g = 0; g < groups; g++) {
    const int m = planes_of_grade(grades[g]), first = grades[g] >> 2 & 3, second = grades[g] & 3;
    const bool dropped = m == t + 1 ? first <= thrift : m == t + 2 && second <= thrift;
    counts[g] = u8(m - (dropped ? 1 : 0));
  }
}

}  // namespace
}  // namespace scalar

const Kernels kScalarKernels = {
    scalar::predict, scalar::residuals, put_codes, scalar::unpack,
    scalar::dequantise, scalar::synthesise, scalar::synthesise_first, scalar::synthesise_wide,
    scalar::widen, scalar::lift_even, scalar::lift_odd, scalar::lift_pair,
    scalar::lift_store<u8>, scalar::lift_store<u16>, scalar::inverse_rct, scalar::lift_cross,
    scalar::store<u8>, scalar::store<u16>, scalar::load<u8>, scalar::load<u16>,
    scalar::rct_luma, scalar::rct_chroma, scalar::lift_high, scalar::lift_low,
    scalar::analyse, scalar::round, scalar::quantise, scalar::pack,
    scalar::vertical_cost, scalar::grade, scalar::trim, collect,
};

}  // namespace jxs
