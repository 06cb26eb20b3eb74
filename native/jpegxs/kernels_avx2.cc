// Compiled with -mavx2 -mbmi2; the table is chosen at run time.
#define JXS_LANES 8
#define JXS_FAMILY avx2
#define JXS_TABLE kAvx2Kernels
#include "kernels_vector.h"
