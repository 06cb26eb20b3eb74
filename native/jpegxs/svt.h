/*
 * The system's SVT-JPEG-XS, opened at run time. Nothing of its headers is used: svt.c says what its structures look like.
 * Codestreams are walked by our own decoder before the library sees them.
 */
#ifndef JXS_SVT_H
#define JXS_SVT_H

#include "codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Outcomes that are not the library's own codes. */
enum {
  SVT_OK = 0,
  /* Our own decoder refuses the codestream, or the library is known to decode such ones wrongly: it was not asked. */
  SVT_NOT_ASKED = 1,
  /* The library writes another header than the options mean. */
  SVT_OTHER_HEADER = 2,
  SVT_NO_MEMORY = 3,
};

/*
 * Opens the library: `path`, or the usual names where it is null. Once for a process: later calls find it open, whatever
 * their path. Returns 9 or 10 for API 0.9 and 0.10, or 0 with a sentence in `reason`.
 */
int svt_open(const char *path, char *reason, size_t size);

typedef struct SvtDecoder SvtDecoder;
typedef struct SvtEncoder SvtEncoder;

/* `threads`: what the library may use, at least three of which do little. Null without memory. */
SvtDecoder *svt_decoder_new(uint32_t threads);
void svt_decoder_free(SvtDecoder *svt);

/*
 * Decodes the codestream at `bytes`, which `header` describes and `checker` was made for. Returns SVT_… above or the
 * library's code, of which all have the top bits set.
 */
uint32_t svt_decode(SvtDecoder *svt, const JxsDecoder *checker, const JxsHeader *header,
                    const uint8_t *bytes, size_t length, const JxsPlane *planes);

/* For pictures that `header` describes. Null with a code in `error`. */
SvtEncoder *svt_encoder_new(const JxsHeader *header, const JxsEncodeOptions *options,
                            uint32_t threads, uint32_t *error);
void svt_encoder_free(SvtEncoder *svt);

/* Writes everything behind the header, which lies in front of `out`. */
uint32_t svt_encode(SvtEncoder *svt, const JxsPlane *planes, uint8_t *out, size_t capacity,
                    size_t *written);

#ifdef __cplusplus
}
#endif
#endif
