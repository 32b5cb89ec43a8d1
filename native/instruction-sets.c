/* Which of the compiled instruction sets the processor has. The build says which were compiled: -DHAVE_AVX2 and so on. */
#include "instruction-sets.h"

extern const struct kernels kernels_baseline;
#if defined(HAVE_AVX2)
extern const struct kernels kernels_avx2;
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif
#if defined(HAVE_AVX512)
extern const struct kernels kernels_avx512;
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
}
#endif
static int always(void) { return 1; }

static const struct {
  const struct kernels *kernels;
  int (*supported)(void);
} sets[] = {
#if defined(HAVE_AVX512)
    {&kernels_avx512, has_avx512},
#endif
#if defined(HAVE_AVX2)
    {&kernels_avx2, has_avx2},
#endif
    {&kernels_baseline, always},
};

int supported_sets(const struct kernels **found) {
  int count = 0;
  for (unsigned i = 0; i < sizeof sets / sizeof sets[0]; i++)
    if (sets[i].supported()) found[count++] = sets[i].kernels;
  return count;
}
