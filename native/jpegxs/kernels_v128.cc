#define JXS_LANES 4
#define JXS_FAMILY v128
#define JXS_TABLE kV128Kernels
#include "kernels_vector.h"
