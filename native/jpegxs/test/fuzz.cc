// Decodes whatever it is given with every family of kernels and at every size, and encodes what came out again. With
// JXS_FUZZ_MAIN: structured mutations of the files named on the command line, for machines without libFuzzer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../codec.h"
#include "../svt.h"

/* Grid points of a picture that is worth the time. */
static uint32_t most_points = 1u << 17;

static void reencode(const JxsHeader *decoded, const JxsPlane *planes, int kernels) {
  JxsHeader header = *decoded;
  JxsError error;
  JxsEncodeOptions options = {4096, JXS_RATE_SLICE, 100, kernels, 1, 1, 0, 1, 1};
  if (header.fq == 0) options.rate = JXS_RATE_NONE;
  const size_t size = jxs_encoder_size(&header, &options, &error);
  if (size == 0 || size > (64u << 20)) return;
  void *memory = aligned_alloc(64, (size + 63) & ~size_t(63));
  JxsEncoder *encoder = jxs_encoder_init(memory, &header, &options);
  int slices, rows, slice_rows;
  jxs_layout(&header, &slices, &rows, &slice_rows);
  const size_t capacity = options.rate == JXS_RATE_NONE
                              ? jxs_encoded_slice_limit(encoder) * size_t(slices) + 2
                              : options.size - header.size;
  uint8_t *out = (uint8_t *)malloc(capacity);
  size_t written = 0;
  jxs_encode_picture(encoder, planes, out, capacity, &written, &error);
  free(out);
  free(memory);
}

/* The same as jobs, the last slices first. */
static void in_jobs(JxsDecoder *decoder, const JxsHeader *header, const uint8_t *bytes,
                    size_t length, const JxsPlane *planes, int jobs) {
  int slices, rows, slice_rows;
  jxs_layout(header, &slices, &rows, &slice_rows);
  JxsSpan *spans = (JxsSpan *)malloc(size_t(slices) * sizeof *spans);
  JxsError *errors = (JxsError *)malloc(size_t(slices) * sizeof *errors);
  if (jxs_find_slices(decoder, header, bytes, length, spans)) {
    jxs_decode_begin(decoder, header, planes);
    for (int job = jobs - 1; job >= 0; job--)
      jxs_decode_slices(decoder, job, slices * job / jobs, slices * (job + 1) / jobs, bytes, spans,
                        errors);
    jxs_decode_finish(decoder);
  }
  free(spans);
  free(errors);
}

static void decode(const uint8_t *bytes, size_t length, JxsDecodeOptions options) {
  JxsHeader header;
  JxsError error;
  if (jxs_read_header(bytes, length, &header, &error) != JXS_OK) return;
  if ((uint32_t)header.wf * header.hf > most_points) return;
  const size_t size = jxs_decoder_size(&header, &options, &error);
  if (size == 0) return;
  void *memory = aligned_alloc(64, (size + 63) & ~size_t(63));
  // Memory need not be clean.
  memset(memory, 0xa5, size);
  JxsDecoder *decoder = jxs_decoder_init(memory, &header, &options);
  JxsPlane planes[JXS_MAX_COMPONENTS];
  for (int i = 0; i < header.nc; i++) {
    int width, height;
    jxs_decoded_size(&header, options.reduce, i, &width, &height);
    planes[i].stride = (size_t)width * (header.component[i].b > 8 ? 2 : 1);
    // Exactly what is needed: a write beyond the last row is caught.
    planes[i].data = malloc(planes[i].stride * (size_t)height);
  }
  int damaged;
  const int status =
      jxs_decode_picture(decoder, &header, bytes, length, planes, &damaged, &error);
  in_jobs(decoder, &header, bytes, length, planes, options.jobs);
  if (status == JXS_OK && options.reduce == 0) reencode(&header, planes, options.kernels);
  for (int i = 0; i < header.nc; i++) free(planes[i].data);
  free(memory);
}

extern "C" int fuzz(const uint8_t *data, size_t size) {
  // A copy of exactly this size: a read beyond it is caught.
  uint8_t *bytes = (uint8_t *)malloc(size == 0 ? 1 : size);
  if (size > 0) memcpy(bytes, data, size);
  const int best = jxs_best_kernels();
  const int kernels = size % 3 > (size_t)best ? best : (int)(size % 3);
  JxsDecodeOptions options = {0, kernels, 0, 1 + (int)(size % 2)};
  decode(bytes, size, options);
  options.conceal = 1;
  options.reduce = (int)(size / 3 % 3);
  decode(bytes, size, options);
  free(bytes);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz(data, size); }

#ifdef JXS_FUZZ_MAIN
/* Decodes `bytes` and encodes the result through the library at `path`, which may be a fake: what counts is memory. */
static int through_svt(const char *path, const uint8_t *bytes, size_t length) {
  char reason[256];
  if (svt_open(path, reason, sizeof reason) == 0) return fprintf(stderr, "%s\n", reason), 1;
  JxsHeader header;
  JxsError error;
  const JxsDecodeOptions decode_options = {0, JXS_SCALAR, 0, 1};
  if (jxs_read_header(bytes, length, &header, &error) != JXS_OK) return 1;
  void *memory = aligned_alloc(64, (jxs_decoder_size(&header, &decode_options, &error) + 63) & ~size_t(63));
  const JxsDecoder *checker = jxs_decoder_init(memory, &header, &decode_options);
  JxsPlane planes[JXS_MAX_COMPONENTS] = {};
  for (int i = 0; i < header.nc; i++) {
    planes[i].stride = header.component[i].width * (header.component[i].b > 8 ? 2 : 1);
    planes[i].data = malloc(planes[i].stride * header.component[i].height);
  }
  uint8_t *copy = (uint8_t *)malloc(length);
  memcpy(copy, bytes, length);

  SvtDecoder *decoder = svt_decoder_new(3);
  uint32_t code = svt_decode(decoder, checker, &header, copy, length, planes);
  /* Again, then what the walk refuses, then with another header. */
  if (code == SVT_OK) code = svt_decode(decoder, checker, &header, copy, length, planes);
  if (code == SVT_OK && svt_decode(decoder, checker, &header, copy, length / 2, planes) != SVT_NOT_ASKED) code = 1;
  header.gain[0]++;
  if (code == SVT_OK) code = svt_decode(decoder, checker, &header, copy, length, planes);
  svt_decoder_free(decoder);

  JxsEncodeOptions options = {};
  options.size = (uint32_t)length;
  options.jobs = 1;
  uint32_t refused = 0;
  SvtEncoder *encoder = svt_encoder_new(&header, &options, 3, &refused);
  if (encoder == NULL) code = refused;
  size_t written = 0;
  for (int i = 0; i < 2 && code == SVT_OK; i++)
    code = svt_encode(encoder, planes, copy + header.size, length - header.size, &written);
  /* No room. */
  if (code == SVT_OK && svt_encode(encoder, planes, copy + header.size, 10, &written) != SVT_OTHER_HEADER) code = 1;
  svt_encoder_free(encoder);
  for (int i = 0; i < header.nc; i++) free(planes[i].data);
  free(copy);
  free(memory);
  if (code != SVT_OK) fprintf(stderr, "SVT-JPEG-XS: %x\n", code);
  return code != SVT_OK;
}

static uint32_t state = 1;
static uint32_t next(uint32_t n) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return n == 0 ? 0 : state % n;
}

// Fields of headers and precincts matter more than data: most changes go near the start.
static size_t place(size_t size) {
  const size_t near = size < 160 ? size : 160;
  return next(2) ? next((uint32_t)near) : next((uint32_t)size);
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "svt") == 0) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(argv[3], "rb");
    if (file == NULL) return 1;
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return through_svt(argv[2], bytes, size);
  }
  const long rounds = argc > 1 ? atol(argv[1]) : 1000;
  for (int i = 2; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    if (file == NULL) return 1;
    static uint8_t seed[1 << 20], bytes[1 << 20];
    const size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    most_points = 1u << 24;
    fuzz(seed, size);
    most_points = 1u << 17;
    for (long round = 0; round < rounds / (argc - 2); round++) {
      memcpy(bytes, seed, size);
      size_t length = size;
      for (uint32_t n = 1 + next(4); n > 0; n--) {
        switch (next(5)) {
          case 0:
            bytes[place(size)] = (uint8_t)next(256);
            break;
          case 1:
            bytes[place(size)] ^= (uint8_t)(1 << next(8));
            break;
          case 2:
            bytes[place(size)] = next(2) ? 0xff : 0;
            break;
          case 3: {
            const size_t from = place(size), to = place(size);
            const size_t most = size - (from > to ? from : to);
            memmove(bytes + to, bytes + from, next((uint32_t)(most < 40 ? most : 40)));
            break;
          }
          default:
            if (next(8) == 0) length = next((uint32_t)size) + 1;
        }
      }
      fuzz(bytes, length);
    }
  }
  printf("%ld mutations of %d files\n", rounds, argc - 2);
  return 0;
}
#endif
