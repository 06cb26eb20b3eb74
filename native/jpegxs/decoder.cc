// Slices to pictures. Entropy decoding fills lines of coefficients; the synthesis follows line by line, so that what it
// touches stays in the cache, and gives each line of samples away as soon as it is final.
#include "entropy.h"
#include "output.h"
#include "tetrix.h"

namespace jxs {
namespace {

constexpr int kRctRows = 16;

// One vertical level of one component: the last two high rows and the last two even rows.
struct VerticalLevel {
  i32 *high[2];
  i32 *even[2];
  i32 *odd;
};

// What one thread needs.
struct Job {
  EntropyState entropy;
  BandStore store[JXS_MAX_BANDS];
  VerticalLevel level[JXS_MAX_COMPONENTS][kMaxLevelsY];
  // Lines for the horizontal steps.
  i32 *ping, *pong, *scratch;
  // The last rows of components 0 to 2, kept until the colour transform has all three.
  i32 *rct[3];
  bool quiet;
};

}  // namespace
}  // namespace jxs

using namespace jxs;

struct JxsDecoder {
  JxsHeader header;
  JxsDecodeOptions options;
  Geometry geometry;
  // Index of the band of (component, filter type), −1 where there is none.
  int index[JXS_MAX_COMPONENTS][2 * kMaxLevelsY + kMaxLevelsX + 1];
  // Vertical levels that are synthesised, and size of the result.
  int levels[JXS_MAX_COMPONENTS];
  int width[JXS_MAX_COMPONENTS], height[JXS_MAX_COMPONENTS];
  const Kernels *kernels;
  JxsPlane plane[JXS_MAX_COMPONENTS];
  // The whole picture, with Star-Tetrix.
  Mosaic mosaic;
  size_t rct_stride;
  Job *job;
  // Lines of component 0 given away; next slice and row of precincts of a picture that comes in pieces.
  int lines, next_slice, next_row;
};

namespace {

// Code groups of the longest packet.
size_t most_codes(const Geometry &g) {
  size_t most = 0, codes = 0;
  for (int i = 0; i < g.lines; i++) {
    if (i == 0 || g.line[i].packet != g.line[i - 1].packet) codes = 0;
    codes += size_t(ceil_div(g.band[g.line[i].band].width, 4));
    most = max(most, codes);
  }
  return most;
}

// Lays everything out; with an arena that only adds up, nothing of `d` but sizes is meant.
void lay_out(JxsDecoder &d, Arena &arena, const JxsHeader &h, const JxsDecodeOptions &options) {
  d.header = h;
  d.options = options;
  d.kernels = &kernels_of(options.kernels);
  make_geometry(h, d.geometry);
  const Geometry &g = d.geometry;
  const int reduce = options.reduce;
  int widest = 0;
  for (int i = 0; i < h.nc; i++) {
    jxs_decoded_size(&h, reduce, i, &d.width[i], &d.height[i]);
    widest = max(widest, d.width[i]);
    d.levels[i] = vertical_levels(h, i) - (i < h.nc - h.sd ? reduce : 0);
    for (int &b : d.index[i]) b = -1;
  }
  for (int b = 0; b < g.bands; b++) d.index[g.band[b].component][g.band[b].beta] = b;
  if (h.cpih == 3) lay_out_mosaic(arena, h.wf, h.hf, d.mosaic);
  d.rct_stride = (size_t(widest) + 31) & ~size_t(15);
  d.job = arena.take<Job>(size_t(options.jobs));
  for (int n = 0; n < options.jobs; n++) {
    Job job = {};
    for (int b = 0; b < g.bands; b++) {
      const Band &band = g.band[b];
      job.entropy.counts[b] = arena.line<u8>(size_t(ceil_div(band.width, 4)));
      job.entropy.truncation[b] = arena.take<u8>(size_t(g.columns));
      if ((band.tx || band.ty) && band.dx <= reduce) continue;
      BandStore &s = job.store[b];
      s.ring = 2 * band.rows;
      s.stride = ((size_t(band.width) + 4 * kLinePad / sizeof(i16)) & ~size_t(31)) * coefficient_size(h);
      s.rows = arena.line<u8>(u64(s.stride) * u64(s.ring));
    }
    job.entropy.codes = arena.line<u8>(most_codes(g));
    job.entropy.residuals = arena.line<u8>(size_t(ceil_div(h.wf, 4)));
    for (int i = 0; i < h.nc; i++) {
      for (int level = 0; level < d.levels[i]; level++) {
        VerticalLevel &v = job.level[i][level];
        const size_t width = size_t(ceil_shift(d.width[i], level));
        for (i32 *&row : v.high) row = arena.line<i32>(width);
        for (i32 *&row : v.even) row = arena.line<i32>(width);
        v.odd = arena.line<i32>(width);
      }
    }
    job.ping = arena.line<i32>(size_t(widest));
    job.pong = arena.line<i32>(size_t(widest));
    job.scratch = arena.line<i32>(size_t(widest));
    for (i32 *&rows : job.rct)
      rows = h.cpih == 1 ? arena.line<i32>(u64(kRctRows) * d.rct_stride) : nullptr;
    if (d.job != nullptr) d.job[n] = job;
  }
}

// ---- synthesis ----

class Synthesis {
 public:
  // `lines`: counts the lines of component 0 that were given away; null in parallel jobs.
  Synthesis(JxsDecoder &d, Job &job, int *lines)
      : d_(d), h_(d.header), k_(*d.kernels), job_(job), lines_(lines) {}

  // One row of precincts through all components.
  void row(int py) {
    for (int i = 0; i < h_.nc; i++) {
      const Band &lowest = d_.geometry.band[d_.index[i][0]];
      for (int y = py * lowest.rows; y < min((py + 1) * lowest.rows, lowest.height); y++)
        level(i, d_.levels[i], y, lowest_row(i, y));
    }
  }

 private:
  template <class Coefficient>
  const Coefficient *row_of(int component, int beta, int y) const {
    return coefficient_row<Coefficient>(job_.store[d_.index[component][beta]], y);
  }

  // One horizontal step: `low` and the high row of a band; or the rows of two bands.
  void join(const i32 *low, int i, int beta, int y, i32 *out, int n) const {
    if (is_wide(h_)) k_.synthesise_wide(low, row_of<i32>(i, beta, y), out, job_.scratch, n);
    else k_.synthesise(low, row_of<i16>(i, beta, y), h_.fq, out, job_.scratch, n);
  }
  void join_first(int i, int low, int high, int y, i32 *out, int n) const {
    if (is_wide(h_)) return join(row_of<i32>(i, low, y), i, high, y, out, n);
    k_.synthesise_first(row_of<i16>(i, low, y), row_of<i16>(i, high, y), h_.fq, out, job_.scratch, n);
  }

  // LL at the deepest vertical level: the horizontal-only levels undone.
  const i32 *lowest_row(int i, int y) {
    const int base = d_.index[i][0];
    const int levels = d_.geometry.band[base].dx - d_.geometry.band[base].dy;
    int depth = d_.geometry.band[base].dx;
    i32 *out = job_.ping, *other = job_.pong;
    if (levels == 0) {
      if (is_wide(h_)) return row_of<i32>(i, 0, y);
      k_.widen(row_of<i16>(i, 0, y), h_.fq, out, width(i, depth));
      return out;
    }
    join_first(i, 0, 1, y, out, width(i, --depth));
    for (int beta = 2; beta <= levels; beta++) {
      join(out, i, beta, y, other, width(i, --depth));
      i32 *swap = out;
      out = other;
      other = swap;
    }
    return out;
  }

  // Width of a component at a depth of the whole decomposition.
  int width(int i, int depth) const { return ceil_shift(h_.component[i].width, depth); }

  // Takes row `k` of LL at vertical level `level` of the levels that are synthesised, and passes on what becomes final.
  void level(int i, int level_index, int k, const i32 *low) {
    if (level_index == 0) return emit(i, k, low);
    const int depth = level_index + reduced(i);
    const int beta = 2 * h_.nly + h_.nlx + 1 - 3 * depth;
    const int n = ceil_shift(d_.height[i], level_index - 1);
    const int w = width(i, depth - 1);
    VerticalLevel &v = job_.level[i][level_index - 1];
    const bool has_high = k < n >> 1;
    const bool last = k == (n - 1) >> 1;

    i32 *wide = low == job_.ping ? job_.pong : job_.ping;
    join(low, i, beta, k, wide, w);
    i32 *high_above = v.high[(k & 1) ^ 1], *high = v.high[k & 1];
    i32 *even_above = v.even[(k & 1) ^ 1], *even = v.even[k & 1];
    if (has_high) join_first(i, beta + 1, beta + 2, k, high, w);
    // The mirror at both ends of the picture.
    const i32 *below = has_high ? high : high_above;
    if (k == 0) {
      k_.lift_even(even, wide, high, below, w);
      level(i, level_index - 1, 0, even);
    } else if (const LiftRows rows = {even, wide, below, high_above, even_above};
               level_index == 1 && stores_directly(i)) {
      lift_and_store(i, 2 * k, rows);
    } else {
      k_.lift_pair(rows, v.odd, w);
      level(i, level_index - 1, 2 * k - 1, v.odd);
      level(i, level_index - 1, 2 * k, even);
    }
    if (last && has_high) {
      k_.lift_odd(v.odd, high, even, even, w);
      level(i, level_index - 1, 2 * k + 1, v.odd);
    }
  }

  int reduced(int i) const { return i < h_.nc - h_.sd ? d_.options.reduce : 0; }

  void emit(int i, int y, const i32 *row) {
    if (job_.quiet) return;
    if (h_.cpih == 3) {
      __builtin_memcpy(d_.mosaic.row(i, y), row, size_t(d_.width[i]) * sizeof(i32));
      return;
    }
    if (h_.cpih == 1 && i < 3) {
      const size_t slot = size_t(y % kRctRows) * d_.rct_stride;
      __builtin_memcpy(job_.rct[i] + slot, row, size_t(d_.width[i]) * sizeof(i32));
      if (i < 2) return;
      k_.inverse_rct(job_.rct[0] + slot, job_.rct[1] + slot, job_.rct[2] + slot, d_.width[i]);
      for (int c = 0; c < 3; c++) store(c, y, job_.rct[c] + slot);
      return;
    }
    store(i, y, row);
  }

  // Whether what comes out of the last vertical step is what goes into the picture, but for its scale.
  bool stores_directly(int i) const {
    return !job_.quiet && h_.tnlt == 0 && (h_.cpih == 0 || (h_.cpih == 1 && i > 2));
  }

  // Row `y` and the one above it.
  void lift_and_store(int i, int y, const LiftRows &rows) {
    const Scale scale = linear_scale(h_, i);
    u8 *const odd = sample_row(i, y - 1), *const even = sample_row(i, y);
    if (h_.component[i].b <= 8) k_.lift_store8(rows, odd, even, d_.width[i], scale);
    else
      k_.lift_store16(rows, reinterpret_cast<u16 *>(odd), reinterpret_cast<u16 *>(even), d_.width[i], scale);
    stored(i, y);
  }

  u8 *sample_row(int i, int y) const {
    const JxsPlane &p = d_.plane[i];
    return static_cast<u8 *>(p.data) + size_t(y) * p.stride;
  }

  void store(int i, int y, const i32 *row) {
    store_line(h_, k_, i, row, d_.width[i], sample_row(i, y));
    stored(i, y);
  }

  void stored(int i, int y) {
    if (i == 0 && lines_ != nullptr) *lines_ = y + 1;
  }

  JxsDecoder &d_;
  const JxsHeader &h_;
  const Kernels &k_;
  Job &job_;
  int *lines_;
};

int precinct_row(JxsDecoder &d, Job &job, int py, bool slice_top, const u8 *bytes, size_t length,
                 size_t *at, JxsError *error) {
  const EntropyContext context = {&d.header, &d.geometry, d.kernels, job.store};
  for (int px = 0; px < d.geometry.columns; px++) {
    size_t used = 0;
    if (int status = decode_precinct(context, job.entropy, px, py, slice_top, bytes + *at,
                                     length - *at, &used, error)) {
      error->offset += u32(*at);
      return status;
    }
    *at += used;
  }
  return JXS_OK;
}

// Steps over the slice header at `at`.
int slice_header(const u8 *bytes, size_t length, size_t *at, int slice, JxsError *error) {
  if (length - *at < 2) return fail(error, JXS_TRUNCATED, JXS_AT_SLH, length);
  const u32 marker = be16(bytes + *at);
  if (marker == 0xff21) return fail(error, JXS_UNSUPPORTED, JXS_AT_TDC, *at);
  if (marker != 0xff20) return fail(error, JXS_MALFORMED, JXS_AT_SLH, *at);
  if (length - *at < 6) return fail(error, JXS_TRUNCATED, JXS_AT_SLH, length);
  if (be16(bytes + *at + 2) != 4 || be16(bytes + *at + 4) != u32(slice))
    return fail(error, JXS_MALFORMED, JXS_AT_SLH, *at + 2);
  *at += 6;
  return JXS_OK;
}

void clear_row(JxsDecoder &d, Job &job, int py) {
  const EntropyContext context = {&d.header, &d.geometry, d.kernels, job.store};
  for (int px = 0; px < d.geometry.columns; px++) clear_precinct(context, px, py);
}

// End of the slice that starts at `at` by the lengths of its precincts, or 0 where the chain breaks.
size_t skip_slice(const JxsDecoder &d, int slice, const u8 *bytes, size_t length, size_t at) {
  const Geometry &g = d.geometry;
  JxsError ignored;
  if (length < at || slice_header(bytes, length, &at, slice, &ignored)) return 0;
  const int rows = min<int>(d.header.hsl, g.rows - slice * d.header.hsl);
  for (int n = rows * g.columns; n > 0; n--) {
    if (length - at < size_t(g.precinct_header)) return 0;
    const size_t size = size_t(g.precinct_header) + be24(bytes + at);
    if (length - at < size) return 0;
    at += size;
  }
  return at;
}

}  // namespace

void jxs_decoded_size(const JxsHeader *h, int reduce, int i, int *width, int *height) {
  *width = ceil_shift(h->component[i].width, reduce);
  *height = ceil_shift(h->component[i].height, reduce);
}

void jxs_layout(const JxsHeader *header, int *slices, int *rows, int *slice_rows) {
  *rows = ceil_shift(header->hf, header->nly);
  *slices = ceil_div(*rows, header->hsl);
  *slice_rows = header->hsl;
}

size_t jxs_decoder_size(const JxsHeader *header, const JxsDecodeOptions *options,
                        JxsError *error) {
  *error = {};
  const int reduce = options->reduce;
  bool possible = reduce >= 0 && reduce <= header->nly && options->jobs >= 1;
  for (int i = 0; i < header->nc && reduce > 0; i++)
    possible = possible && vertical_levels(*header, i) >= reduce;
  if (!possible || (reduce > 0 && header->cpih == 3)) {
    fail(error, JXS_BAD_CONFIG, JXS_AT_SCALE, 0);
    return 0;
  }
  JxsDecoder sizes;
  Arena arena(nullptr);
  arena.take<JxsDecoder>(1);
  lay_out(sizes, arena, *header, *options);
  return arena.used(error);
}

JxsDecoder *jxs_decoder_init(void *memory, const JxsHeader *header,
                             const JxsDecodeOptions *options) {
  Arena arena(memory);
  JxsDecoder *d = arena.take<JxsDecoder>(1);
  lay_out(*d, arena, *header, *options);
  return d;
}

void jxs_decode_begin(JxsDecoder *d, const JxsHeader *header, const JxsPlane *planes) {
  d->header = *header;
  for (int i = 0; i < header->nc; i++) d->plane[i] = planes[i];
  for (int n = 0; n < d->options.jobs; n++) d->job[n].quiet = false;
  d->lines = d->next_slice = d->next_row = 0;
}

int jxs_decode_slice(JxsDecoder *d, const uint8_t *bytes, size_t length, int *lines,
                     JxsError *error) {
  const Geometry &g = d->geometry;
  *error = {};
  if (d->next_slice >= g.slices) return fail(error, JXS_MALFORMED, JXS_AT_EOC, 0);
  Job &job = d->job[0];
  Synthesis synthesis(*d, job, &d->lines);
  size_t at = 0;
  int status = slice_header(bytes, length, &at, d->next_slice, error);
  const int first = d->next_row;
  const int end = min(first + d->header.hsl, g.rows);
  d->next_slice++;
  d->next_row = end;
  for (int py = first; py < end; py++) {
    if (status == JXS_OK)
      status = precinct_row(*d, job, py, py == first, bytes, length, &at, error);
    if (status != JXS_OK) clear_row(*d, job, py);
    synthesis.row(py);
  }
  if (d->next_slice == g.slices) jxs_decode_finish(d);
  *lines = d->lines;
  if (status == JXS_OK && at != length) return fail(error, JXS_MALFORMED, JXS_AT_SLH, at);
  return status;
}

int jxs_decode_picture(JxsDecoder *d, const JxsHeader *header, const uint8_t *bytes, size_t length,
                       const JxsPlane *planes, int *damaged, JxsError *error) {
  const Geometry &g = d->geometry;
  *error = {};
  *damaged = 0;
  jxs_decode_begin(d, header, planes);
  Job &job = d->job[0];
  Synthesis synthesis(*d, job, &d->lines);
  size_t at = header->size;
  bool lost = false;
  for (int slice = 0; slice < g.slices; slice++) {
    const int first = slice * header->hsl, end = min(first + header->hsl, g.rows);
    const size_t start = at;
    bool good = !lost;
    for (int py = first; py < end; py++) {
      if (good) {
        int status = py == first ? slice_header(bytes, length, &at, slice, error) : JXS_OK;
        if (status == JXS_OK)
          status = precinct_row(*d, job, py, py == first, bytes, length, &at, error);
        if (status != JXS_OK && !d->options.conceal) return status;
        good = status == JXS_OK;
      }
      if (!good) clear_row(*d, job, py);
      synthesis.row(py);
    }
    if (good) continue;
    ++*damaged;
    if (!lost) at = skip_slice(*d, slice, bytes, length, start);
    lost = lost || at == 0;
  }
  jxs_decode_finish(d);
  if (!lost) {
    int status = length - at < 2 ? fail(error, JXS_TRUNCATED, JXS_AT_EOC, length)
                 : be16(bytes + at) != 0xff11 ? fail(error, JXS_MALFORMED, JXS_AT_EOC, at)
                                              : int(JXS_OK);
    if (!d->options.conceal) return status;
  }
  return JXS_OK;
}

int jxs_find_slices(const JxsDecoder *d, const JxsHeader *header, const uint8_t *bytes,
                    size_t length, JxsSpan *slices) {
  size_t at = header->size;
  for (int slice = 0; slice < d->geometry.slices; slice++) {
    const size_t end = skip_slice(*d, slice, bytes, length, at);
    if (end == 0) return 0;
    if (slices != nullptr) slices[slice] = {u32(at), u32(end - at)};
    at = end;
  }
  return length - at >= 2 && be16(bytes + at) == 0xff11;
}

void jxs_decode_slices(JxsDecoder *d, int n, int first, int end, const uint8_t *bytes,
                       const JxsSpan *slices, JxsError *errors) {
  const Geometry &g = d->geometry;
  const int hsl = d->header.hsl;
  Job &job = d->job[n];
  Synthesis synthesis(*d, job, nullptr);
  // Two rows of precincts back every line that reaches into these slices is complete again.
  const int warm_up = max(0, first * hsl - 2);
  for (int slice = warm_up / hsl; slice < end; slice++) {
    JxsError own = {};
    job.quiet = slice < first;
    const u8 *at_slice = bytes + slices[slice].offset;
    const size_t length = slices[slice].length;
    size_t at = 0;
    int status = slice_header(at_slice, length, &at, slice, &own);
    const int top = slice * hsl;
    for (int py = top; py < min(top + hsl, g.rows); py++) {
      if (status == JXS_OK)
        status = precinct_row(*d, job, py, py == top, at_slice, length, &at, &own);
      if (status != JXS_OK) clear_row(*d, job, py);
      if (py >= warm_up) synthesis.row(py);
    }
    if (status == JXS_OK && at != length) fail(&own, JXS_MALFORMED, JXS_AT_SLH, at);
    if (!job.quiet) errors[slice] = own;
  }
}

void jxs_decode_finish(JxsDecoder *d) {
  const JxsHeader &h = d->header;
  if (h.cpih != 3) return;
  inverse_tetrix(h, *d->kernels, d->mosaic);
  for (int i = 0; i < 4; i++)
    for (int y = 0; y < h.hf; y++)
      store_line(h, *d->kernels, i, d->mosaic.row(kTetrixArray[i], y), h.wf,
                 static_cast<u8 *>(d->plane[i].data) + size_t(y) * d->plane[i].stride);
  d->lines = h.hf;
}
