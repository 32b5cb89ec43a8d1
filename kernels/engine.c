/* The whole engine as one translation unit: each wasm module and each instruction set of the native add-on is built from it. */
#if defined(__wasm__)
#include "exports-wasm.h"
#else
#include "exports-native.h"
#endif
