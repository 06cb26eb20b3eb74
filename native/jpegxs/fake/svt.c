/*
 * A library with the interface of SVT-JPEG-XS, for tests of its binding. It decodes every codestream to a pattern, encodes
 * to the file that FAKE_SVT_OUTPUT names, and checks what it is given. FAKE_SVT_MINOR is its version, FAKE_SVT_FAIL the
 * name of a function that fails. It says on stderr what was opened and closed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
enum { BAD_VERSION = 0x40001001, BAD_PARAMETER = 0x80001005, BAD_BITSTREAM = 0x80003001 };

static int decoders, encoders;
static uint8_t in_flight[120];
static int flying;

static uint64_t minor_version(void) {
  const char *value = getenv("FAKE_SVT_MINOR");
  return value == NULL ? 10 : (uint64_t)atoi(value);
}

static int fails(const char *name) {
  const char *value = getenv("FAKE_SVT_FAIL");
  return value != NULL && strcmp(value, name) == 0;
}

static uint32_t get32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static uint8_t *pointer(const uint8_t *p) {
  uint8_t *v;
  memcpy(&v, p, sizeof v);
  return v;
}

EXPORT uint32_t svt_jpeg_xs_encoder_load_default_parameters(uint64_t major, uint64_t minor,
                                                            uint8_t *enc) {
  if (major != 0 || minor > minor_version()) return BAD_VERSION;
  memset(enc, 0, minor_version() == 9 ? 128 : 192);
  enc[76] = 2;
  return 0;
}

EXPORT uint32_t svt_jpeg_xs_encoder_init(uint64_t major, uint64_t minor, uint8_t *enc) {
  if (major != 0 || minor > minor_version()) return BAD_VERSION;
  if (fails("encoder_init") || get32(enc) == 0 || enc[8] < 8 || get32(enc + 12) == 0) return BAD_PARAMETER;
  /* Silent, and nothing where an older version has its end. */
  if (get32(enc + 76) != 0 || get32(enc + 128) != 0) return BAD_PARAMETER;
  fprintf(stderr, "encoder %ux%u depth %d format %u levels %u %u threads %u\n", get32(enc),
          get32(enc + 4), enc[8], get32(enc + 12), get32(enc + 28), get32(enc + 24), get32(enc + 48));
  encoders++;
  return 0;
}

EXPORT uint32_t svt_jpeg_xs_encoder_send_picture(uint8_t *enc, uint8_t *frame, uint8_t blocking) {
  (void)enc;
  if (!blocking || flying || pointer(frame) == NULL || pointer(frame + 80) == NULL) return BAD_PARAMETER;
  memcpy(in_flight, frame, sizeof in_flight);
  flying = 1;
  return 0;
}

EXPORT uint32_t svt_jpeg_xs_encoder_get_packet(uint8_t *enc, uint8_t *frame, uint8_t blocking) {
  (void)enc;
  if (!blocking || !flying) return BAD_PARAMETER;
  flying = 0;
  if (fails("encoder_get_packet")) return 0x80002035;
  memcpy(frame, in_flight, sizeof in_flight);
  FILE *file = fopen(getenv("FAKE_SVT_OUTPUT"), "rb");
  if (file == NULL) return BAD_PARAMETER;
  const uint32_t size = (uint32_t)fread(pointer(frame + 80), 1, get32(frame + 88), file);
  fclose(file);
  memcpy(frame + 92, &size, sizeof size);
  return 0;
}

EXPORT void svt_jpeg_xs_encoder_close(uint8_t *enc) {
  (void)enc;
  fprintf(stderr, "encoder closed, %d left\n", --encoders);
}

EXPORT uint32_t svt_jpeg_xs_decoder_init(uint64_t major, uint64_t minor, uint8_t *dec,
                                         const uint8_t *bytes, size_t length, uint8_t *image) {
  if (major != 0 || minor > minor_version()) return BAD_VERSION;
  if (fails("decoder_init") || length < 2 || bytes[0] != 0xff || bytes[1] != 0x10) return BAD_BITSTREAM;
  if (get32(dec) != 0xffff || get32(dec + 8) != 0 || get32(dec + 64) != 0) return BAD_PARAMETER;
  memset(image, 0, 68);
  fprintf(stderr, "decoder threads %u\n", get32(dec + 12));
  decoders++;
  return 0;
}

EXPORT uint32_t svt_jpeg_xs_decoder_send_frame(uint8_t *dec, uint8_t *frame, uint8_t blocking) {
  return svt_jpeg_xs_encoder_send_picture(dec, frame, blocking);
}

/* Sample x of a row is 16 · plane + x. Kernels of the real one may write behind a plane, as this does. */
EXPORT uint32_t svt_jpeg_xs_decoder_get_frame(uint8_t *dec, uint8_t *frame, uint8_t blocking) {
  (void)dec;
  if (!blocking || !flying) return BAD_PARAMETER;
  flying = 0;
  if (fails("decoder_get_frame")) return BAD_BITSTREAM;
  memcpy(frame, in_flight, sizeof in_flight);
  for (int i = 0; i < 4; i++) {
    uint8_t *data = pointer(frame + 8 * i);
    if (data == NULL) continue;
    const uint32_t size = get32(frame + 48 + 4 * i), stride = get32(frame + 32 + 4 * i);
    for (uint32_t at = 0; at < size; at++) data[at] = (uint8_t)(16 * i + at % stride);
    memset(data + size, 0xaa, 64);
  }
  return 0;
}

EXPORT void svt_jpeg_xs_decoder_close(uint8_t *dec) {
  (void)dec;
  fprintf(stderr, "decoder closed, %d left\n", --decoders);
}
