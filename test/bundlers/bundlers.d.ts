export interface Bundler {
  readonly copies: boolean;
  build(folder: string): Promise<string[]>;
}
export const bundlers: Readonly<Record<string, Bundler>>;
