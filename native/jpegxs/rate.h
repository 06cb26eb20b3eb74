// What a precinct costs and how it is coded for a quantisation Q and a refinement R (ISO/IEC 21122-1 annex C).
#pragma once
#include "analysis.h"

namespace jxs {

constexpr int kMaxPackets = kMaxLines;
constexpr u32 kNoCost = 0xffffffff;

// Packets and lines of a row of precincts: the last row of a picture may lack some.
struct PrecinctPlan {
  struct Packet {
    int first, lines;
    // Packets that share bands share their raw mode unless Rl is 1.
    int group;
    u32 code_groups;
  };
  Line line[kMaxLines];
  int lines;
  Packet packet[kMaxPackets];
  // Packets, and the groups that they form.
  int packets, groups;
  // Lines of each band.
  int band_line[JXS_MAX_BANDS][1 << kMaxLevelsY];
  int band_lines[JXS_MAX_BANDS];
};

inline int groups_of(const Geometry &g, int band) { return ceil_div(g.band[band].width, 4); }

void make_plan(const JxsHeader &header, const Geometry &geometry, int row, PrecinctPlan &plan);

// Sums over one line for every truncation position T.
struct LineStats {
  // Bit-planes above T, groups with some, groups in significance groups with some.
  u32 planes[16], coded[16], flagged[16];
  // Costs under vertical prediction with the same T above, and numbers of signs; kNoCost: not known yet.
  u32 vertical[16], vertical_flagged[16], signs[16];
};

// One precinct of the slice at hand.
struct PrecinctView {
  const PrecinctPlan *plan;
  LineStats *stats;
  // Index in the slice.
  int index;
};

// How the precinct is coded.
struct Choice {
  int q, r;
  u32 bytes;
  u8 t[JXS_MAX_BANDS];
  // D[b]: bit 0 vertical prediction, bit 1 significance flags.
  u8 mode[JXS_MAX_BANDS];
  struct Packet {
    bool raw;
    u32 significance, counts, data, signs;
  } packet[kMaxPackets];
};

struct CostOptions {
  bool vertical, significance, fast_signs;
};

class RateModel {
 public:
  const JxsHeader &header;
  const Geometry &geometry;
  const Kernels &kernels;
  const BandRows *rows;
  // Lines for quantised values and for residuals of counts.
  i16 *scratch;
  u8 *residuals;

  void collect(PrecinctView &precinct) const;
  // Chooses the cheapest coding for (q, r). `above`: T of each band in the precinct above, null in the first of a slice.
  // Returns the bytes with headers, kNoCost where a length does not fit its field.
  u32 cost(const PrecinctView &precinct, int q, int r, const CostOptions &options, const u8 *above,
           Choice &choice) const;

  const i16 *coefficients(int precinct, const Line &line) const;
  const u8 *counts(int precinct, const Line &line) const;

 private:
  u32 count_signs(const PrecinctView &precinct, int line, int t) const;
};

}  // namespace jxs
