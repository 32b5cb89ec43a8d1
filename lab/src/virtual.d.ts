declare module "virtual:cards" {
  export const cards: readonly import("./cards.ts").PageCard[];
}
