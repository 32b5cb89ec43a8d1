export interface FirstCalls {
  readonly values: number[];
  readonly double: [dtype: string, value: number];
  readonly backend: string;
}
export function firstCalls(library: object): FirstCalls;
