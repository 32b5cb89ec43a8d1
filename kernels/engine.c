/* The whole engine as one translation unit: wasm exports and the native add-on are built from it. */
#include "program.h"
#include "peak.h"
