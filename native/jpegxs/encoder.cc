// Pictures to slices. A slice is transformed as a whole, which needs a few lines around it and nothing of its neighbours'
// results, so slices are independent jobs.
#include "pack.h"

namespace jxs {
namespace {

struct EncodeJob {
  BandRows rows[JXS_MAX_BANDS];
  AnalysisMemory analysis;
  LineStats *stats;
  i16 *scratch;
  u8 *residuals, *counts[2];
  GradeHistogram *histogram;
  // How each precinct of the slice is coded, and the quality that it has.
  Choice *choice;
  int *level;
};

}  // namespace
}  // namespace jxs

using namespace jxs;

struct JxsEncoder {
  JxsHeader header;
  JxsEncodeOptions options;
  Geometry geometry;
  const Kernels *kernels;
  // For full rows of precincts, and for the last; the same for columns.
  PrecinctPlan plan[2][2];
  InputCurves curves;
  EncodeJob *job;
  // Coarsest quantisation that differs from the one before, steps of refinement.
  int max_q, max_r;
  // Steps of refinement that make one of Q; 0: nothing is trimmed.
  int trim_steps;
};

namespace {

void lay_out(JxsEncoder &e, Arena &arena, const JxsHeader &h, const JxsEncodeOptions &options) {
  e.header = h;
  e.options = options;
  e.kernels = &kernels_of(options.kernels);
  make_geometry(h, e.geometry);
  const Geometry &g = e.geometry;
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 2; column++)
      make_plan(h, g, row * (g.rows - 1), column * (g.columns - 1), e.plan[row][column]);
  e.max_r = 0;
  for (int b = 0; b < g.bands; b++) e.max_r = max(e.max_r, h.priority[b] + 1);
  e.trim_steps = options.trim ? e.max_r : 0;
  e.max_r = min(e.max_r, g.nl - 1);
  // Beyond this every T is 15.
  for (e.max_q = 31; e.max_q > 0; e.max_q--) {
    bool coarsest = true;
    for (int b = 0; b < g.bands; b++) coarsest = coarsest && truncation(h, b, e.max_q, e.max_r) == 15;
    if (!coarsest) break;
  }
  lay_out_curves(h, arena, e.curves);
  const int rows = min<int>(h.hsl, g.rows);
  const u64 precincts = u64(rows) * u64(g.columns);
  e.job = arena.take<EncodeJob>(u64(options.jobs));
  for (int n = 0; n < options.jobs; n++) {
    EncodeJob job = {};
    int widest = 0;
    for (int b = 0; b < g.bands; b++) {
      const Band &band = g.band[b];
      widest = max(widest, band.width);
      BandRows &r = job.rows[b];
      r.stride = ((size_t(band.width) + 4 * kLinePad / sizeof(i16)) & ~size_t(31)) * coefficient_size(h);
      r.coefficients = arena.line<u8>(r.stride * u64(rows * band.rows + 1));
      r.grades_stride = (size_t(ceil_div(band.width, 4)) + 2 * kLinePad) & ~size_t(15);
      // One row above the first is read, never used.
      u8 *grades = arena.line<u8>(r.grades_stride * u64(rows * band.rows + 2));
      r.grades = grades == nullptr ? nullptr : grades + r.grades_stride;
    }
    lay_out_analysis(h, arena, job.analysis);
    job.analysis.curves = e.curves;
    job.analysis.trim = e.trim_steps > 0;
    job.stats = arena.take<LineStats>(precincts * u64(g.lines));
    job.scratch = arena.line<i16>(size_t(widest));
    job.residuals = arena.line<u8>(size_t(ceil_div(widest, 4)));
    for (u8 *&counts : job.counts) counts = arena.line<u8>(size_t(ceil_div(widest, 4)));
    job.histogram = arena.take<GradeHistogram>(1);
    if (job.histogram != nullptr) *job.histogram = {};
    job.choice = arena.take<Choice>(precincts);
    job.level = arena.take<int>(precincts);
    if (e.job != nullptr) e.job[n] = job;
  }
}

// One slice while it is encoded.
class SliceEncoder {
 public:
  SliceEncoder(JxsEncoder &e, EncodeJob &job, int slice)
      : e_(e),
        job_(job),
        first_(slice * e.header.hsl),
        rows_(min<int>(e.header.hsl, e.geometry.rows - first_)),
        columns_(e.geometry.columns),
        count_(rows_ * columns_),
        model_{e.header, e.geometry, *e.kernels, job.rows, job.scratch,
               job.residuals, {job.counts[0], job.counts[1]}, job.histogram, e.trim_steps} {}

  // False: a coefficient does not fit its 15 bits.
  bool transform(const JxsPlane *planes, bool resumes, bool followed) {
    u32 seen = 0;
    if (e_.header.cpih == 3)
      analyse_mosaic(e_.header, *e_.kernels, job_.analysis, planes, first_, first_ + rows_, resumes);
    for (int i = 0; i < e_.header.nc; i++)
      seen |= analyse_component(e_.header, e_.geometry, *e_.kernels, job_.analysis, planes, i,
                                first_, first_ + rows_, resumes, followed, job_.rows);
    for (int p = 0; p < count_; p++) {
      PrecinctView view = precinct(p);
      model_.collect(view);
    }
    return seen <= (is_wide(e_.header) ? 0x7fffffff : 0x7fff);
  }

  // Packs the slice's precincts into `out` and returns their bytes, 0 when they do not fit `budget`.
  size_t encode(size_t budget, u8 *out) {
    switch (e_.options.rate) {
      case JXS_RATE_NONE:
        return encode_all(budget, out);
      case JXS_RATE_SLICE:
        return encode_jointly(budget, out);
      default:
        return encode_one_by_one(budget, out);
    }
  }

 private:
  PrecinctView precinct(int p) const {
    const int row = p / columns_, column = p % columns_;
    const PrecinctPlan *plan = e_.plan[first_ + row == e_.geometry.rows - 1];
    return {plan + (column == columns_ - 1), job_.stats + size_t(p) * size_t(e_.geometry.lines), row,
            column};
  }

  CostOptions real() const {
    return {e_.options.vertical != 0, e_.options.significance != 0, e_.options.fast_signs != 0};
  }

  bool all_coarsest(const Choice &c) const {
    for (int b = 0; b < e_.geometry.bands; b++)
      if (c.t[b] != 15) return false;
    return true;
  }

  size_t encode_all(size_t capacity, u8 *out) {
    size_t at = 0;
    for (int p = 0; p < count_; p++) {
      Choice &c = job_.choice[p];
      if (model_.cost(precinct(p), 0, 0, real(), above(p), c) > capacity - at) return 0;
      const u32 size = pack_precinct(model_, precinct(p), c, above(p), out + at);
      set_length(e_.geometry, out + at, size);
      at += size;
    }
    return at;
  }

  // ---- one quality for the slice, then single steps ----

  // Qualities count from the coarsest; each step refines one more priority.
  int steps() const { return e_.max_r + 1; }
  // Where every T is 15 and nothing but headers is left.
  int coarsest_q() const { return min(31, e_.max_q + 1); }
  int best_level() const { return (coarsest_q() + 1) * steps() - 1; }
  int q_of(int level) const { return coarsest_q() - level / steps(); }
  int r_of(int level) const { return level % steps(); }
  u32 cost_at(int p, int level, const Choice *above, Choice &c) const {
    return model_.cost(precinct(p), q_of(level), r_of(level), real(), above, c);
  }

  // Bytes of the slice that are used once precinct `p` takes `bytes` of them, filler included; kTooMany: more than there are,
  // or than may be used up to here.
  static constexpr u64 kTooMany = ~u64(0);
  u64 used_after(int p, u64 before, u32 bytes, size_t budget) const {
    const u64 used = before + bytes;
    if (used > budget) return kTooMany;
    if (p + 1 == count_) return used;
    // A precinct leaves the buffer with the last sample of its last line.
    const u64 width = e_.header.wf, height = u64(1) << e_.header.nly, row = u64(p / columns_);
    const u64 end = min(width, u64(p % columns_ + 1) * u64(e_.geometry.column_width));
    const u64 samples = (height * (row + 1) - 1) * width + end;
    const u64 share = u64(budget) * samples / (height * u64(rows_) * width);
    const u64 reservoir = e_.options.reservoir;
    if (used > share + reservoir) return kTooMany;
    return max(used, share > reservoir ? share - reservoir : 0);
  }

  // Whether all precincts at one level fit.
  bool fits_everywhere(int level, size_t budget, const CostOptions &options) const {
    u64 used = 0;
    for (int p = 0; p < count_ && used != kTooMany; p++) {
      Choice &c = job_.choice[p];
      used = used_after(
          p, used, model_.cost(precinct(p), q_of(level), r_of(level), options, above(p), c), budget);
    }
    return used != kTooMany;
  }

  // Bytes that are used when precinct `p` is coded as `own` and the one below as `next`.
  u64 used_with(int p, const Choice &own, const Choice &next, size_t budget) const {
    u64 used = 0;
    for (int i = 0; i < count_ && used != kTooMany; i++)
      used = used_after(i, used, (i == p ? own : i == below(p) ? next : job_.choice[i]).bytes, budget);
    return used;
  }

  // The best level at which all precincts fit. Prediction from above takes long to find out about, but only ever saves bytes:
  // what fits without it comes first, and the little that it allows on top after that.
  int best_fitting_level(size_t budget) const {
    CostOptions options = real();
    options.vertical = false;
    int low = 0, high = best_level() + 1;
    auto halve = [&] {
      while (high - low > 1) {
        const int middle = (low + high) >> 1;
        if (fits_everywhere(middle, budget, options)) low = middle;
        else high = middle;
      }
    };
    halve();
    if (!e_.options.vertical) return low;
    options = real();
    high = best_level() + 1;
    for (int step = 1; low + step < high; step *= 2) {
      if (fits_everywhere(low + step, budget, options)) low += step;
      else high = low + step;
    }
    halve();
    return low;
  }

  size_t encode_jointly(size_t budget, u8 *out) {
    const int low = best_fitting_level(budget);
    if (!fits_everywhere(low, budget, real())) return 0;
    for (int p = 0; p < count_; p++) job_.level[p] = low;
    // Where the reservoir holds one precinct back, the others have far to go.
    for (int step = held_back(low, budget) ? 256 : 1; step > 0; step /= 2)
      while (refine(step, budget)) {
      }

    u64 used = 0;
    size_t at = 0;
    for (int p = 0; p < count_; p++) {
      const u32 size = pack_precinct(model_, precinct(p), job_.choice[p], above(p), out + at);
      used = p + 1 == count_ ? budget : used_after(p, at, size, budget);
      fill(out + at, size, u32(used - at));
      at = size_t(used);
    }
    return budget;
  }

  // Whether there are bytes for the next level, but not where they are wanted. For the level that `choice` has.
  bool held_back(int level, size_t budget) const {
    u64 used = 0;
    for (int p = 0; p < count_; p++) used += job_.choice[p].bytes;
    if (level == best_level() || used > budget - budget / 8) return false;
    used = 0;
    for (int p = 0; p < count_; p++) used += cost_at(p, level + 1, above(p), job_.choice[p]);
    fits_everywhere(level, budget, real());
    return used <= budget;
  }

  // Refines single precincts, one step each in turn. A step changes what the precinct below costs too, because its counts
  // are predicted from this one. Returns whether any step fitted.
  bool refine(int step, size_t budget) const {
    bool moved = false;
    Choice own, next;
    for (int p = 0; p < count_; p++) {
      if (job_.level[p] + step > best_level()) continue;
      cost_at(p, job_.level[p] + step, above(p), own);
      const bool has_next = below(p) < count_;
      if (has_next) cost_at(below(p), job_.level[below(p)], &own, next);
      if (used_with(p, own, next, budget) == kTooMany) continue;
      moved = true;
      job_.level[p] += step;
      job_.choice[p] = own;
      if (has_next) job_.choice[below(p)] = next;
    }
    return moved;
  }

  // The precinct above, null in the first row of the slice.
  const Choice *above(int p) const { return p < columns_ ? nullptr : &job_.choice[p - columns_]; }
  int below(int p) const { return p + columns_; }

  void fill(u8 *precinct, u32 size, u32 wanted) const {
    __builtin_memset(precinct + size, 0, wanted - size);
    set_length(e_.geometry, precinct, wanted);
  }

  // ---- a budget for each precinct ----

  size_t encode_one_by_one(size_t bytes, u8 *out) {
    const size_t m = size_t(count_);
    size_t first = 0, other = bytes / m, extra = bytes % m;
    const bool carry = e_.options.rate == JXS_RATE_CARRY;
    if (carry) {
      first = m == 1 ? bytes : min(bytes, bytes / m * (e_.options.fast_signs ? 120 : 110) / 100);
      other = m == 1 ? 0 : (bytes - first) / (m - 1);
      extra = bytes - first - (m - 1) * other;
    }
    size_t at = 0, saved = 0;
    for (int p = 0; p < count_; p++) {
      const size_t share = (carry && p == 0 ? first : other) + (size_t(p) < extra ? 1 : 0) + saved;
      if (!search(p, share, above(p), job_.choice[p])) return 0;
      const u32 size = pack_precinct(model_, precinct(p), job_.choice[p], above(p), out + at);
      saved = carry && p + 1 < count_ ? min<size_t>(share - size, e_.options.reservoir) : 0;
      fill(out + at, size, u32(share - saved));
      at += share - saved;
    }
    return at;
  }

  bool fits(int p, int q, int r, const CostOptions &options, size_t budget, const Choice *above,
            Choice &c) const {
    return model_.cost(precinct(p), q, r, options, above, c) <= budget && !all_coarsest(c);
  }

  // Halves an interval in the steps that SVT-JPEG-XS takes: with vertical prediction the costs are not monotone, so the
  // way decides the result. `test` moves towards `to_low` where it holds. Returns the last x for which it held, or -1.
  template <class Test>
  static int bisect(int max, int first_step, bool to_low, Test test) {
    int low = 0, high = max, step = first_step, best = -1;
    while (low <= high) {
      if (step > high - low) step = (high - low + 1) / 2;
      const int x = low + step;
      const bool held = test(x);
      if (held) best = x;
      if (held == to_low) high = x - 1;
      else low = x + 1;
    }
    return best;
  }

  bool search(int p, size_t budget, const Choice *above, Choice &c) const {
    const int max_q = e_.max_q, max_r = e_.max_r;
    const bool careful = e_.options.vertical || (e_.header.fs && !e_.options.fast_signs);
    CostOptions simple = real();
    simple.vertical = false;
    simple.fast_signs = true;
    const CostOptions &first = careful ? simple : real();
    int q = bisect(max_q, 6 > max_q ? max_q / 2 : 6, true,
                   [&](int x) { return fits(p, x, 0, first, budget, above, c); });
    if (careful) {
      if (q < 0) q = max_q;
      const CostOptions options = real();
      if (q > 0 && fits(p, q - 1, 0, options, budget, above, c)) {
        do q--;
        while (q > 0 && fits(p, q - 1, 0, options, budget, above, c));
      } else {
        while (q <= max_q && !fits(p, q, 0, options, budget, above, c)) q++;
        if (q > max_q) q = -1;
      }
    }
    if (q < 0) return false;
    const CostOptions options = real();
    const int r = bisect(max_r, 6 >= max_r ? max_r / 2 : 6, false,
                         [&](int x) { return fits(p, q, x, options, budget, above, c); });
    return r >= 0 ? fits(p, q, r, options, budget, above, c) : fits(p, q, 0, options, budget, above, c);
  }

  JxsEncoder &e_;
  EncodeJob &job_;
  // Rows of precincts, columns, and precincts.
  int first_, rows_, columns_, count_;
  RateModel model_;
};

constexpr size_t kSliceHeader = 6, kEoc = 2;

// Most that a precinct can take: raw counts, every plane of every coefficient, and signs.
size_t precinct_limit(const JxsEncoder &e) {
  size_t groups = 0;
  const PrecinctPlan &plan = e.plan[0][0];
  for (int i = 0; i < plan.lines; i++) groups += size_t(plan.groups_of(plan.line[i].band));
  return size_t(e.geometry.precinct_header) + size_t(plan.packets) * 11 + groups * (1 + (size_t(4) << e.header.br) / 8);
}

}  // namespace

size_t jxs_encoder_size(const JxsHeader *h, const JxsEncodeOptions *options, JxsError *error) {
  *error = {};
  if (options->jobs < 1 || options->rate < JXS_RATE_PRECINCT || options->rate > JXS_RATE_NONE ||
      (is_wide(*h) && options->rate != JXS_RATE_NONE)) {
    fail(error, JXS_BAD_CONFIG, JXS_AT_PIH, 0);
    return 0;
  }
  JxsEncoder sizes;
  Arena arena(nullptr);
  arena.take<JxsEncoder>(1);
  lay_out(sizes, arena, *h, *options);
  const size_t headers = h->size + kEoc + size_t(sizes.geometry.slices) * kSliceHeader;
  if (options->rate != JXS_RATE_NONE && options->size <= headers) {
    fail(error, JXS_BUDGET, JXS_AT_BUDGET, 0);
    return 0;
  }
  return arena.used(error);
}

JxsEncoder *jxs_encoder_init(void *memory, const JxsHeader *header,
                             const JxsEncodeOptions *options) {
  Arena arena(memory);
  JxsEncoder *e = arena.take<JxsEncoder>(1);
  lay_out(*e, arena, *header, *options);
  make_curves(*header, e->curves);
  return e;
}

size_t jxs_encoded_slice_limit(const JxsEncoder *e) {
  if (e->options.rate != JXS_RATE_NONE) return jxs_encoded_slice_size(e, 0) + 1;
  const int rows = min<int>(e->header.hsl, e->geometry.rows);
  return kSliceHeader + precinct_limit(*e) * size_t(rows * e->geometry.columns);
}

size_t jxs_encoded_slice_size(const JxsEncoder *e, int slice) {
  const size_t slices = size_t(e->geometry.slices), n = e->header.hsl;
  const size_t rows = size_t(e->geometry.rows), in_last = rows - n * (slices - 1);
  const size_t all = e->options.size - e->header.size - kEoc - kSliceHeader * slices;
  size_t each = all / rows * n, last = all / rows * in_last;
  size_t left = all - each * (slices - 1) - last;
  if (slices > 1) each += left * (slices - 1) * n / rows / (slices - 1);
  last += left * in_last / rows;
  left = all - each * (slices - 1) - last;
  const size_t longer = min(left, slices - 1);
  if (size_t(slice) == slices - 1)
    return kSliceHeader + all - each * (slices - 1) - longer;
  return kSliceHeader + each + (size_t(slice) < left ? 1 : 0);
}

int jxs_encode_slices(JxsEncoder *e, int job, int first, int end, const JxsPlane *planes,
                      uint8_t *out, size_t capacity, size_t *written, JxsError *error) {
  *error = {};
  *written = 0;
  const bool budgeted = e->options.rate != JXS_RATE_NONE;
  for (int slice = first; slice < end; slice++) {
    const size_t left = capacity - *written;
    const size_t size = budgeted ? jxs_encoded_slice_size(e, slice) : left;
    if (size > left || size < kSliceHeader) return fail(error, JXS_LIMIT, JXS_AT_MEMORY, 0);
    SliceEncoder encoder(*e, e->job[job], slice);
    if (!encoder.transform(planes, slice > first, slice + 1 < end) && e->header.fq == 0)
      return fail(error, JXS_BUDGET, JXS_AT_LOSSLESS, 0);
    u8 *const start = out + *written;
    const u8 header[kSliceHeader] = {0xff, 0x20, 0, 4, u8(slice >> 8), u8(slice)};
    __builtin_memcpy(start, header, kSliceHeader);
    const size_t bytes = encoder.encode(size - kSliceHeader, start + kSliceHeader);
    if (bytes == 0)
      return budgeted ? fail(error, JXS_BUDGET, JXS_AT_BUDGET, 0)
                      : fail(error, JXS_LIMIT, JXS_AT_MEMORY, 0);
    *written += kSliceHeader + bytes;
  }
  return JXS_OK;
}

int jxs_encode_picture(JxsEncoder *e, const JxsPlane *planes, uint8_t *out, size_t capacity,
                       size_t *written, JxsError *error) {
  if (int status = jxs_encode_slices(e, 0, 0, e->geometry.slices, planes, out, capacity, written, error))
    return status;
  if (capacity - *written < kEoc) return fail(error, JXS_LIMIT, JXS_AT_MEMORY, 0);
  out[*written] = 0xff;
  out[*written + 1] = 0x11;
  *written += kEoc;
  return JXS_OK;
}
