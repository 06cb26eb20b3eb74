// Compares every kernel of every family with the scalar reference, on random and extreme input and on lengths from 1 on,
// and prints how much faster it is. Exits with 1 at the first difference.
#include <initializer_list>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../kernels.h"

using namespace jxs;

namespace {

constexpr int kLongest = 1920;
constexpr int kPad = 64;
constexpr int kSize = kLongest + 2 * kPad;

u32 state = 1;
u32 next() {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

// Processor time: the machine may be busy.
double now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

// Everything that a kernel reads and writes. Copies are compared as a whole within the length.
struct Data {
  i32 a[kSize], b[kSize], c[kSize], out[2 * kSize];
  i16 x[kSize], y[kSize];
  u8 counts[kSize], above[kSize], bytes[kSize];
  u16 words[kSize];
  u32 result[2];
  GradeHistogram histogram;
  LineStats stats;
};

// Values of the size that the codec has: 22 bits in the transform, counts to 15, coefficients that fit their counts.
void fill(Data &d, int kind, int t) {
  memset(&d, 0, sizeof d);
  for (int i = 0; i < kSize; i++) {
    auto value = [&](int bits) {
      const i32 top = (1 << bits) - 1;
      return kind == 0 ? i32(next() % (2u * u32(top) + 1)) - top : kind == 1 ? top : kind == 2 ? -top : 0;
    };
    d.a[i] = value(22);
    d.b[i] = value(21);
    d.c[i] = value(20);
    d.y[i] = i16(value(15));
    d.bytes[i] = u8(next());
    d.words[i] = u16(next());
    d.above[i] = u8(next() % 16);
  }
  for (int g = 0; g < kSize / 4; g++) {
    const int m = d.counts[g] = u8(kind == 0 ? next() % 16 : kind == 1 ? 15 : t);
    for (int i = 4 * g; i < 4 * g + 4; i++) {
      const u32 magnitude = m > t ? next() & ((1u << (m - t)) - 1) : 0;
      d.x[i] = i16(magnitude | (next() & 1) << 15);
    }
  }
}

struct Test {
  const char *name;
  void (*run)(const Kernels &, Data &, int n, int t);
  // Bytes of the results for a length, to compare.
  size_t (*results)(Data &, int n, const void *parts[4], size_t sizes[4]);
  // Makes input that the kernel may get, from random.
  void (*prepare)(Data &, int t) = nullptr;
};

template <class T>
size_t part(const void *parts[4], size_t sizes[4], size_t at, const T *data, int n) {
  parts[at] = data;
  sizes[at] = size_t(n) * sizeof(T);
  return at + 1;
}

constexpr int P = kPad;

// Makes sign-magnitude coefficients out of random ones that agree with their counts.
void unquantised(Data &d, int) {
  for (int i = 0; i < kSize; i++) {
    const int m = d.counts[i >> 2];
    const u32 magnitude = next() & ((1u << m) - 1);
    d.x[i] = i16(magnitude | (next() & 1) << 15);
  }
}

// Counts of few sizes that are the coefficients' own: many stand alone in their significance group.
void counted(Data &d, int) {
  for (int g = 0; g < kSize / 4; g++) {
    const int m = d.counts[g] = u8(min<int>(d.counts[g], 1 + int(next() % 6)));
    for (int i = 4 * g; i < 4 * g + 4; i++) {
      const u32 magnitude = next() & ((1u << m) - 1) >> (next() & 3);
      d.x[i] = i16(magnitude | (next() & 1) << 15);
    }
    if (m > 0) d.x[4 * g + int(next() & 3)] |= i16(1 << (m - 1));
  }
}

// Some counts lower by one, as trimming makes them.
void lower_some(Data &d) {
  for (int g = 0; g < kSize / 4; g++)
    if (d.counts[g] > 0) d.counts[g] -= u8(next() & 1);
}
void trimmed(Data &d, int t) {
  unquantised(d, t);
  lower_some(d);
}

// Few planes in most code groups, as in the higher bands of pictures.
void shallow(Data &d, int t) {
  for (int g = 0; g < kSize / 4; g++)
    if (g % 29 > 0 && d.counts[g] > t + 3) d.counts[g] = u8(t + d.counts[g] % 4);
  unquantised(d, t);
}
void shallow_trimmed(Data &d, int t) {
  shallow(d, t);
  lower_some(d);
}

// Counts of lossless coding above 12 bits.
void widened(Data &d, int) {
  for (u8 &n : d.counts) n = u8(next() & 31);
  for (u8 &n : d.above) n = u8(next() & 31);
}

// Counts behind the line are the next column's: all of them are compared.
size_t predicted(Data &d, int, const void *p[4], size_t s[4]) {
  part(p, s, 0, d.counts, kSize);
  return part(p, s, 1, d.result, 1);
}

// From an odd nibble on where n is odd, and up to the very end of what may be read.
void unpack(const Kernels &k, Data &d, int n, int t, bool signs, bool uniform) {
  const int groups = (n + 3) / 4;
  const u8 *data = reinterpret_cast<const u8 *>(d.a);
  Nibbles in = {data, nullptr, size_t(n & 1)};
  size_t nibbles = in.at;
  for (int g = 0; g < groups; g++) nibbles += d.counts[g] > t ? size_t(d.counts[g] - t + signs) : 0;
  in.end = data + (nibbles + 1) / 2;
  k.unpack(in, d.counts, groups, t, signs, uniform, d.x);
  d.result[0] = u32(in.at);
}
size_t unpacked(Data &d, int n, const void *p[4], size_t s[4]) {
  part(p, s, 0, d.x, (n + 3) & ~3);
  return part(p, s, 1, d.result, 1);
}

// Behind some bits of a line before, and into a buffer that ends with the last bit.
void pack(const Kernels &k, Data &d, int n, int t, bool signs, bool uniform) {
  const int groups = (n + 3) / 4;
  size_t bits = size_t(n % 8);
  for (int g = 0; g < groups; g++) bits += d.counts[g] > t ? 4 * size_t(d.counts[g] - t + signs) : 0;
  u8 *const bytes = reinterpret_cast<u8 *>(d.out);
  BitWriter out(bytes, bytes + (bits + 7) / 8);
  out.put(0, n % 8);
  k.pack(out, d.x, d.counts, groups, t, signs, uniform);
  d.result[0] = u32(out.finish() - bytes);
}
size_t packed(Data &d, int, const void *p[4], size_t s[4]) {
  part(p, s, 0, d.out, 2 * kSize);
  return part(p, s, 1, d.result, 1);
}

const Test kTests[] = {
    {"predict from zero",
     [](const Kernels &k, Data &d, int n, int t) {
       d.result[0] = u32(k.predict(d.counts, d.bytes, (n + 3) / 4, t, t, false, 1, 15));
     },
     predicted,
     [](Data &d, int) {
       for (u8 &n : d.bytes) n &= 7;
     }},
    {"predict vertically",
     [](const Kernels &k, Data &d, int n, int t) {
       d.result[0] = u32(k.predict(d.counts, d.bytes, (n + 3) / 4, t, t + t / 3, true, 0, 15));
     },
     predicted,
     [](Data &d, int) {
       for (u8 &n : d.bytes) n = n % 8 == 0 ? 255 : n & 31;
     }},
    {"predict wide",
     [](const Kernels &k, Data &d, int n, int t) {
       d.result[0] = u32(k.predict(d.counts, d.bytes, (n + 3) / 4, t, t + t / 3, true, 1, 31));
     },
     predicted,
     [](Data &d, int) {
       widened(d, 0);
       for (u8 &n : d.bytes) n = n % 8 == 0 ? 255 : n & 63;
     }},
    {"residuals",
     [](const Kernels &k, Data &d, int n, int t) {
       k.residuals(d.counts, d.above, d.bytes, (n + 3) / 4, t, t + t / 3, n & 1);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       return part(p, s, 0, d.bytes, (n + 3) / 4);
     }},
    {"residuals wide",
     [](const Kernels &k, Data &d, int n, int t) {
       k.residuals(d.counts, d.above, d.bytes, (n + 3) / 4, t, t + t / 3, n & 1);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       return part(p, s, 0, d.bytes, (n + 3) / 4);
     },
     widened},
    {"put codes",
     [](const Kernels &k, Data &d, int n, int t) {
       u8 *const flag_bytes = reinterpret_cast<u8 *>(d.out), *const code_bytes = flag_bytes + kSize;
       BitWriter flags(flag_bytes, flag_bytes + kSize), out(code_bytes, code_bytes + 2 * kSize);
       flags.put(0, n % 8);
       out.put(0, t % 8);
       k.put_codes(flags, out, d.counts, d.bytes, (n + 3) / 4, t, n % 3 != 0, n % 3 == 1);
       d.result[0] = u32(flags.finish() - flag_bytes);
       d.result[1] = u32(out.finish() - code_bytes);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) {
       // Behind what was written the writer may leave anything.
       const u8 *bytes = reinterpret_cast<const u8 *>(d.out);
       part(p, s, 0, bytes, int(d.result[0]));
       part(p, s, 1, bytes + kSize, int(d.result[1]));
       return part(p, s, 2, d.result, 2);
     },
     [](Data &d, int) {
       // Stretches of large ones, more than wide counts lead to, of small and of hardly any residuals.
       for (int i = 0; i < kSize; i++) {
         u8 &n = d.bytes[i];
         n = i / 64 % 3 == 0 ? u8(n % 48) : i / 64 % 3 == 1 ? n & 3 : n < 8;
       }
     }},
    {"unpack signs, uniform",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, true); }, unpacked},
    {"unpack signs, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, false); }, unpacked},
    {"unpack",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, false, true); }, unpacked},
    {"unpack shallow, uniform",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, true); }, unpacked,
     shallow},
    {"unpack shallow, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, false); }, unpacked,
     shallow},
    {"dequantise deadzone",
     [](const Kernels &k, Data &d, int n, int t) { k.dequantise(d.x, d.counts, n, t, false); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.x, n); }},
    {"dequantise uniform",
     [](const Kernels &k, Data &d, int n, int t) { k.dequantise(d.x, d.counts, n, t, true); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.x, n); }},
    {"synthesise",
     [](const Kernels &k, Data &d, int n, int) {
       d.y[P - 1] = d.y[P];
       d.y[P + n / 2] = d.y[P + max(n / 2 - 1, 0)];
       k.synthesise(d.a + P, d.y + P, 8, d.out + P, d.c + P, n);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out + P, n); }},
    {"synthesise_first",
     [](const Kernels &k, Data &d, int n, int) {
       d.y[P - 1] = d.y[P];
       d.y[P + n / 2] = d.y[P + max(n / 2 - 1, 0)];
       k.synthesise_first(d.x + P, d.y + P, 6, d.out + P, d.c + P, n);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out + P, n); }},
    {"synthesise_wide",
     [](const Kernels &k, Data &d, int n, int) {
       d.b[P - 1] = d.b[P];
       d.b[P + n / 2] = d.b[P + max(n / 2 - 1, 0)];
       k.synthesise_wide(d.a + P, d.b + P, d.out + P, d.c + P, n);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out + P, n); }},
    {"widen", [](const Kernels &k, Data &d, int n, int) { k.widen(d.y, 8, d.out, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"lift_even",
     [](const Kernels &k, Data &d, int n, int) { k.lift_even(d.out, d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"lift_odd",
     [](const Kernels &k, Data &d, int n, int) { k.lift_odd(d.out, d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"lift_pair",
     [](const Kernels &k, Data &d, int n, int) { k.lift_pair({d.c, d.a, d.b, d.b + 1, d.a + 1}, d.out, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.c, n);
       return part(p, s, 1, d.out, n);
     }},
    {"lift_store8",
     [](const Kernels &k, Data &d, int n, int) {
       k.lift_store8({d.c, d.a, d.b, d.b + 1, d.a + 1}, d.bytes, d.above, n, {526336, 12, 255});
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.c, n);
       part(p, s, 1, d.bytes, kSize);
       return part(p, s, 2, d.above, kSize);
     }},
    {"lift_store16",
     [](const Kernels &k, Data &d, int n, int) {
       u16 *const even = reinterpret_cast<u16 *>(d.y);
       k.lift_store16({d.c, d.a, d.b, d.b + 1, d.a + 1}, d.words, even, n, {524800, 10, 1023});
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.c, n);
       part(p, s, 1, d.words, kSize);
       return part(p, s, 2, d.y, kSize);
     }},
    {"inverse_rct", [](const Kernels &k, Data &d, int n, int) { k.inverse_rct(d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.a, n);
       part(p, s, 1, d.b, n);
       return part(p, s, 2, d.c, n);
     }},
    {"lift_cross",
     [](const Kernels &k, Data &d, int n, int t) {
       const i32 *const around[4] = {d.b, d.b + 1, d.c, d.a + 1};
       k.lift_cross(d.out, around, t % 4, t / 4, 2 + (t & 1), n & 1, n);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"store8",
     [](const Kernels &k, Data &d, int n, int) { k.store8(d.a, d.bytes, n, {526336, 12, 255}); },
     // What lies behind the line is the caller's: all of it is compared.
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.bytes, kSize); }},
    {"store16",
     [](const Kernels &k, Data &d, int n, int) { k.store16(d.a, d.words, n, {524800, 10, 1023}); },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.words, kSize); }},
    {"load8",
     [](const Kernels &k, Data &d, int n, int) { k.load8(d.bytes, d.out, n, 524288, 12, 255); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"load16",
     [](const Kernels &k, Data &d, int n, int) { k.load16(d.words, d.out, n, 524288, 10, 1023); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"rct_luma", [](const Kernels &k, Data &d, int n, int) { k.rct_luma(d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.a, n); }},
    {"rct_chroma", [](const Kernels &k, Data &d, int n, int) { k.rct_chroma(d.a, d.b, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.a, n); }},
    {"lift_high",
     [](const Kernels &k, Data &d, int n, int) { k.lift_high(d.out, d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"lift_low",
     [](const Kernels &k, Data &d, int n, int) { k.lift_low(d.out, d.a, d.b, d.c, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.out, n); }},
    {"analyse",
     [](const Kernels &k, Data &d, int n, int) { k.analyse(d.a + P, d.b + P, d.c + P, n); },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.b + P, (n + 1) / 2);
       return part(p, s, 1, d.c + P, n / 2);
     }},
    {"round",
     [](const Kernels &k, Data &d, int n, int) {
       d.result[0] = k.round(d.a, 8, d.x, d.counts, n);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       part(p, s, 0, d.x, (n + 3) & ~3);
       part(p, s, 1, d.counts, (n + 3) / 4);
       return part(p, s, 2, d.result, 1);
     }},
    {"quantise deadzone",
     [](const Kernels &k, Data &d, int n, int t) { k.quantise(d.x, d.counts, d.y, n, t, false); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.y, n); },
     trimmed},
    {"quantise uniform",
     [](const Kernels &k, Data &d, int n, int t) { k.quantise(d.x, d.counts, d.y, n, t, true); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.y, n); },
     trimmed},
    {"pack signs, uniform",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, true); }, packed,
     trimmed},
    {"pack signs, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, false); }, packed,
     trimmed},
    {"pack", [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, false, true); }, packed,
     trimmed},
    {"pack shallow, uniform",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, true); }, packed,
     shallow_trimmed},
    {"pack shallow, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, false); }, packed,
     shallow},
    {"vertical_cost, Rm 0",
     [](const Kernels &k, Data &d, int n, int t) {
       k.vertical_cost(d.counts, d.above, (n + 3) / 4, t, t + t / 3, false, d.result, d.result + 1);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.result, 2); }},
    {"vertical_cost, Rm 1",
     [](const Kernels &k, Data &d, int n, int t) {
       k.vertical_cost(d.counts, d.above, (n + 3) / 4, t, t, true, d.result, d.result + 1);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.result, 2); }},
    {"vertical_cost wide",
     [](const Kernels &k, Data &d, int n, int t) {
       k.vertical_cost(d.counts, d.above, (n + 3) / 4, t, t, true, d.result, d.result + 1);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.result, 2); },
     widened},
    {"grade",
     [](const Kernels &k, Data &d, int n, int) {
       memcpy(d.bytes, d.counts, kSize);
       k.grade(d.x, d.bytes, (n + 3) / 4);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.bytes, kSize); },
     counted},
    {"trim",
     [](const Kernels &k, Data &d, int n, int t) {
       k.trim(d.bytes, d.above, (n + 3) / 4, t, t % 4 - 1);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       return part(p, s, 0, d.above, (n + 3) / 4);
     }},
    {"collect",
     [](const Kernels &k, Data &d, int n, int) {
       k.collect(d.bytes, (n + 3) / 4, d.histogram, d.stats);
     },
     [](Data &d, int, const void *p[4], size_t s[4]) {
       part(p, s, 0, &d.histogram, 1);
       return part(p, s, 1, &d.stats, 1);
     },
     [](Data &d, int) {
       const u8 mask = u8(next());
       const bool none = next() % 4 == 0;
       for (int i = 0; i < kSize; i++) d.bytes[i] = none || i / 64 % 3 == 0 ? 0 : d.bytes[i] & mask;
     }},
};

Data wanted, actual;

bool same(const Test &test, int n) {
  const void *a[4], *b[4];
  size_t sizes[4];
  const size_t parts = test.results(wanted, n, a, sizes);
  test.results(actual, n, b, sizes);
  for (size_t i = 0; i < parts; i++)
    if (memcmp(a[i], b[i], sizes[i]) != 0) return false;
  return true;
}

double speed(const Test &test, const Kernels &kernels) {
  fill(actual, 0, 3);
  if (test.prepare != nullptr) test.prepare(actual, 3);
  double best = 1e9;
  for (int round = 0; round < 5; round++) {
    const double start = now();
    for (int i = 0; i < 200; i++) test.run(kernels, actual, kLongest, 3);
    best = min(best, now() - start);
  }
  return best;
}

}  // namespace

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 2;
  const int best = jxs_best_kernels();
  for (int family = JXS_V128; family <= best; family++) {
    const Kernels &kernels = kernels_of(family);
    for (const Test &test : kTests) {
      for (int round = 0; round < rounds; round++) {
        for (int n = 1; n <= kLongest; n = n < 66 ? n + 1 : n == 66 ? 480 : n * 2) {
          const int t = int(next() % 15), kind = int(next() % 4);
          const u32 seed = state;
          for (Data *d : {&wanted, &actual}) {
            state = seed;
            fill(*d, kind, t);
            if (test.prepare != nullptr) test.prepare(*d, t);
            test.run(d == &wanted ? kScalarKernels : kernels, *d, n, t);
          }
          if (same(test, n)) continue;
          printf("family %d, %s: differs at n %d, t %d, kind %d\n", family, test.name, n, t, kind);
          return 1;
        }
      }
      printf("%s %-22s %5.1fx\n", family == JXS_V128 ? "v128" : "avx2", test.name,
             speed(test, kScalarKernels) / speed(test, kernels));
    }
  }
  printf("all kernels agree\n");
  return 0;
}
