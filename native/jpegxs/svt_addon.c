/* Node-API for svt.h: handles instead of offsets into a heap, because the library takes memory of its own. */
#include "svt_addon.h"

#include <stdlib.h>
#include <string.h>

#include "svt.h"

typedef struct Handle {
  SvtDecoder *decoder;
  SvtEncoder *encoder;
} Handle;

static void release(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  Handle *handle = data;
  svt_decoder_free(handle->decoder);
  svt_encoder_free(handle->encoder);
  free(handle);
}

static napi_value wrap(napi_env env, SvtDecoder *decoder, SvtEncoder *encoder) {
  napi_value external;
  Handle *handle = malloc(sizeof *handle);
  if (handle != NULL) *handle = (Handle){decoder, encoder};
  if (handle != NULL && napi_create_external(env, handle, release, NULL, &external) == napi_ok)
    return external;
  svt_decoder_free(decoder);
  svt_encoder_free(encoder);
  free(handle);
  napi_throw_error(env, NULL, "no memory for SVT-JPEG-XS");
  return NULL;
}

enum { MAX_NUMBERS = 6 };
typedef struct Call {
  Handle *handle;
  uint8_t *heap;
  uint32_t n[MAX_NUMBERS];
} Call;

/* [handle], heap and `numbers` offsets and sizes. False: an exception is pending. */
static bool read_call(napi_env env, napi_callback_info info, bool handle, size_t numbers, Call *c) {
  size_t count = 2 + MAX_NUMBERS, size = 0, at = 0;
  napi_value argv[2 + MAX_NUMBERS];
  void *data = NULL;
  memset(c, 0, sizeof *c);
  bool good = napi_get_cb_info(env, info, &count, argv, NULL, NULL) == napi_ok &&
              count == (size_t)handle + 1 + numbers;
  if (good && handle) {
    good = napi_get_value_external(env, argv[at++], &data) == napi_ok;
    c->handle = data;
  }
  good = good && napi_get_arraybuffer_info(env, argv[at++], &data, &size) == napi_ok;
  c->heap = data;
  for (size_t i = 0; i < numbers; i++)
    good = good && napi_get_value_uint32(env, argv[at + i], &c->n[i]) == napi_ok;
  if (!good) napi_throw_type_error(env, NULL, "wrong arguments");
  return good;
}

static void read_planes(const uint8_t *heap, uint32_t at, JxsPlane planes[JXS_MAX_COMPONENTS]) {
  uint32_t pair[2];
  for (int i = 0; i < JXS_MAX_COMPONENTS; i++) {
    memcpy(pair, heap + at + 8 * i, sizeof pair);
    planes[i].data = (void *)(heap + pair[0]);
    planes[i].stride = pair[1];
  }
}

static napi_value number(napi_env env, uint32_t value) {
  napi_value result;
  return napi_create_uint32(env, value, &result) == napi_ok ? result : NULL;
}

/* (path?: string) => 9 | 10, the minor version; throws an Error with the reason */
static napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argv[1];
  char path[4096], reason[1024] = "";
  if (napi_get_cb_info(env, info, &count, argv, NULL, NULL) != napi_ok) return NULL;
  const bool named =
      count == 1 && napi_get_value_string_utf8(env, argv[0], path, sizeof path, &length) == napi_ok;
  const int minor = svt_open(named ? path : NULL, reason, sizeof reason);
  if (minor != 0) return number(env, (uint32_t)minor);
  napi_throw_error(env, NULL, reason);
  return NULL;
}

/* (heap, threads) => handle */
static napi_value new_decoder(napi_env env, napi_callback_info info) {
  Call c;
  if (!read_call(env, info, false, 1, &c)) return NULL;
  return wrap(env, svt_decoder_new(c.n[0]), NULL);
}

/* (handle, heap, decoder, header, bytes, length, planes) => code */
static napi_value decode(napi_env env, napi_callback_info info) {
  Call c;
  if (!read_call(env, info, true, 5, &c)) return NULL;
  JxsPlane planes[JXS_MAX_COMPONENTS];
  read_planes(c.heap, c.n[4], planes);
  return number(env, svt_decode(c.handle->decoder, (const JxsDecoder *)(c.heap + c.n[0]),
                                (const JxsHeader *)(c.heap + c.n[1]), c.heap + c.n[2], c.n[3],
                                planes));
}

/* (heap, header, options, threads) => handle | code */
static napi_value new_encoder(napi_env env, napi_callback_info info) {
  Call c;
  if (!read_call(env, info, false, 3, &c)) return NULL;
  uint32_t error = 0;
  SvtEncoder *encoder = svt_encoder_new((const JxsHeader *)(c.heap + c.n[0]),
                                        (const JxsEncodeOptions *)(c.heap + c.n[1]), c.n[2], &error);
  return encoder == NULL ? number(env, error) : wrap(env, NULL, encoder);
}

/* (handle, heap, planes, out, capacity, written) => code */
static napi_value encode(napi_env env, napi_callback_info info) {
  Call c;
  if (!read_call(env, info, true, 4, &c)) return NULL;
  JxsPlane planes[JXS_MAX_COMPONENTS];
  read_planes(c.heap, c.n[0], planes);
  size_t written = 0;
  const uint32_t code = svt_encode(c.handle->encoder, planes, c.heap + c.n[1], c.n[2], &written);
  const uint32_t bytes = (uint32_t)written;
  memcpy(c.heap + c.n[3], &bytes, sizeof bytes);
  return number(env, code);
}

/* (handle): frees what it holds; the handle itself goes with its last reference */
static napi_value close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argv[1];
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, argv, NULL, NULL) != napi_ok ||
      napi_get_value_external(env, argv[0], &data) != napi_ok)
    return NULL;
  Handle *handle = data;
  svt_decoder_free(handle->decoder);
  svt_encoder_free(handle->encoder);
  *handle = (Handle){NULL, NULL};
  return NULL;
}

bool svt_define(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {
      {"open", open},           {"decoder", new_decoder}, {"decode", decode},
      {"encoder", new_encoder}, {"encode", encode},       {"close", close},
  };
  napi_value object, value;
  if (napi_create_object(env, &object) != napi_ok) return false;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL,
                             &value) != napi_ok ||
        napi_set_named_property(env, object, functions[i].name, value) != napi_ok)
      return false;
  return napi_set_named_property(env, exports, "svt", object) == napi_ok;
}
