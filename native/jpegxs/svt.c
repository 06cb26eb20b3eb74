#include "svt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library exists for x86-64 only, with 64-bit pointers and the layouts below. */
#if defined(__x86_64__) && !defined(_WIN32) && !defined(__wasm__)
#include <dlfcn.h>
#include <pthread.h>

enum {
  /* The library clears and fills as many bytes of its structures as its own version has: 192 so far. */
  API_SIZE = 1024,
  /* Behind buffers that it reads and writes. */
  PADDING = 256,
  EMPTY_SLOT = 0xee,
};

/* Fields that are used: offsets and types are the same in API 0.9 and 0.10. */
enum {
  ENC_WIDTH = 0,
  ENC_HEIGHT = 4,
  ENC_BIT_DEPTH = 8,
  ENC_FORMAT = 12,
  ENC_BPP_NUMERATOR = 16,
  ENC_BPP_DENOMINATOR = 20,
  ENC_LEVELS_V = 24,
  ENC_LEVELS_H = 28,
  ENC_QUANTISATION = 32,
  ENC_SLICE_HEIGHT = 36,
  ENC_THREADS = 48,
  ENC_SIGNS = 60,
  ENC_SIGNIFICANCE = 64,
  ENC_RATE = 68,
  ENC_VERTICAL = 72,
  ENC_VERBOSE = 76,
  DEC_CPU_FLAGS = 0,
  DEC_VERBOSE = 8,
  DEC_THREADS = 12,
};

typedef struct ImageConfig {
  uint32_t width, height;
  uint8_t bit_depth;
  int32_t format;
  uint8_t components;
  struct {
    uint32_t width, height, bytes;
  } component[4];
  uint8_t spare[PADDING];
} ImageConfig;

typedef struct Frame {
  struct {
    void *data[4];
    /* Samples, bytes. */
    uint32_t stride[4], size[4];
    void *context;
    uint8_t ready_to_release;
  } image;
  struct {
    uint8_t *buffer;
    uint32_t capacity, used;
    void *context;
    uint8_t ready_to_release, last_packet;
  } bitstream;
  void *context;
  uint8_t spare[PADDING];
} Frame;

_Static_assert(offsetof(ImageConfig, spare) == 68, "layout");
_Static_assert(offsetof(Frame, bitstream) == 80 && offsetof(Frame, spare) == 120, "layout");

typedef uint32_t Result;
static struct {
  void *handle;
  int minor;
  Result (*load_defaults)(uint64_t, uint64_t, void *);
  Result (*encoder_init)(uint64_t, uint64_t, void *);
  Result (*encoder_send)(void *, Frame *, uint8_t);
  Result (*encoder_get)(void *, Frame *, uint8_t);
  void (*encoder_close)(void *);
  Result (*decoder_init)(uint64_t, uint64_t, void *, const uint8_t *, size_t, ImageConfig *);
  Result (*decoder_send)(void *, Frame *, uint8_t);
  Result (*decoder_get)(void *, Frame *, uint8_t);
  void (*decoder_close)(void *);
} library;

/* Opening, init and close change what is global in the library, and every thread of a process shares it. */
static pthread_mutex_t global = PTHREAD_MUTEX_INITIALIZER;

static void put32(uint8_t *api, int at, uint32_t value) { memcpy(api + at, &value, sizeof value); }

static bool resolve(void *handle, const char *name, void *function) {
  char symbol[64];
  snprintf(symbol, sizeof symbol, "svt_jpeg_xs_%s", name);
  void *found = dlsym(handle, symbol);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

static bool resolve_all(void *handle) {
  return resolve(handle, "encoder_load_default_parameters", &library.load_defaults) &&
         resolve(handle, "encoder_init", &library.encoder_init) &&
         resolve(handle, "encoder_send_picture", &library.encoder_send) &&
         resolve(handle, "encoder_get_packet", &library.encoder_get) &&
         resolve(handle, "encoder_close", &library.encoder_close) &&
         resolve(handle, "decoder_init", &library.decoder_init) &&
         resolve(handle, "decoder_send_frame", &library.decoder_send) &&
         resolve(handle, "decoder_get_frame", &library.decoder_get) &&
         resolve(handle, "decoder_close", &library.decoder_close);
}

/* The version by what it accepts: the library's name is the same for both. */
static int probe(void) {
  uint8_t api[API_SIZE];
  for (int minor = 10; minor >= 9; minor--) {
    memset(api, EMPTY_SLOT, sizeof api);
    if (library.load_defaults(0, (uint64_t)minor, api) == SVT_OK) return minor;
  }
  return 0;
}

static int open_locked(const char *path, char *reason, size_t size) {
  if (library.handle != NULL) return library.minor;
  const char *const names[] = {path, path == NULL ? "libSvtJpegxs.so.0" : NULL,
                               path == NULL ? "libSvtJpegxs.so" : NULL};
  void *handle = NULL;
  for (size_t i = 0; i < 3 && handle == NULL; i++) {
    if (names[i] == NULL) continue;
    handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) snprintf(reason, size, "%s", dlerror());
  }
  if (handle == NULL) return 0;
  if (!resolve_all(handle)) {
    snprintf(reason, size, "%s", dlerror());
    dlclose(handle);
    return 0;
  }
  library.minor = probe();
  if (library.minor == 0) {
    snprintf(reason, size, "the library is neither version 0.9 nor 0.10");
    dlclose(handle);
    return 0;
  }
  library.handle = handle;
  return library.minor;
}

int svt_open(const char *path, char *reason, size_t size) {
  pthread_mutex_lock(&global);
  const int minor = open_locked(path, reason, size);
  pthread_mutex_unlock(&global);
  return minor;
}

/* Planes of our own: the library's kernels may write behind a row, and it knows no strides. */
typedef struct Planes {
  uint8_t *data[4];
  size_t row[4], height[4];
  int count;
} Planes;

static void planes_free(Planes *p) {
  for (int i = 0; i < 4; i++) free(p->data[i]);
  memset(p, 0, sizeof *p);
}

static bool planes_new(Planes *p, const JxsHeader *h) {
  memset(p, 0, sizeof *p);
  p->count = h->nc;
  for (int i = 0; i < h->nc; i++) {
    const JxsComponent *c = &h->component[i];
    p->row[i] = (size_t)c->width * (c->b > 8 ? 2 : 1);
    p->height[i] = c->height;
    p->data[i] = malloc(p->row[i] * p->height[i] + PADDING);
    if (p->data[i] != NULL) continue;
    planes_free(p);
    return false;
  }
  return true;
}

static void set_image(Frame *frame, const Planes *p, const JxsHeader *h) {
  memset(frame, 0, sizeof *frame);
  for (int i = 0; i < p->count; i++) {
    frame->image.data[i] = p->data[i];
    frame->image.stride[i] = h->component[i].width;
    frame->image.size[i] = (uint32_t)(p->row[i] * p->height[i]);
  }
}

struct SvtDecoder {
  _Alignas(16) uint8_t api[API_SIZE];
  bool open;
  uint32_t threads;
  JxsHeader header;
  Planes planes;
  uint8_t *input;
  size_t capacity;
};

SvtDecoder *svt_decoder_new(uint32_t threads) {
  SvtDecoder *svt = calloc(1, sizeof *svt);
  if (svt != NULL) svt->threads = threads;
  return svt;
}

static void decoder_close(SvtDecoder *svt) {
  if (!svt->open) return;
  pthread_mutex_lock(&global);
  library.decoder_close(svt->api);
  pthread_mutex_unlock(&global);
  svt->open = false;
  planes_free(&svt->planes);
}

void svt_decoder_free(SvtDecoder *svt) {
  if (svt == NULL) return;
  decoder_close(svt);
  free(svt->input);
  free(svt);
}

static uint32_t decoder_open(SvtDecoder *svt, const JxsHeader *h, size_t length) {
  decoder_close(svt);
  if (!planes_new(&svt->planes, h)) return SVT_NO_MEMORY;
  memset(svt->api, 0, sizeof svt->api);
  const uint64_t all = 0xffff;
  memcpy(svt->api + DEC_CPU_FLAGS, &all, sizeof all);
  put32(svt->api, DEC_THREADS, svt->threads);
  ImageConfig image;
  pthread_mutex_lock(&global);
  const Result result = library.decoder_init(0, 9, svt->api, svt->input, length, &image);
  pthread_mutex_unlock(&global);
  if (result != SVT_OK) {
    planes_free(&svt->planes);
    return result;
  }
  svt->open = true;
  svt->header = *h;
  for (int i = 0; i < h->nc; i++)
    if (image.component[i].bytes > svt->planes.row[i] * svt->planes.height[i]) return SVT_NOT_ASKED;
  return SVT_OK;
}

/* What it implements, less what it is known to decode wrongly. */
static bool takes(const JxsHeader *h) {
  for (int i = 1; i < h->nc; i++)
    if (h->component[i].b != h->component[0].b) return false;
  return h->cw == 0 && h->sd == 0 && h->cpih != 3 && h->br == 4;
}

uint32_t svt_decode(SvtDecoder *svt, const JxsDecoder *checker, const JxsHeader *h,
                    const uint8_t *bytes, size_t length, const JxsPlane *planes) {
  if (!takes(h) || !jxs_find_slices(checker, h, bytes, length, NULL)) return SVT_NOT_ASKED;
  if (length > UINT32_MAX - PADDING) return SVT_NOT_ASKED;
  if (length > svt->capacity) {
    free(svt->input);
    svt->input = calloc(1, length + PADDING);
    svt->capacity = svt->input == NULL ? 0 : length;
    if (svt->input == NULL) return SVT_NO_MEMORY;
  }
  memcpy(svt->input, bytes, length);
  if (!svt->open || memcmp(&svt->header, h, sizeof *h) != 0) {
    const uint32_t result = decoder_open(svt, h, length);
    if (result != SVT_OK) {
      decoder_close(svt);
      return result;
    }
  }
  Frame frame;
  set_image(&frame, &svt->planes, h);
  frame.bitstream.buffer = svt->input;
  frame.bitstream.capacity = (uint32_t)svt->capacity;
  frame.bitstream.used = (uint32_t)length;
  Result result = library.decoder_send(svt->api, &frame, 1);
  if (result == SVT_OK) result = library.decoder_get(svt->api, &frame, 1);
  if (result != SVT_OK) {
    decoder_close(svt);
    return result;
  }
  for (int i = 0; i < h->nc; i++)
    for (size_t y = 0; y < svt->planes.height[i]; y++)
      memcpy((uint8_t *)planes[i].data + y * planes[i].stride,
             svt->planes.data[i] + y * svt->planes.row[i], svt->planes.row[i]);
  return SVT_OK;
}

struct SvtEncoder {
  _Alignas(16) uint8_t api[API_SIZE];
  bool open;
  JxsHeader header;
  Planes planes;
  uint8_t *output;
  uint32_t capacity;
};

/* 0 for component tables that it does not encode. */
static uint32_t format_of(const JxsHeader *h) {
  if (h->nc != 3 || h->component[2].sx != h->component[1].sx) return 0;
  return h->component[1].sy == 2 ? 2 : h->component[1].sx == 2 ? 3 : 4;
}

SvtEncoder *svt_encoder_new(const JxsHeader *h, const JxsEncodeOptions *options, uint32_t threads,
                            uint32_t *error) {
  *error = SVT_NO_MEMORY;
  SvtEncoder *svt = calloc(1, sizeof *svt);
  if (svt == NULL) return NULL;
  svt->header = *h;
  svt->capacity = options->size + PADDING;
  svt->output = malloc(svt->capacity);
  uint8_t *api = svt->api;
  if (svt->output != NULL && planes_new(&svt->planes, h)) {
    pthread_mutex_lock(&global);
    *error = library.load_defaults(0, 9, api);
    put32(api, ENC_WIDTH, h->wf);
    put32(api, ENC_HEIGHT, h->hf);
    api[ENC_BIT_DEPTH] = h->component[0].b;
    put32(api, ENC_FORMAT, format_of(h));
    /* The size to the byte. */
    put32(api, ENC_BPP_NUMERATOR, options->size * 8);
    put32(api, ENC_BPP_DENOMINATOR, (uint32_t)h->wf * h->hf);
    put32(api, ENC_LEVELS_V, h->nly);
    put32(api, ENC_LEVELS_H, h->nlx);
    put32(api, ENC_QUANTISATION, h->qpih);
    put32(api, ENC_SLICE_HEIGHT, (uint32_t)h->hsl << h->nly);
    put32(api, ENC_THREADS, threads);
    put32(api, ENC_SIGNS, h->fs == 0 ? 0 : options->fast_signs ? 1 : 2);
    put32(api, ENC_SIGNIFICANCE, options->significance != 0);
    put32(api, ENC_RATE, (uint32_t)options->rate);
    put32(api, ENC_VERTICAL, !options->vertical ? 0 : h->rm ? 2 : 1);
    put32(api, ENC_VERBOSE, 0);
    if (*error == SVT_OK) *error = library.encoder_init(0, 9, api);
    pthread_mutex_unlock(&global);
    svt->open = *error == SVT_OK;
  }
  if (svt->open) return svt;
  svt_encoder_free(svt);
  return NULL;
}

void svt_encoder_free(SvtEncoder *svt) {
  if (svt == NULL) return;
  if (svt->open) {
    pthread_mutex_lock(&global);
    library.encoder_close(svt->api);
    pthread_mutex_unlock(&global);
  }
  planes_free(&svt->planes);
  free(svt->output);
  free(svt);
}

/* Equal but for SOC to PIH, where versions differ in CAP, Ppih and Plev: gains and all else that the body depends on. */
static bool same_header(const uint8_t *wanted, size_t size, const uint8_t *actual, size_t length) {
  const size_t cap = 4;
  if (size < 6 || length < size || memcmp(wanted, actual, cap) != 0) return false;
  const size_t wanted_pih = cap + (size_t)(wanted[4] << 8 | wanted[5]);
  const size_t actual_pih = cap + (size_t)(actual[4] << 8 | actual[5]);
  const size_t levels = 12;
  return wanted_pih == actual_pih && wanted_pih + levels <= size &&
         memcmp(wanted + wanted_pih, actual + actual_pih, 8) == 0 &&
         memcmp(wanted + wanted_pih + levels, actual + actual_pih + levels,
                size - wanted_pih - levels) == 0;
}

uint32_t svt_encode(SvtEncoder *svt, const JxsPlane *planes, uint8_t *out, size_t capacity,
                    size_t *written) {
  for (int i = 0; i < svt->planes.count; i++)
    for (size_t y = 0; y < svt->planes.height[i]; y++)
      memcpy(svt->planes.data[i] + y * svt->planes.row[i],
             (const uint8_t *)planes[i].data + y * planes[i].stride, svt->planes.row[i]);
  Frame frame;
  set_image(&frame, &svt->planes, &svt->header);
  frame.bitstream.buffer = svt->output;
  frame.bitstream.capacity = svt->capacity;
  Result result = library.encoder_send(svt->api, &frame, 1);
  if (result == SVT_OK) result = library.encoder_get(svt->api, &frame, 1);
  if (result != SVT_OK) return result;
  const size_t size = frame.bitstream.used, header = svt->header.size;
  if (size > svt->capacity || !same_header(out - header, header, svt->output, size) ||
      size - header > capacity)
    return SVT_OTHER_HEADER;
  *written = size - header;
  memcpy(out, svt->output + header, *written);
  return SVT_OK;
}

#else

int svt_open(const char *path, char *reason, size_t size) {
  (void)path;
  snprintf(reason, size, "SVT-JPEG-XS exists for x86-64 only");
  return 0;
}
SvtDecoder *svt_decoder_new(uint32_t threads) {
  (void)threads;
  return NULL;
}
void svt_decoder_free(SvtDecoder *svt) { (void)svt; }
uint32_t svt_decode(SvtDecoder *svt, const JxsDecoder *checker, const JxsHeader *header,
                    const uint8_t *bytes, size_t length, const JxsPlane *planes) {
  (void)svt, (void)checker, (void)header, (void)bytes, (void)length, (void)planes;
  return SVT_NOT_ASKED;
}
SvtEncoder *svt_encoder_new(const JxsHeader *header, const JxsEncodeOptions *options,
                            uint32_t threads, uint32_t *error) {
  (void)header, (void)options, (void)threads;
  *error = SVT_NOT_ASKED;
  return NULL;
}
void svt_encoder_free(SvtEncoder *svt) { (void)svt; }
uint32_t svt_encode(SvtEncoder *svt, const JxsPlane *planes, uint8_t *out, size_t capacity,
                    size_t *written) {
  (void)svt, (void)planes, (void)out, (void)capacity, (void)written;
  return SVT_NOT_ASKED;
}

#endif
