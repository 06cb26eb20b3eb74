/*
 * The Node-API binding. It has no logic: each function of codec.h under its own name, with a heap in front of its
 * arguments, and offsets into that heap for pointers. So the same TypeScript drives this and the WASM module.
 */
#include <node_api.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "codec.h"
#ifdef __wasm__
#include <emnapi.h>
#else
#include "svt_addon.h"
#endif

enum { MAX_ARGUMENTS = 9 };

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
static double find_slices(Heap heap, Arguments a) {
  return jxs_find_slices(AT(0), AT(1), AT(2), a[3], AT(4));
}
static double decode_slices(Heap heap, Arguments a) {
  jxs_decode_slices(AT(0), (int)a[1], (int)a[2], (int)a[3], AT(4), AT(5), AT(6));
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
static double encode_slices(Heap heap, Arguments a) {
  JxsPlane planes[JXS_MAX_COMPONENTS];
  size_t written = 0;
  read_planes(heap, a[4], planes);
  int status = jxs_encode_slices(AT(0), (int)a[1], (int)a[2], (int)a[3], planes, AT(5), a[6],
                                 &written, AT(8));
  uint32_t bytes = (uint32_t)written;
  memcpy(heap + a[7], &bytes, sizeof bytes);
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
    {"jxs_find_slices", find_slices},
    {"jxs_decode_slices", decode_slices},
    {"jxs_decode_finish", decode_finish},
    {"jxs_encoder_size", encoder_size},
    {"jxs_encoder_init", encoder_init},
    {"jxs_encoded_slice_limit", encoded_slice_limit},
    {"jxs_encoded_slice_size", encoded_slice_size},
    {"jxs_encode_slices", encode_slices},
    {"jxs_encode_picture", encode_picture},
};

/* A heap and the numbers behind it. `count`: the arguments that there are. False: an exception is pending. */
static bool read_arguments(napi_env env, size_t count, const napi_value *argv, Heap *heap,
                           size_t *size, uint32_t *arguments) {
  void *data = NULL;
  if (count < 1 || napi_get_arraybuffer_info(env, argv[0], &data, size) != napi_ok) {
    napi_throw_type_error(env, NULL, "the first argument is the heap, an ArrayBuffer");
    return false;
  }
  *heap = data;
  for (size_t i = 1; i < count && i <= MAX_ARGUMENTS; i++) {
    if (napi_get_value_uint32(env, argv[i], &arguments[i - 1]) != napi_ok) {
      napi_throw_type_error(env, NULL, "arguments are numbers");
      return false;
    }
  }
  return true;
}

/* (heap: ArrayBuffer, ...numbers) => number */
static napi_value call(napi_env env, napi_callback_info info) {
  size_t count = 1 + MAX_ARGUMENTS, size = 0;
  napi_value argv[1 + MAX_ARGUMENTS], result;
  void *data;
  Heap heap;
  uint32_t arguments[MAX_ARGUMENTS] = {0};
  if (napi_get_cb_info(env, info, &count, argv, NULL, &data) != napi_ok ||
      !read_arguments(env, count, argv, &heap, &size, arguments))
    return NULL;
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

#ifndef __wasm__
/* A call on another thread. */
typedef struct Work {
  Function function;
  Heap heap;
  uint32_t arguments[MAX_ARGUMENTS];
  double value;
  napi_async_work work;
  napi_deferred deferred;
  /* Holds the heap while the thread works in it. */
  napi_ref kept;
} Work;

static void work_execute(napi_env env, void *data) {
  (void)env;
  Work *w = data;
  w->value = w->function(w->heap, w->arguments);
}

static void work_complete(napi_env env, napi_status status, void *data) {
  Work *w = data;
  napi_value value;
  napi_create_double(env, w->value, &value);
  if (status == napi_ok) napi_resolve_deferred(env, w->deferred, value);
  else napi_reject_deferred(env, w->deferred, value);
  napi_delete_reference(env, w->kept);
  napi_delete_async_work(env, w->work);
  free(w);
}

/* The same on a thread of the pool that Node has: => Promise<number> */
static napi_value call_async(napi_env env, napi_callback_info info) {
  size_t count = 1 + MAX_ARGUMENTS, size = 0;
  napi_value argv[1 + MAX_ARGUMENTS], promise, name;
  void *data;
  if (napi_get_cb_info(env, info, &count, argv, NULL, &data) != napi_ok) return NULL;
  Work *w = calloc(1, sizeof *w);
  if (w == NULL || !read_arguments(env, count, argv, &w->heap, &size, w->arguments)) {
    free(w);
    return NULL;
  }
  w->function = *(const Function *)data;
  if (napi_create_reference(env, argv[0], 1, &w->kept) != napi_ok ||
      napi_create_promise(env, &w->deferred, &promise) != napi_ok ||
      napi_create_string_utf8(env, "jpegxs", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, work_execute, work_complete, w, &w->work) != napi_ok ||
      napi_queue_async_work(env, w->work) != napi_ok) {
    if (w->work != NULL) napi_delete_async_work(env, w->work);
    if (w->kept != NULL) napi_delete_reference(env, w->kept);
    free(w);
    napi_throw_error(env, NULL, "no thread can be had");
    return NULL;
  }
  return promise;
}
#endif

static bool define(napi_env env, napi_value object, const char *name, napi_callback callback,
                   const Function *function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, (void *)function, &value) ==
             napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  bool good = true;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    good = good && define(env, exports, functions[i].name, call, &functions[i].function);
#ifndef __wasm__
  napi_value async;
  good = good && napi_create_object(env, &async) == napi_ok;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    good = good && define(env, async, functions[i].name, call_async, &functions[i].function);
  good = good && napi_set_named_property(env, exports, "async", async) == napi_ok &&
         svt_define(env, exports);
#endif
  if (good) return exports;
  napi_throw_error(env, NULL, "the binding cannot be set up");
  return NULL;
}
