export function packageOf(path: string): string | undefined;
export function checkBundled(part: "dist" | "lab", packages: Iterable<string>): void;
export function notice(folder: string): { readonly title: string; readonly text: string };
