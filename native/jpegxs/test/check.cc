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
  void (*prepare)(Data &) = nullptr;
};

template <class T>
size_t part(const void *parts[4], size_t sizes[4], size_t at, const T *data, int n) {
  parts[at] = data;
  sizes[at] = size_t(n) * sizeof(T);
  return at + 1;
}

constexpr int P = kPad;

// Makes sign-magnitude coefficients out of random ones that agree with their counts.
void unquantised(Data &d) {
  for (int i = 0; i < kSize; i++) {
    const int m = d.counts[i >> 2];
    const u32 magnitude = next() & ((1u << m) - 1);
    d.x[i] = i16(magnitude | (next() & 1) << 15);
  }
}

// Counts of few sizes that are the coefficients' own: many stand alone in their significance group.
void counted(Data &d) {
  for (int g = 0; g < kSize / 4; g++) {
    const int m = d.counts[g] = u8(min<int>(d.counts[g], 1 + int(next() % 6)));
    for (int i = 4 * g; i < 4 * g + 4; i++) {
      const u32 magnitude = next() & ((1u << m) - 1) >> (next() & 3);
      d.x[i] = i16(magnitude | (next() & 1) << 15);
    }
    if (m > 0) d.x[4 * g + int(next() & 3)] |= i16(1 << (m - 1));
  }
}

// Coefficients and counts, some of them lower by one as trimming makes them.
void trimmed(Data &d) {
  unquantised(d);
  for (int g = 0; g < kSize / 4; g++)
    if (d.counts[g] > 0) d.counts[g] -= u8(next() & 1);
}

// Counts of lossless coding above 12 bits.
void widened(Data &d) {
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
     [](Data &d) {
       for (u8 &n : d.bytes) n &= 7;
     }},
    {"predict vertically",
     [](const Kernels &k, Data &d, int n, int t) {
       d.result[0] = u32(k.predict(d.counts, d.bytes, (n + 3) / 4, t, t + t / 3, true, 0, 15));
     },
     predicted,
     [](Data &d) {
       for (u8 &n : d.bytes) n = n % 8 == 0 ? 255 : n & 31;
     }},
    {"predict wide",
     [](const Kernels &k, Data &d, int n, int t) {
       d.result[0] = u32(k.predict(d.counts, d.bytes, (n + 3) / 4, t, t + t / 3, true, 1, 31));
     },
     predicted,
     [](Data &d) {
       widened(d);
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
    {"unpack signs, uniform",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, true); }, unpacked},
    {"unpack signs, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, true, false); }, unpacked},
    {"unpack",
     [](const Kernels &k, Data &d, int n, int t) { unpack(k, d, n, t, false, true); }, unpacked},
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
     [](const Kernels &k, Data &d, int n, int) { k.store8(d.a, d.bytes, n, 526336, 12, 255); },
     // What lies behind the line is the caller's: all of it is compared.
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.bytes, kSize); }},
    {"store16",
     [](const Kernels &k, Data &d, int n, int) { k.store16(d.a, d.words, n, 524800, 10, 1023); },
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
     unquantised},
    {"quantise uniform",
     [](const Kernels &k, Data &d, int n, int t) { k.quantise(d.x, d.counts, d.y, n, t, true); },
     [](Data &d, int n, const void *p[4], size_t s[4]) { return part(p, s, 0, d.y, n); },
     trimmed},
    {"pack signs, uniform",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, true); }, packed,
     trimmed},
    {"pack signs, deadzone",
     [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, true, false); }, packed,
     unquantised},
    {"pack", [](const Kernels &k, Data &d, int n, int t) { pack(k, d, n, t, false, true); }, packed,
     trimmed},
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
    {"grade", [](const Kernels &k, Data &d, int n, int) { k.grade(d.x, d.counts, (n + 3) / 4); },
     [](Data &d, int, const void *p[4], size_t s[4]) { return part(p, s, 0, d.counts, kSize); },
     counted},
    {"trim",
     [](const Kernels &k, Data &d, int n, int t) {
       k.trim(d.bytes, d.above, (n + 3) / 4, t, t % 4 - 1);
     },
     [](Data &d, int n, const void *p[4], size_t s[4]) {
       return part(p, s, 0, d.above, (n + 3) / 4);
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
  if (test.prepare != nullptr) test.prepare(actual);
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
            if (test.prepare != nullptr) test.prepare(*d);
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
