// What a precinct costs and how it is coded for a quantisation Q and a refinement R (ISO/IEC 21122-1 annex C).
#pragma once
#include "analysis.h"

namespace jxs {

constexpr int kMaxPackets = kMaxLines;
constexpr u32 kNoCost = 0xffffffff;

// Packets and lines of a precinct: in the last row of a picture some may be missing, in the last column all are shorter.
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
  // Coefficients of a line of each band.
  int width[JXS_MAX_BANDS];

  int groups_of(int band) const { return ceil_div(width[band], 4); }
};

void make_plan(const JxsHeader &header, const Geometry &geometry, int row, int column,
               PrecinctPlan &plan);

inline int lane_of(int thrift) { return thrift & 3; }

// One precinct of the slice at hand.
struct PrecinctView {
  const PrecinctPlan *plan;
  LineStats *stats;
  // In the slice.
  int row, column;
};

// How the precinct is coded.
struct Choice {
  int q, r;
  u32 bytes;
  u8 t[JXS_MAX_BANDS];
  i8 thrift[JXS_MAX_BANDS];
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
  // Lines for quantised values, for residuals of counts, and for the counts of a line and of the one above.
  i16 *scratch;
  u8 *residuals, *counts[2];
  GradeHistogram *histogram;
  // Steps of refinement that make one of Q; 0: nothing is trimmed.
  int trim_steps;

  void collect(PrecinctView &precinct) const;
  // Chooses the cheapest coding for (q, r). `above`: the precinct above, null in the first of a slice.
  // Returns the bytes with headers, kNoCost where a length does not fit its field.
  u32 cost(const PrecinctView &precinct, int q, int r, const CostOptions &options, const Choice *above,
           Choice &choice) const;

  // A line of 16-bit coefficients or of wide ones.
  template <class Coefficient>
  const Coefficient *coefficients(const PrecinctView &precinct, const Line &line) const {
    const BandRows &r = rows[line.band];
    const Band &band = geometry.band[line.band];
    const u8 *row = r.coefficients + size_t(precinct.row * band.rows + line.row) * r.stride;
    return reinterpret_cast<const Coefficient *>(row) + size_t(precinct.column) * size_t(band.column);
  }
  // The counts of a line as `choice` codes them, and with `above_too` of the line above; both in `counts`.
  void trim(const PrecinctView &precinct, const Line &line, const Choice &choice, const Choice *above, bool above_too) const;

 private:
  const u8 *grades(const PrecinctView &precinct, const Line &line) const;
  void collect_wide(const PrecinctView &precinct) const;
  u32 count_signs(const PrecinctView &precinct, int line, const Choice &choice) const;
};

}  // namespace jxs
