#ifndef JXS_SVT_ADDON_H
#define JXS_SVT_ADDON_H

#include <node_api.h>
#include <stdbool.h>

/* Puts the functions of svt.h into `exports.svt`. */
bool svt_define(napi_env env, napi_value exports);

#endif
