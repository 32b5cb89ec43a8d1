/* Generated from src/plan/codes.ts by `node kernels/build.js --codes`. */
#pragma once

#define MAX_RANK 6
#define MAX_REGISTERS 64
#define TILE 512
#define MAX_ROW_OF_PRODUCT 23

#define INSTRUCTION_ELEMENTWISE 1
#define INSTRUCTION_GEMM 2
#define INSTRUCTION_REDUCE 3
#define INSTRUCTION_GATHER 4
#define INSTRUCTION_SCATTER_ADD 5
#define INSTRUCTION_FOLD_KEY 6
#define INSTRUCTION_ROUTING 7
#define INSTRUCTION_TO_BLOCKS 8
#define INSTRUCTION_FROM_BLOCKS 9
#define INSTRUCTION_BLOCKS_GRADIENT 10
#define INSTRUCTION_PAIRS 11
#define INSTRUCTION_LIMITED_ELEMENTWISE 12
#define INSTRUCTION_KTH_LARGEST 13
#define INSTRUCTION_TOP_K 14

#define REDUCTION_SUM 0
#define REDUCTION_MAX 1
#define REDUCTION_MIN 2
#define REDUCTION_ARGMAX 3

#define PAIRS_SPREAD_GATES 0
#define PAIRS_SPREAD_BLOCKS 1
#define PAIRS_GATES_FROM 2
#define PAIRS_BLOCKS_FROM 3

#define INPUT_OPERAND 0
#define INPUT_IMMEDIATE 1
#define INPUT_RESULT 2

#define OP_MOVE 0
#define OP_NEG 1
#define OP_ABS 2
#define OP_SIGN 3
#define OP_EXP 4
#define OP_LOG 5
#define OP_LOG1P 6
#define OP_SQRT 7
#define OP_SIGMOID 8
#define OP_TANH 9
#define OP_SOFTPLUS 10
#define OP_RELU 11
#define OP_FLOOR 12
#define OP_SIN 13
#define OP_COS 14
#define OP_ADD 20
#define OP_SUB 21
#define OP_MUL 22
#define OP_DIV 23
#define OP_MAX 24
#define OP_MIN 25
#define OP_EQ 26
#define OP_NE 27
#define OP_LT 28
#define OP_LE 29
#define OP_WHERE 40
#define OP_MULADD 41
#define OP_I_NEG 50
#define OP_I_ABS 51
#define OP_I_ADD 52
#define OP_I_SUB 53
#define OP_I_MUL 54
#define OP_I_MAX 55
#define OP_I_MIN 56
#define OP_I_EQ 57
#define OP_I_NE 58
#define OP_I_LT 59
#define OP_I_LE 60
#define OP_I_SIGN 61
#define OP_TO_FLOAT 70
#define OP_TO_INT 71
#define OP_UNIFORM 80
#define OP_UNIFORM_OPEN 81
#define OP_NORMAL 82
#define OP_UNIFORM_FINE 83
#define OP_ROW_SUM 90
#define OP_ROW_MAX 91
#define OP_ROW_MIN 92
#define OP_ROW_ARGMAX 93
#define OP_SPREAD 94
