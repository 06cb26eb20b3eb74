// Marker segments and geometry (ISO/IEC 21122-1 annexes A and B).
#include "common.h"

namespace jxs {
namespace {

// Depth and filters of type `beta` for a component with `nly` vertical levels. False: it does not exist.
bool filter_of(int beta, int betas, int nlx, int nly, Band &b) {
  if (beta == 0) {
    b.dx = u8(nlx), b.dy = u8(nly), b.tx = b.ty = 0;
    return true;
  }
  if (beta <= nlx - nly) {
    b.dx = u8(nlx + 1 - beta), b.dy = u8(nly), b.tx = 1, b.ty = 0;
    return true;
  }
  if (beta < betas - 3 * nly) return false;
  int r = betas - 1 - beta;
  b.dx = b.dy = u8(r / 3 + 1);
  b.tx = r % 3 != 1;
  b.ty = r % 3 != 2;
  return true;
}

struct Reader {
  const u8 *bytes;
  size_t length;
  size_t at = 0;
  // Payload of the last segment.
  const u8 *payload = nullptr;
  u32 size = 0;

  // Steps over a marker segment.
  int segment(JxsError *error, int what) {
    if (at + 4 > length) return fail(error, JXS_TRUNCATED, what, length);
    u32 l = be16(bytes + at + 2);
    if (l < 2) return fail(error, JXS_MALFORMED, what, at + 2);
    if (at + 2 + l > length) return fail(error, JXS_TRUNCATED, what, length);
    payload = bytes + at + 4;
    size = l - 2;
    at += 2 + l;
    return JXS_OK;
  }
};

constexpr u32 kImplementedCapabilities = 0x7e80;

int read_pih(const u8 *p, JxsHeader &h) {
  h.lcod = be32(p);
  h.ppih = u16(be16(p + 4));
  h.plev = u16(be16(p + 6));
  h.wf = u16(be16(p + 8));
  h.hf = u16(be16(p + 10));
  h.cw = u16(be16(p + 12));
  h.hsl = u16(be16(p + 14));
  h.nc = p[16];
  h.bw = p[19];
  h.fq = p[20] >> 4;
  h.br = p[20] & 15;
  h.cpih = p[21] & 15;
  h.nlx = p[22] >> 4;
  h.nly = p[22] & 15;
  h.lh = p[23] >> 7;
  h.rl = p[23] >> 6 & 1;
  h.qpih = p[23] >> 4 & 3;
  h.fs = p[23] >> 2 & 3;
  h.rm = p[23] & 3;
  bool precision = h.fq == 8   ? h.bw == 20 && h.br == 4
                   : h.fq == 6 ? h.bw == 18 && h.br == 4
                   : h.fq == 0 ? h.bw >= 8 && h.bw <= 16 && h.br == (h.bw > 12 ? 5 : 4)
                               : false;
  if (h.wf == 0 || h.hf == 0 || h.hsl == 0 || h.nc == 0 || h.nc > 8 || p[17] != 4 || p[18] != 8 ||
      !precision || p[21] >> 4 != 0 || (h.cpih != 0 && h.cpih != 1 && h.cpih != 3) || h.nlx == 0 ||
      h.nlx > 8 || h.nly > h.nlx || h.nly > 6 || h.qpih > 1 || h.fs > 1 || h.rm > 1)
    return JXS_MALFORMED;
  if (h.nc > JXS_MAX_COMPONENTS || h.nlx > kMaxLevelsX || h.nly > kMaxLevelsY)
    return JXS_UNSUPPORTED;
  return JXS_OK;
}

bool read_cdt(const u8 *p, JxsHeader &h) {
  for (int i = 0; i < h.nc; i++) {
    JxsComponent &c = h.component[i];
    c = {p[2 * i], u8(p[2 * i + 1] >> 4), u8(p[2 * i + 1] & 15), 0, 0, 0};
    if (c.b < 8 || c.b > 16 || c.b > h.bw || c.sx < 1 || c.sx > 2 || c.sy < 1 || c.sy > 2)
      return false;
    if (i != 1 && i != 2 && (c.sx != 1 || c.sy != 1)) return false;
    if (c.sy > h.nly + 1) return false;
    if (h.fq == 0 && c.b != h.bw) return false;
    c.width = u16(h.wf / c.sx);
    c.height = u16(h.hf / c.sy);
  }
  return true;
}

bool read_nlt(const u8 *p, u32 size, JxsHeader &h) {
  if (size < 1) return false;
  h.tnlt = p[0];
  if (h.tnlt == 1 && size == 3) {
    h.dco = i16(be16(p + 1));
    return true;
  }
  if (h.tnlt != 2 || size != 10) return false;
  h.t1 = be32(p + 1);
  h.t2 = be32(p + 5);
  h.nlt_e = p[9];
  u32 limit = 1u << h.bw;
  return h.t1 >= 1 && h.t1 < limit && h.t2 >= 1 && h.t2 < limit && h.nlt_e >= 1 && h.nlt_e <= 4;
}

// Finds the filter array's type (F.6); false for an unknown one.
bool read_crg(const u8 *p, JxsHeader &h) {
  if (h.cpih != 3) return true;
  u32 place[4];
  for (int i = 0; i < 4; i++) {
    u32 x = be16(p + 4 * i), y = be16(p + 4 * i + 2);
    if ((x & 0x7fff) || (y & 0x7fff)) return false;
    place[i] = x >> 14 | y >> 15;
  }
  // Two bits a component, R first: x then y of its place in the super-pixel.
  switch (place[0] << 6 | place[1] << 4 | place[2] << 2 | place[3]) {
    case 0b00100111:  // RGGB
    case 0b11100100:  // BGGR
      h.ct = 0;
      return true;
    case 0b10001101:  // GRBG
    case 0b01001110:  // GBRG
      h.ct = 1;
      return true;
    default:
      return false;
  }
}

bool same_size(const JxsHeader &h, int count) {
  for (int i = 0; i < count; i++)
    if (h.component[i].sx != 1 || h.component[i].sy != 1) return false;
  return true;
}

// The rules between segments, once all have been read.
int check(const JxsHeader &h, bool cts, bool crg, JxsError *error) {
  if (h.fq == 0 && h.tnlt != 0) return fail(error, JXS_MALFORMED, JXS_AT_NLT, 0);
  if (h.sd != 0) {
    if (h.sd >= h.nc || h.nc <= 3) return fail(error, JXS_MALFORMED, JXS_AT_CWD, 0);
    for (int i = h.nc - h.sd; i < h.nc; i++)
      if (h.component[i].sx != 1 || h.component[i].sy != 1)
        return fail(error, JXS_MALFORMED, JXS_AT_CWD, 0);
  }
  if (h.cpih == 1 && (h.nc < 3 || !same_size(h, 3)))
    return fail(error, JXS_MALFORMED, JXS_AT_PIH, 0);
  if ((h.cpih == 3) != cts) return fail(error, JXS_MALFORMED, JXS_AT_CTS, 0);
  if (h.cpih == 3) {
    if (h.nc != 4 || !same_size(h, 4)) return fail(error, JXS_MALFORMED, JXS_AT_PIH, 0);
    if (!crg) return fail(error, JXS_MALFORMED, JXS_AT_CRG, 0);
  }
  // Precincts are cut with ceilings, components with floors: odd sizes have no agreed meaning.
  for (int i = 0; i < h.nc; i++) {
    const JxsComponent &c = h.component[i];
    if (h.wf % c.sx != 0 || h.hf % c.sy != 0)
      return fail(error, JXS_UNSUPPORTED, JXS_AT_GEOMETRY, 0);
  }
  Geometry g;
  make_geometry(h, g);
  for (int b = 0; b < g.bands; b++)
    if (g.band[b].width == 0 || g.band[b].height == 0)
      return fail(error, JXS_MALFORMED, JXS_AT_GEOMETRY, 0);
  int max_sx = 1;
  for (int i = 0; i < h.nc; i++) max_sx = max<int>(max_sx, h.component[i].sx);
  if (g.columns > 1 && (h.wf - 1) % g.column_width + 1 < max_sx << h.nlx)
    return fail(error, JXS_MALFORMED, JXS_AT_GEOMETRY, 0);
  return JXS_OK;
}

}  // namespace

void make_geometry(const JxsHeader &h, Geometry &g) {
  const int transformed = h.nc - h.sd;
  const int betas = 2 * h.nly + h.nlx + 1;
  int index[2 * kMaxLevelsY + kMaxLevelsX + 1][JXS_MAX_COMPONENTS];
  int max_sx = 1;
  for (int i = 0; i < h.nc; i++) max_sx = max<int>(max_sx, h.component[i].sx);
  g.column_width = h.cw == 0 ? h.wf : (8 * h.cw * max_sx) << h.nlx;
  g.columns = ceil_div(h.wf, g.column_width);
  g.rows = ceil_shift(h.hf, h.nly);
  g.slices = ceil_div(g.rows, h.hsl);
  g.nl = transformed * betas + h.sd;
  g.long_packets = h.lh || h.wf * h.nc >= 32752;

  g.bands = 0;
  auto add = [&](int component, int beta, Band b) {
    const JxsComponent &c = h.component[component];
    b.component = u8(component);
    b.beta = u8(beta);
    b.width = band_width(h, b, h.wf);
    b.height = b.ty ? ceil_shift(c.height, b.dy - 1) >> 1 : ceil_shift(c.height, b.dy);
    b.column = g.column_width / (h.component[component].sx << b.dx);
    g.band[g.bands] = b;
    return g.bands++;
  };
  for (int beta = 0; beta < betas; beta++) {
    for (int i = 0; i < transformed; i++) {
      int nly = h.nly - (h.component[i].sy - 1);
      Band b = {};
      index[beta][i] = -1;
      if (!filter_of(beta, betas, h.nlx, nly, b)) continue;
      b.rows = 1 << (nly - b.dy);
      index[beta][i] = add(i, beta, b);
    }
  }
  int suppressed[JXS_MAX_COMPONENTS];
  for (int i = transformed; i < h.nc; i++) {
    Band b = {};
    b.rows = 1 << h.nly;
    suppressed[i] = add(i, 0, b);
  }
  g.precinct_header = 5 + ceil_div(2 * g.bands, 8);

  // Packets (C.3): the horizontal-only types together, then each type and row by itself.
  g.lines = 0;
  int packet = 0;
  auto put = [&](int band, int row) { g.line[g.lines++] = {u8(band), u8(row), u8(packet)}; };
  for (int beta = 0; beta <= h.nlx - h.nly; beta++)
    for (int i = 0; i < transformed; i++)
      if (index[beta][i] >= 0) put(index[beta][i], 0);
  for (int base = h.nlx - h.nly + 1; base < betas; base += 3) {
    int depth = (betas - 1 - base) / 3 + 1;
    for (int row = 0; row < 1 << (h.nly - depth); row++) {
      for (int beta = base; beta < base + 3; beta++) {
        packet++;
        for (int i = 0; i < transformed; i++) {
          int sy = h.component[i].sy;
          if (index[beta][i] >= 0 && row % sy == 0) put(index[beta][i], row / sy);
        }
      }
    }
  }
  for (int row = 0; row < 1 << h.nly; row++) {
    for (int i = transformed; i < h.nc; i++) {
      packet++;
      put(suppressed[i], row);
    }
  }
}

}  // namespace jxs

using namespace jxs;

size_t jxs_header_size(void) { return sizeof(JxsHeader); }

int jxs_read_header(const uint8_t *bytes, size_t length, JxsHeader *header, JxsError *error) {
  JxsHeader &h = *header;
  h = {};
  *error = {};
  if (length < 2) return fail(error, JXS_TRUNCATED, JXS_AT_SOC, length);
  if (be16(bytes) != 0xff10) return fail(error, JXS_MALFORMED, JXS_AT_SOC, 0);
  Reader in = {bytes, length, 2};
  auto next = [&](u32 marker, int what) {
    if (in.at + 2 > length) return fail(error, JXS_TRUNCATED, what, length);
    if (be16(bytes + in.at) != marker) return fail(error, JXS_MALFORMED, what, in.at);
    return in.segment(error, what);
  };
  if (int status = next(0xff50, JXS_AT_CAP)) return status;
  // Bits that this decoder does not implement are refused; missing bytes are zeros.
  u32 capabilities = 0;
  bool more_capabilities = false;
  for (u32 i = 0; i < in.size; i++) {
    if (i < 2) capabilities |= u32(in.payload[i]) << (8 - 8 * i);
    else more_capabilities |= in.payload[i] != 0;
  }
  if (int status = next(0xff12, JXS_AT_PIH)) return status;
  if (in.size != 24) return fail(error, JXS_MALFORMED, JXS_AT_PIH, in.at - in.size - 2);
  if (int status = read_pih(in.payload, h)) return fail(error, status, JXS_AT_PIH, in.at - 24);

  u32 seen = 0;
  const u8 *wgt = nullptr, *crg = nullptr;
  u32 wgt_size = 0;
  for (;;) {
    if (in.at + 2 > length) return fail(error, JXS_TRUNCATED, JXS_AT_MARKER, length);
    const size_t start = in.at;
    const u32 marker = be16(bytes + start);
    if (marker == 0xff20 || marker == 0xff21) break;
    auto malformed = [&](int what) { return fail(error, JXS_MALFORMED, what, start); };
    if (marker == 0xff1a || marker == 0xff1b)
      return fail(error, JXS_UNSUPPORTED, JXS_AT_TDC, start);
    if (marker < 0xff13 || marker > 0xff19) return malformed(JXS_AT_MARKER);
    if (marker != 0xff15 && seen >> (marker & 31) & 1) return malformed(JXS_AT_MARKER);
    seen |= 1u << (marker & 31);
    if (int status = in.segment(error, JXS_AT_MARKER)) return status;
    switch (marker) {
      case 0xff13:
        if (in.size != 2u * h.nc || !read_cdt(in.payload, h)) return malformed(JXS_AT_CDT);
        break;
      case 0xff14:
        wgt = in.payload, wgt_size = in.size;
        break;
      case 0xff15:
        if (in.size < 2) return malformed(JXS_AT_COM);
        break;
      case 0xff16:
        if (!read_nlt(in.payload, in.size, h)) return malformed(JXS_AT_NLT);
        break;
      case 0xff17:
        if (in.size != 1 || in.payload[0] == 0) return malformed(JXS_AT_CWD);
        h.sd = in.payload[0];
        break;
      case 0xff18:
        if (in.size != 2) return malformed(JXS_AT_CTS);
        h.cf = in.payload[0] & 15;
        h.e1 = in.payload[1] >> 4;
        h.e2 = in.payload[1] & 15;
        if ((h.cf != 0 && h.cf != 3) || h.e1 > 3 || h.e2 > 3) return malformed(JXS_AT_CTS);
        break;
      case 0xff19:
        if (in.size != 4u * h.nc) return malformed(JXS_AT_CRG);
        crg = in.payload;
        break;
    }
  }
  h.size = u32(in.at);
  if (!(seen >> 0x13 & 1)) return fail(error, JXS_MALFORMED, JXS_AT_CDT, in.at);
  if (wgt == nullptr) return fail(error, JXS_MALFORMED, JXS_AT_WGT, in.at);
  if (int status = check(h, seen >> 0x18 & 1, crg != nullptr, error)) return status;
  if (crg != nullptr && !read_crg(crg, h)) return fail(error, JXS_MALFORMED, JXS_AT_CRG, 0);
  Geometry g;
  make_geometry(h, g);
  if (wgt_size != 2u * u32(g.bands)) return fail(error, JXS_MALFORMED, JXS_AT_WGT, size_t(wgt - bytes));
  h.bands = u8(g.bands);
  for (int b = 0; b < g.bands; b++) {
    h.gain[b] = wgt[2 * b];
    h.priority[b] = wgt[2 * b + 1];
  }
  if ((capabilities & ~kImplementedCapabilities) || more_capabilities)
    return fail(error, JXS_UNSUPPORTED, capabilities & 0x40 ? JXS_AT_TDC : JXS_AT_CAP, 6);
  return JXS_OK;
}
