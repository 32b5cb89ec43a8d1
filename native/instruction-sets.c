/* Which of the compiled instruction sets the processor has. The build says which were compiled: -DHAVE_AVX2 and so on. */
#if defined(__linux__) && defined(__x86_64__)
#define _GNU_SOURCE
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
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

#if defined(__linux__) && defined(__x86_64__)
/* asm/prctl.h and Documentation/arch/x86/xstate.rst */
#define REQUEST_STATE_COMPONENT 0x1023
#define TILE_DATA 18
/* CPUID, leaf 7 */
#define AMX_BF16 (1u << 22)
#define AMX_TILE (1u << 24)
/* and its second part */
#define AVX512_BF16 (1u << 5)

/** The threads that are started later, and those that run, are allowed with the process. */
int allow_amx(void) {
  unsigned a, b, c, d, more;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !__get_cpuid_count(7, 1, &more, &b, &c, &c)) return 0;
  if ((d & (AMX_BF16 | AMX_TILE)) != (AMX_BF16 | AMX_TILE) || !(more & AVX512_BF16)) return 0;
  return syscall(SYS_arch_prctl, REQUEST_STATE_COMPONENT, TILE_DATA) == 0;
}
#else
int allow_amx(void) { return 0; }
#endif
