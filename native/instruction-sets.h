#pragma once
#include "../kernels/exports-native.h"

#define MOST_SETS 4

/** Fills `found` (MOST_SETS entries) with what this processor can run, the best first; gives their number. */
int supported_sets(const struct kernels **found);

/** Whether the processor has AMX with bfloat16, and the system has let this process use it: asked for by the first call. */
int allow_amx(void);
