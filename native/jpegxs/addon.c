/*
 * The Node-API binding. It has no logic: each function of codec.h under its own name, with a heap in front of its
 * arguments, and offsets into that heap for pointers. So the same TypeScript drives this and the WASM module.
 */
#include <node_api.h>
#include <string.h>
#ifdef __wasm__
#include <emnapi.h>
#endif

#include "codec.h"

enum { MAX_ARGUMENTS = 8 };

typedef uint8_t *Heap;
typedef const uint32_t *Arguments;
typedef double (*Function)(Heap, Arguments);

/* A list of planes in the heap: pairs of offset and stride, 32 bits each, as the 32-bit structure has them. */
static void read_planes(Heap heap, uint32_t at, JxsPlane planes[JXS_MAX_COMPONENTS]) {
  uint32_t pair[2];
  for (int i = 0; i < JXS_MAX_COMPONENTS; i++) {
    memcpy(pair, heap + at + 8 * i, sizeof pair);
    planes[i].data = heap + pair[0];
    planes[i].stride = pair[1];
  }
}

#define AT(i) ((void *)(heap + a[i]))

static double header_size(Heap heap, Arguments a) {
  (void)heap, (void)a;
  return (double)jxs_header_size();
}
static double best_kernels(Heap heap, Arguments a) {
  (void)heap, (void)a;
  return jxs_best_kernels();
}
static double read_header(Heap heap, Arguments a) {
  return jxs_read_header(AT(0), a[1], AT(2), AT(3));
}
static double decoder_size(Heap heap, Arguments a) {
  return (double)jxs_decoder_size(AT(0), AT(1), AT(2));
}
static double decoder_init(Heap heap, Arguments a) {
  jxs_decoder_init(AT(0), AT(1), AT(2));
  return a[0];
}
static double decode_picture(Heap heap, Arguments a) {
  JxsPlane planes[JXS_MAX_COMPONENTS];
  read_planes(heap, a[4], planes);
  return jxs_decode_picture(AT(0), AT(1), AT(2), a[3], planes, AT(5), AT(6));
}
static double decode_begin(Heap heap, Arguments a) {
  JxsPlane planes[JXS_MAX_COMPONENTS];
  read_planes(heap, a[2], planes);
  jxs_decode_begin(AT(0), AT(1), planes);
  return 0;
}
static double decode_slice(Heap heap, Arguments a) {
  return jxs_decode_slice(AT(0), AT(1), a[2], AT(3), AT(4));
}
static double decode_entropy(Heap heap, Arguments a) {
  return jxs_decode_entropy(AT(0), (int)a[1], (int)a[2], AT(3), a[4], AT(5));
}
static double decode_synthesis(Heap heap, Arguments a) {
  jxs_decode_synthesis(AT(0), (int)a[1], (int)a[2], (int)a[3]);
  return 0;
}
static double decode_finish(Heap heap, Arguments a) {
  jxs_decode_finish(AT(0));
  return 0;
}
static double encoder_size(Heap heap, Arguments a) {
  return (double)jxs_encoder_size(AT(0), AT(1), AT(2));
}
static double encoder_init(Heap heap, Arguments a) {
  jxs_encoder_init(AT(0), AT(1), AT(2));
  return a[0];
}
static double encoded_slice_limit(Heap heap, Arguments a) {
  return (double)jxs_encoded_slice_limit(AT(0));
}
static double encoded_slice_size(Heap heap, Arguments a) {
  return (double)jxs_encoded_slice_size(AT(0), (int)a[1]);
}
static double encode_slice(Heap heap, Arguments a) {
  JxsPlane planes[JXS_MAX_COMPONENTS];
  size_t written = 0;
  read_planes(heap, a[3], planes);
  int status =
      jxs_encode_slice(AT(0), (int)a[1], (int)a[2], planes, AT(4), a[5], &written, AT(7));
  uint32_t bytes = (uint32_t)written;
  memcpy(heap + a[6], &bytes, sizeof bytes);
  return status;
}
static double encode_picture(Heap heap, Arguments a) {
  JxsPlane planes[JXS_MAX_COMPONENTS];
  size_t written = 0;
  read_planes(heap, a[1], planes);
  int status = jxs_encode_picture(AT(0), planes, AT(2), a[3], &written, AT(5));
  uint32_t bytes = (uint32_t)written;
  memcpy(heap + a[4], &bytes, sizeof bytes);
  return status;
}

static const struct {
  const char *name;
  Function function;
} functions[] = {
    {"jxs_header_size", header_size},
    {"jxs_best_kernels", best_kernels},
    {"jxs_read_header", read_header},
    {"jxs_decoder_size", decoder_size},
    {"jxs_decoder_init", decoder_init},
    {"jxs_decode_picture", decode_picture},
    {"jxs_decode_begin", decode_begin},
    {"jxs_decode_slice", decode_slice},
    {"jxs_decode_entropy", decode_entropy},
    {"jxs_decode_synthesis", decode_synthesis},
    {"jxs_decode_finish", decode_finish},
    {"jxs_encoder_size", encoder_size},
    {"jxs_encoder_init", encoder_init},
    {"jxs_encoded_slice_limit", encoded_slice_limit},
    {"jxs_encoded_slice_size", encoded_slice_size},
    {"jxs_encode_slice", encode_slice},
    {"jxs_encode_picture", encode_picture},
};

/* (heap: ArrayBuffer, ...numbers) => number */
static napi_value call(napi_env env, napi_callback_info info) {
  size_t count = 1 + MAX_ARGUMENTS;
  napi_value argv[1 + MAX_ARGUMENTS], result;
  void *data;
  if (napi_get_cb_info(env, info, &count, argv, NULL, &data) != napi_ok) return NULL;
  void *heap = NULL;
  size_t size = 0;
  if (count < 1 || napi_get_arraybuffer_info(env, argv[0], &heap, &size) != napi_ok) {
    napi_throw_type_error(env, NULL, "the first argument is the heap, an ArrayBuffer");
    return NULL;
  }
  uint32_t arguments[MAX_ARGUMENTS] = {0};
  for (size_t i = 1; i < count && i <= MAX_ARGUMENTS; i++) {
    if (napi_get_value_uint32(env, argv[i], &arguments[i - 1]) != napi_ok) {
      napi_throw_type_error(env, NULL, "arguments are numbers");
      return NULL;
    }
  }
#ifdef __wasm__
  /* The engine's buffers are not WASM memory: emnapi keeps a copy of the heap there. */
  emnapi_sync_memory(env, true, &argv[0], 0, size);
#endif
  Function function = *(const Function *)data;
  const double value = function(heap, arguments);
#ifdef __wasm__
  emnapi_sync_memory(env, false, &argv[0], 0, size);
#endif
  if (napi_create_double(env, value, &result) != napi_ok) return NULL;
  return result;
}

NAPI_MODULE_INIT() {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, call,
                             (void *)&functions[i].function, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      napi_throw_error(env, NULL, "the binding cannot be set up");
      return NULL;
    }
  }
  return exports;
}
