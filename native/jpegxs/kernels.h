// The inner loops, in one table for each family. Lines have kLinePad bytes on both sides that kernels may read and, except
// where a store goes into the caller's picture, write.
#pragma once
#include "codes.h"
#include "stats.h"

namespace jxs {

// Where the data of a packet are read, in nibbles. Bytes from `end` on count as zeros.
struct Nibbles {
  const u8 *data, *end;
  size_t at;
};

// Rows of vertical synthesis: the next even row, of which the low and the high one are at hand, and the odd row above it,
// which becomes final with it.
struct LiftRows {
  i32 *even;
  const i32 *low, *high, *high_above, *even_above;
};

// Linear output scaling (G.3): clamp((x + bias) >> shift, 0, limit).
struct Scale {
  int bias, shift, limit;
};

struct Kernels {
  // Bit-plane counts from residuals as they are coded (C.5.3). `counts` holds those above and receives the new ones;
  // `floor` is the larger of both truncations. Residual 255 makes the count T, whatever was predicted. Returns the nibbles
  // of data that the counts stand for, `extra` for each coded group included, or -1 for a count above
  // `most`, all of whose bits are ones.
  int (*predict)(u8 *counts, const u8 *residuals, int groups, int t, int floor, bool vertical,
                 int extra, int most);
  // The other way round: residuals of counts, those above in `above`, which is not looked at unless `vertical`.
  void (*residuals)(const u8 *counts, const u8 *above, u8 *out, int groups, int t, int floor,
                    bool vertical);
  // Writes the codes of a line's residuals (all below 56), and with `flagged` its significance flags: groups of eight
  // without a residual are left out, or with `zeros` those without a count above T.
  void (*put_codes)(BitWriter &flags, BitWriter &out, const u8 *counts, const u8 *residuals, int groups, int t,
                    bool flagged, bool zeros);
  // Reads the code groups of a line: bit-planes, and with `signs` the signs in front of them (C.5.4). Then `out` receives
  // coefficients, dequantised as below; without signs it receives magnitude indexes. Whole groups are written, and up to
  // three behind the last.
  void (*unpack)(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform,
                 i16 *out);
  // Dequantisation in place: sign and magnitude index to a signed coefficient (ISO/IEC 21122-1 D.1, D.2). `counts` has
  // one M for four coefficients.
  void (*dequantise)(i16 *line, const u8 *counts, int width, int t, bool uniform);
  // One horizontal synthesis step (E.4): `low` at full scale or as coefficients, `high` as coefficients, both of which
  // are shifted up by `fq`. high[-1] mirrors high[0], and behind an odd `n` high[n/2] mirrors the one before. `scratch`
  // holds the even samples.
  void (*synthesise)(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n);
  void (*synthesise_first)(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n);
  // The same for wide coefficients, which have no fractional bits.
  void (*synthesise_wide)(const i32 *low, const i32 *high, i32 *out, i32 *scratch, int n);
  // Coefficients at full scale.
  void (*widen)(const i16 *line, int fq, i32 *out, int n);
  // Vertical lifting (E.4): out = low − ((above + below + 2) >> 2); out = high + ((above + below) >> 1).
  void (*lift_even)(i32 *out, const i32 *low, const i32 *above, const i32 *below, int n);
  void (*lift_odd)(i32 *out, const i32 *high, const i32 *above, const i32 *below, int n);
  // Both at once: an even row and the odd one above it.
  void (*lift_pair)(const LiftRows &rows, i32 *odd, int n);
  // The same, both rows as samples; the even one stays in `rows` too.
  void (*lift_store8)(const LiftRows &rows, u8 *odd, u8 *even, int n, const Scale &scale);
  void (*lift_store16)(const LiftRows &rows, u16 *odd, u16 *even, int n, const Scale &scale);
  // Inverse reversible colour transform in place (F.3): y, u, v become R, G, B.
  void (*inverse_rct)(i32 *y, i32 *u, i32 *v, int n);
  // A step of Star-Tetrix (F.5): the sums of the first two neighbours and of the others, shifted up by `first` and `second`,
  // are added and shifted down, and that is added to `x` or subtracted.
  void (*lift_cross)(i32 *x, const i32 *const around[4], int first, int second, int shift,
                     bool subtract, int n);
  void (*store8)(const i32 *x, u8 *out, int n, const Scale &scale);
  void (*store16)(const i32 *x, u16 *out, int n, const Scale &scale);

  // Samples at full scale around zero (G.2): ((x & mask) << shift) − bias.
  void (*load8)(const u8 *x, i32 *out, int n, int bias, int shift, int mask);
  void (*load16)(const u16 *x, i32 *out, int n, int bias, int shift, int mask);
  // One component of the forward reversible colour transform (F.3): luma in place of red, or blue or red minus green.
  void (*rct_luma)(i32 *red, const i32 *green, const i32 *blue, int n);
  void (*rct_chroma)(i32 *other, const i32 *green, int n);
  // Vertical lifting forwards (E.5): out = x − ((above + below) >> 1); out = x + ((above + below + 2) >> 2).
  void (*lift_high)(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n);
  void (*lift_low)(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n);
  // One horizontal analysis step: n samples become (n + 1) / 2 low and n / 2 high ones. x[n] is written.
  void (*analyse)(i32 *x, i32 *low, i32 *high, int n);
  // Rounds `fq` fractional bits off into sign and magnitude (E.5) and finds the bit-plane counts of the code groups, the
  // last of which is filled up with zeros. Returns the union of all magnitudes, before they are clamped to 15 bits.
  u32 (*round)(const i32 *x, int fq, i16 *out, u8 *counts, int n);
  // Quantisation (D.3): sign and magnitude become sign and index, the largest one where a magnitude exceeds its count.
  void (*quantise)(const i16 *line, const u8 *counts, i16 *out, int n, int t, bool uniform);
  // Writes the code groups of a line (C.5.4): quantised as above, signs first where they are wanted, then the bit-planes.
  void (*pack)(BitWriter &out, const i16 *line, const u8 *counts, int groups, int t, bool signs,
               bool uniform);
  // Bits of the counts of a line under vertical prediction, and the same with significance flags (flags not counted).
  // `floor` is the larger of both truncations.
  void (*vertical_cost)(const u8 *counts, const u8 *above, int groups, int t, int floor, bool rm,
                        u32 *plain, u32 *flagged);
  // Bit-plane counts of a line become grades, in place (trim.h).
  void (*grade)(const i16 *line, u8 *counts, int groups);
  // The counts that are coded at truncation `t`, from grades.
  void (*trim)(const u8 *grades, u8 *counts, int groups, int t, int thrift);
  // Sums the grades of a line up. The histogram is scratch.
  void (*collect)(const u8 *grades, int groups, GradeHistogram &histogram, LineStats &line);
};

extern const Kernels kScalarKernels;
extern const Kernels kV128Kernels;
#ifdef JXS_HAVE_AVX2
extern const Kernels kAvx2Kernels;
#endif

const Kernels &kernels_of(int family);

}  // namespace jxs
