// What every part of the codec uses: bytes, limits, the arena and the geometry of ISO/IEC 21122-1 annex B.
#pragma once
#include "codec.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace jxs {

using u8 = uint8_t;
using i8 = int8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;

constexpr int kMaxLevelsX = 5;
constexpr int kMaxLevelsY = 2;
// Lines of a precinct: 13 of each wavelet-coded component at NLy 2, or four of a suppressed one.
constexpr int kMaxLines = 13 * JXS_MAX_COMPONENTS;
// Kernels may read and write this many bytes beyond either end of a line.
constexpr size_t kLinePad = 64;

template <class T>
constexpr T min(T a, T b) {
  return a < b ? a : b;
}
template <class T>
constexpr T max(T a, T b) {
  return a > b ? a : b;
}
template <class T>
constexpr T clamp(T v, T lo, T hi) {
  return v < lo ? lo : v > hi ? hi : v;
}
constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }
// ceil(a / 2^s)
constexpr int ceil_shift(int a, int s) { return (a + (1 << s) - 1) >> s; }

inline u32 be16(const u8 *p) { return u32(p[0]) << 8 | p[1]; }
inline u32 be24(const u8 *p) { return be16(p) << 8 | p[2]; }
inline u32 be32(const u8 *p) { return be16(p) << 16 | be16(p + 2); }

// Eight bytes, the first in the top. WASM has no instruction to swap them but a shuffle.
inline u64 load_be64(const u8 *p) {
#ifdef __wasm_simd128__
  v128_t v = wasm_v128_load64_zero(p);
  return u64(wasm_i64x2_extract_lane(
      wasm_i8x16_shuffle(v, v, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0), 0));
#else
  u64 v;
  __builtin_memcpy(&v, p, 8);
  return __builtin_bswap64(v);
#endif
}
inline void store_be64(u8 *p, u64 value) {
#ifdef __wasm_simd128__
  v128_t v = wasm_i64x2_splat(i64(value));
  wasm_v128_store64_lane(
      p, wasm_i8x16_shuffle(v, v, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0), 0);
#else
  value = __builtin_bswap64(value);
  __builtin_memcpy(p, &value, 8);
#endif
}

inline int fail(JxsError *error, int status, int at, size_t offset) {
  *error = {status, at, u32(offset)};
  return status;
}

// Hands out aligned pieces of the caller's memory. Without memory it only adds up, beyond what an address can say too.
class Arena {
 public:
  explicit Arena(void *memory) : base_(static_cast<u8 *>(memory)) {}

  template <class T>
  T *take(u64 count) {
    const u64 at = used_;
    used_ += (count * sizeof(T) + 63) & ~u64(63);
    return base_ == nullptr ? nullptr : reinterpret_cast<T *>(base_ + at);
  }

  // A line of `count` with room for kernels on both sides.
  template <class T>
  T *line(u64 count) {
    T *start = take<T>(count + 2 * kLinePad / sizeof(T));
    return start == nullptr ? nullptr : start + kLinePad / sizeof(T);
  }

  // What was handed out, or 0 with the reason in `error`: more than fits a heap with pointers of 32 bits.
  size_t used(JxsError *error) const {
    if (used_ <= UINT32_MAX) return size_t(used_);
    fail(error, JXS_LIMIT, JXS_AT_MEMORY, 0);
    return 0;
  }

 private:
  u8 *base_;
  u64 used_ = 0;
};

// One existing band (B.3).
struct Band {
  u8 component, beta;
  u8 dx, dy, tx, ty;
  // Coefficients over the picture.
  int width, height;
  // Lines in a full precinct; coefficients of a full column of precincts.
  int rows, column;
};

// One band line of a precinct's packets (C.3).
struct Line {
  u8 band, row, packet;
};

struct Geometry {
  Band band[JXS_MAX_BANDS];
  int bands;
  // Lines of all packets in coding order.
  Line line[kMaxLines];
  int lines;
  // Grid width of a column of precincts; columns; rows of precincts; slices.
  int column_width, columns, rows, slices;
  int precinct_header;
  // Bands with the non-existing ones: bound of R.
  int nl;
  bool long_packets;
};

void make_geometry(const JxsHeader &header, Geometry &geometry);

// Width of a band in a column of precincts that is `grid` points wide.
inline int band_width(const JxsHeader &h, const Band &b, int grid) {
  int w = ceil_div(grid, h.component[b.component].sx);
  return b.tx ? ceil_shift(w, b.dx - 1) >> 1 : ceil_shift(w, b.dx);
}

// Lossless coding above 12 bits (Br 5) has coefficients of more than 15 bits: they are kept in 32 bits instead of 16.
inline bool is_wide(const JxsHeader &h) { return h.br > 4; }
inline size_t coefficient_size(const JxsHeader &h) { return is_wide(h) ? sizeof(i32) : sizeof(i16); }
// Bytes of raw counts.
inline size_t raw_size(const JxsHeader &h, size_t code_groups) { return (code_groups * h.br + 7) >> 3; }

// Vertical levels of a component (B.2).
inline int vertical_levels(const JxsHeader &h, int i) {
  return i >= h.nc - h.sd ? 0 : h.nly - (h.component[i].sy - 1);
}

// T[b] of a precinct (C.6.2): note the strict comparison.
inline int truncation(const JxsHeader &h, int band, int q, int r) {
  return clamp(q - h.gain[band] - (h.priority[band] < r ? 1 : 0), 0, (1 << h.br) - 1);
}

}  // namespace jxs
