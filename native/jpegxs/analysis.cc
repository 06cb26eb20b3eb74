#include "analysis.h"

#include "wide.h"

namespace jxs {
namespace {

template <class T>
inline void swap(T &a, T &b) {
  T c = a;
  a = b;
  b = c;
}

class Analysis {
 public:
  Analysis(const JxsHeader &h, const Geometry &g, const Kernels &k, AnalysisMemory &m,
           const JxsPlane *planes, int i, int first, int end, bool followed, const BandRows *rows)
      : h_(h), g_(g), k_(k), m_(m), level_(m.level[i]), planes_(planes), i_(i), first_(first),
        end_(end), followed_(followed), rows_(rows) {
    for (int &b : index_) b = -1;
    for (int b = 0; b < g.bands; b++)
      if (g.band[b].component == i) index_[g.band[b].beta] = b;
    levels_ = vertical_levels(h, i);
  }

  u32 run(bool resumes) {
    const Band &lowest = g_.band[index_[0]];
    const int first = first_ * lowest.rows, end = min(end_ * lowest.rows, lowest.height);
    if (resumes) take_over();
    else start(levels_, first);
    for (int y = first; y < end; y++) {
      fetch(levels_, y, m_.row);
      horizontal_only(m_.row, y);
    }
    return seen_;
  }

 private:
  int width(int depth) const { return ceil_shift(h_.component[i_].width, depth); }
  int height(int depth) const { return ceil_shift(h_.component[i_].height, depth); }

  // Makes row `k` the next that `fetch` gives at `level`.
  void start(int level, int k) {
    if (level == 0) return;
    AnalysisLevel &v = level_[level - 1];
    v.k = k;
    if (k == 0) {
      start(level - 1, 0);
      fetch(level - 1, 0, v.even);
      return;
    }
    start(level - 1, 2 * k - 2);
    fetch(level - 1, 2 * k - 2, v.next);
    fetch(level - 1, 2 * k - 1, v.odd);
    fetch(level - 1, 2 * k, v.even);
    k_.lift_high(v.high_above, v.odd, v.next, v.even, width(level - 1));
  }

  // Row `y` of LL at `level`; rows must be asked for in order. The other bands of that level go where they belong.
  void fetch(int level, int y, i32 *out) {
    if (level == 0) return input(y, out);
    AnalysisLevel &v = level_[level - 1];
    const int n = height(level - 1), w = width(level - 1), k = v.k++;
    const bool has_high = 2 * k + 1 < n;
    if (has_high) {
      fetch(level - 1, 2 * k + 1, v.odd);
      const bool more = 2 * k + 2 < n;
      if (more) fetch(level - 1, 2 * k + 2, v.next);
      k_.lift_high(v.high, v.odd, v.even, more ? v.next : v.even, w);
    }
    const i32 *below = has_high ? v.high : v.high_above;
    k_.lift_low(v.low, v.even, k > 0 ? v.high_above : v.high, below, w);
    swap(v.even, v.next);
    swap(v.high, v.high_above);

    const int beta = 2 * h_.nly + h_.nlx + 1 - 3 * level;
    k_.analyse(v.low, out, m_.high, w);
    put(beta, y, m_.high);
    if (!has_high || !wanted(beta + 1, y)) return;
    k_.analyse(v.high_above, m_.low, m_.high, w);
    put(beta + 1, y, m_.low);
    put(beta + 2, y, m_.high);
  }

  void horizontal_only(i32 *row, int y) {
    const Band &lowest = g_.band[index_[0]];
    i32 *other = m_.low;
    for (int depth = lowest.dy; depth < lowest.dx; depth++) {
      k_.analyse(row, other, m_.high, width(depth));
      put(lowest.dx - depth, y, m_.high);
      swap(row, other);
    }
    put(0, y, row);
  }

  // Makes the row that was finished ahead the first one. Only levels within levels run ahead.
  void take_over() {
    for (const int b : index_) {
      if (b < 0 || g_.band[b].dy == levels_) continue;
      const BandRows &r = rows_[b];
      // The slice above is a whole one.
      const size_t row = size_t(h_.hsl) * size_t(g_.band[b].rows);
      __builtin_memcpy(r.coefficients, r.coefficients + row * r.stride, r.stride);
      __builtin_memcpy(r.grades, r.grades + row * r.grades_stride, r.grades_stride);
    }
  }

  bool wanted(int beta, int y) const {
    const int rows = g_.band[index_[beta]].rows;
    return y >= first_ * rows && y < end_ * rows + int(followed_);
  }

  void put(int beta, int y, const i32 *x) {
    if (!wanted(beta, y)) return;
    const int b = index_[beta];
    const size_t row = size_t(y - first_ * g_.band[b].rows);
    u8 *line = rows_[b].coefficients + row * rows_[b].stride;
    u8 *grades = rows_[b].grades + row * rows_[b].grades_stride;
    const int width = g_.band[b].width, groups = ceil_div(width, 4);
    if (is_wide(h_)) {
      __builtin_memcpy(line, x, size_t(width) * sizeof(i32));
      seen_ |= count_wide(reinterpret_cast<i32 *>(line), grades, width);
      return;
    }
    i16 *coefficients = reinterpret_cast<i16 *>(line);
    seen_ |= k_.round(x, h_.fq, coefficients, grades, width);
    if (m_.trim) return k_.grade(coefficients, grades, groups);
    for (int g = 0; g < groups; g++) grades[g] = u8(grades[g] << 4);
  }

  void input(int y, i32 *out) {
    if (h_.cpih == 3) {
      const i32 *row = m_.mosaic.row(i_, y - m_.mosaic_first);
      __builtin_memcpy(out, row, size_t(width(0)) * sizeof(i32));
      return;
    }
    if (h_.cpih != 1 || i_ > 2) return scaled(i_, y, out);
    i32 *green = m_.other[0], *blue = m_.other[1];
    scaled(1, y, green);
    scaled(i_ == 1 ? 2 : 0, y, out);
    if (i_ != 0) return k_.rct_chroma(out, green, width(0));
    scaled(2, y, blue);
    k_.rct_luma(out, green, blue, width(0));
  }

  void scaled(int i, int y, i32 *out) const { load_line(h_, k_, m_.curves, planes_, i, y, out); }

  const JxsHeader &h_;
  const Geometry &g_;
  const Kernels &k_;
  AnalysisMemory &m_;
  AnalysisLevel *level_;
  const JxsPlane *planes_;
  int i_, first_, end_;
  bool followed_;
  const BandRows *rows_;
  int index_[2 * kMaxLevelsY + kMaxLevelsX + 1];
  int levels_;
  u32 seen_ = 0;
};

}  // namespace

// Rows beyond a slice that its wavelet takes in, on either side.
int reach_of(const JxsHeader &h) { return 4 * h.nly - 2 * (h.nly > 0); }

void lay_out_analysis(const JxsHeader &h, Arena &arena, AnalysisMemory &m) {
  if (h.cpih == 3) {
    const int most = (h.hsl << h.nly) + 2 * (reach_of(h) + kTetrixReach);
    lay_out_mosaic(arena, h.wf, min<int>(h.hf, most), m.mosaic);
  }
  for (int i = 0; i < h.nc; i++) {
    for (int n = 0; n < vertical_levels(h, i); n++) {
      const size_t width = size_t(ceil_shift(h.component[i].width, n));
      AnalysisLevel &v = m.level[i][n];
      i32 **rows[] = {&v.even, &v.odd, &v.next, &v.high, &v.high_above, &v.low};
      for (i32 **row : rows) *row = arena.line<i32>(width);
    }
  }
  i32 **rows[] = {&m.row, &m.low, &m.high, &m.other[0], &m.other[1]};
  for (i32 **row : rows) *row = arena.line<i32>(h.wf);
}

void analyse_mosaic(const JxsHeader &h, const Kernels &k, AnalysisMemory &m, const JxsPlane *planes,
                    int first, int end, bool resumes) {
  // Going on from the slice above, the wavelet has all rows above these.
  const int above = kTetrixReach + (resumes ? 0 : reach_of(h)), below = kTetrixReach + reach_of(h);
  const int top = max(0, (first << h.nly) - above), bottom = min<int>(h.hf, (end << h.nly) + below);
  m.mosaic_first = top;
  m.mosaic.height = bottom - top;
  for (int i = 0; i < 4; i++)
    for (int y = top; y < bottom; y++)
      load_line(h, k, m.curves, planes, i, y, m.mosaic.row(kTetrixArray[i], y - top));
  forward_tetrix(h, k, m.mosaic);
}

u32 analyse_component(const JxsHeader &header, const Geometry &geometry, const Kernels &kernels,
                      AnalysisMemory &memory, const JxsPlane *planes, int i, int first, int end,
                      bool resumes, bool followed, const BandRows *rows) {
  return Analysis(header, geometry, kernels, memory, planes, i, first, end, followed, rows)
      .run(resumes);
}

}  // namespace jxs
