export function readableByAll(folder: string): void;
