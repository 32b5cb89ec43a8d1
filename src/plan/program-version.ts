/**
 * The version of programs as words, which saved models hold. It grows with any change of the numbers in codes.ts, or of what kernels/README.md says of
 * a program; a test notices changes of the numbers.
 */
export const PROGRAMS = 2;
