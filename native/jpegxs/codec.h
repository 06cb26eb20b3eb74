/*
 * JPEG XS (ISO/IEC 21122-1) decoder and encoder. Plain C interface, all memory from the caller, no globals that change,
 * no allocation, no locks. Any number of decoders and encoders may run at once; one object belongs to one thread at a
 * time, except where a function says otherwise.
 */
#ifndef JXS_CODEC_H
#define JXS_CODEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  JXS_MAX_COMPONENTS = 4,
  /* Ten filter types of the deepest decomposition (NLx 5, NLy 2) in four components. */
  JXS_MAX_BANDS = 40,
};

/* Outcome of every call. */
enum {
  JXS_OK = 0,
  JXS_MALFORMED = 1,
  JXS_UNSUPPORTED = 2,
  JXS_TRUNCATED = 3,
  JXS_LIMIT = 4,
  JXS_BAD_CONFIG = 5,
  JXS_BUDGET = 6,
};

/* What was wrong, in more detail than the outcome. The order is part of the interface. */
enum {
  JXS_AT_NOTHING,
  JXS_AT_SOC,
  JXS_AT_CAP,
  JXS_AT_PIH,
  JXS_AT_CDT,
  JXS_AT_WGT,
  JXS_AT_NLT,
  JXS_AT_CWD,
  JXS_AT_CTS,
  JXS_AT_CRG,
  JXS_AT_COM,
  JXS_AT_MARKER,
  JXS_AT_TDC,
  JXS_AT_GEOMETRY,
  JXS_AT_SLH,
  JXS_AT_EOC,
  JXS_AT_PRECINCT,
  JXS_AT_PREDICTION,
  JXS_AT_PACKET,
  JXS_AT_COUNTS,
  JXS_AT_SIGNS,
  JXS_AT_MEMORY,
  JXS_AT_PLANES,
  JXS_AT_SCALE,
  JXS_AT_BUDGET,
  JXS_AT_LOSSLESS,
};

typedef struct JxsError {
  int32_t status;
  int32_t at;
  /* Byte of the codestream, from SOC. */
  uint32_t offset;
} JxsError;

typedef struct JxsComponent {
  uint8_t b, sx, sy;
  uint8_t reserved;
  /* Samples. */
  uint16_t width, height;
} JxsComponent;

/* The header under the standard's names. */
typedef struct JxsHeader {
  uint32_t lcod;
  uint16_t ppih, plev, wf, hf, cw, hsl;
  uint8_t nc, bw, fq, br, cpih, nlx, nly, lh, rl, qpih, fs, rm;
  /* Components without wavelet transform; Star-Tetrix. */
  uint8_t sd, cf, e1, e2;
  /* Type of the filter array: 1 where component 1 does not lie right of the corner. */
  uint8_t ct;
  uint8_t tnlt, nlt_e;
  /* Existing bands. */
  uint8_t bands;
  int32_t dco;
  uint32_t t1, t2;
  JxsComponent component[JXS_MAX_COMPONENTS];
  uint8_t gain[JXS_MAX_BANDS];
  uint8_t priority[JXS_MAX_BANDS];
  /* Bytes up to the first slice header. */
  uint32_t size;
} JxsHeader;

/* A picture in the caller's memory: one sample in one byte for depths up to 8, else in two, native order. */
typedef struct JxsPlane {
  void *data;
  /* Bytes from row to row. */
  size_t stride;
} JxsPlane;

/* Kernel families. */
enum { JXS_SCALAR = 0, JXS_V128 = 1, JXS_AVX2 = 2 };

/* The best family that this machine runs and this build has. */
int jxs_best_kernels(void);

/* sizeof(JxsHeader), for callers that only pass it on. */
size_t jxs_header_size(void);

/* Reads the header at the start of `bytes`. */
int jxs_read_header(const uint8_t *bytes, size_t length, JxsHeader *header, JxsError *error);

/* ---- decoder ---- */

typedef struct JxsDecodeOptions {
  /* Levels that are left out: 0 full size, 1 half, 2 quarter. */
  int32_t reduce;
  /* JXS_SCALAR... */
  int32_t kernels;
  /* 1: damaged slices become grey and are counted instead of ending the picture. */
  int32_t conceal;
  /* Jobs at once in `jxs_decode_slices`. */
  int32_t jobs;
} JxsDecodeOptions;

typedef struct JxsDecoder JxsDecoder;

/* Bytes of memory that a decoder for such a header needs, or 0 with the reason in `error`. */
size_t jxs_decoder_size(const JxsHeader *header, const JxsDecodeOptions *options, JxsError *error);

/* Lays a decoder out in `memory` (16-byte aligned, of jxs_decoder_size bytes, contents ignored). */
JxsDecoder *jxs_decoder_init(void *memory, const JxsHeader *header,
                             const JxsDecodeOptions *options);

/* Size of component `i` as decoded. */
void jxs_decoded_size(const JxsHeader *header, int reduce, int i, int *width, int *height);

/*
 * Decodes a picture that `header` describes (sizes, levels and formats as at init; gains and the like may differ).
 * With `conceal`, `damaged` receives the number of slices that were not decoded.
 */
int jxs_decode_picture(JxsDecoder *decoder, const JxsHeader *header, const uint8_t *bytes,
                       size_t length, const JxsPlane *planes, int *damaged, JxsError *error);

/*
 * The same in pieces, for slices that arrive one by one: begin, each slice in order (from SLH to the byte before the next
 * SLH or EOC), and after each the number of output lines of component 0 that are final.
 */
void jxs_decode_begin(JxsDecoder *decoder, const JxsHeader *header, const JxsPlane *planes);
int jxs_decode_slice(JxsDecoder *decoder, const uint8_t *bytes, size_t length, int *lines,
                     JxsError *error);

/* Number of slices and of precinct rows in a picture, and of lines in a slice. */
void jxs_layout(const JxsHeader *header, int *slices, int *rows, int *slice_rows);

/* A slice in the codestream, from SLH to the byte before the next SLH or EOC. */
typedef struct JxsSpan {
  uint32_t offset, length;
} JxsSpan;

/*
 * Finds the slices by the lengths of their precincts. Returns 1, or 0 where the chain breaks, EOC included. `slices` has an
 * entry for each of the picture, or is null.
 */
int jxs_find_slices(const JxsDecoder *decoder, const JxsHeader *header, const uint8_t *bytes,
                    size_t length, JxsSpan *slices);

/*
 * The same as parallel jobs: first `jxs_decode_begin`, then `jxs_decode_slices` for disjoint ranges of slices that cover
 * the picture, in any order and on any threads. `slices` and `errors` are indexed by slice; the entries of a range receive
 * how it went, and damaged slices are grey. One slice more is read, that above the range, to complete its first lines.
 * `job` is below `jobs` and not used twice at once.
 */
void jxs_decode_slices(JxsDecoder *decoder, int job, int first, int end, const uint8_t *bytes,
                       const JxsSpan *slices, JxsError *errors);
/* After the last of them: what needs the whole picture. */
void jxs_decode_finish(JxsDecoder *decoder);

/* ---- encoder ---- */

/* How the bytes of a slice are shared among its precincts. */
enum {
  /* Every precinct gets the same. */
  JXS_RATE_PRECINCT = 0,
  /* What a precinct leaves goes to the next one. */
  JXS_RATE_CARRY = 1,
  /* One quality for the slice, the rest for single precincts. */
  JXS_RATE_SLICE = 2,
  /* No budget: every coefficient at quantisation 0. */
  JXS_RATE_NONE = 3,
};

typedef struct JxsEncodeOptions {
  /* Bytes of the codestream, header and EOC included; ignored with JXS_RATE_NONE. */
  uint32_t size;
  int32_t rate;
  /*
   * Bytes that the precincts of a slice may be ahead of an even share of its bytes, or behind it: half of what a decoder's
   * smoothing buffer has to spare.
   */
  uint32_t reservoir;
  /* JXS_SCALAR... */
  int32_t kernels;
  /* Vertical prediction and significance flags where they help. */
  int32_t vertical, significance;
  /* With Fs 1: 1 counts four sign bits for every coded group while the rate is chosen. */
  int32_t fast_signs;
  /* 1: code groups lose bit-planes that are not worth their bits. */
  int32_t trim;
  /* Jobs at once in `jxs_encode_slices`. */
  int32_t jobs;
} JxsEncodeOptions;

typedef struct JxsEncoder JxsEncoder;

/*
 * As for the decoder. `header` says everything that the codestream's header says; lossless coding is Fq 0.
 */
size_t jxs_encoder_size(const JxsHeader *header, const JxsEncodeOptions *options, JxsError *error);
JxsEncoder *jxs_encoder_init(void *memory, const JxsHeader *header,
                             const JxsEncodeOptions *options);

/* Upper bound for a slice without budget, and for everything behind the header. */
size_t jxs_encoded_slice_limit(const JxsEncoder *encoder);
/* Exact bytes of slice `slice` with a budget, slice header included. */
size_t jxs_encoded_slice_size(const JxsEncoder *encoder, int slice);

/*
 * Writes slices from `first` to before `end` one behind the other, SLHs included. Ranges go in any order and, with `job`
 * below `jobs` and not used twice at once, on any thread; all together write what one call would. Long ranges are faster:
 * the transform goes on from slice to slice. Samples above the depth are masked off.
 */
int jxs_encode_slices(JxsEncoder *encoder, int job, int first, int end, const JxsPlane *planes,
                      uint8_t *out, size_t capacity, size_t *written, JxsError *error);
/* Writes all slices and EOC: everything behind the header. */
int jxs_encode_picture(JxsEncoder *encoder, const JxsPlane *planes, uint8_t *out, size_t capacity,
                       size_t *written, JxsError *error);

#ifdef __cplusplus
}
#endif
#endif
