import { posix } from "node:path";
import ts from "typescript";
import type { Source } from "./repository.ts";

/**
 * How one module asks for another: `static` is there at run time as soon as the module is, `type` is erased by the
 * compiler, `dynamic` is an `import()` call.
 */
export interface Import {
  readonly specifier: string;
  readonly kind: "static" | "type" | "dynamic";
  readonly line: number;
}

const trees = new WeakMap<Source, ts.SourceFile>();
/** A source as TypeScript reads it, once. */
export function treeOf(source: Source): ts.SourceFile {
  const known = trees.get(source);
  if (known) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  trees.set(source, tree);
  return tree;
}

/** Everything that a module imports or exports again from elsewhere. `import { type X }` is static: it stays. */
export function importsOf(source: Source): Import[] {
  const file = treeOf(source);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, kind: Import["kind"]): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push({ specifier: specifier.text, kind, line: line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(
        node,
        node.moduleSpecifier,
        node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type" : "static",
      );
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly ? "type" : "static");
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], "dynamic");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, "type");
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** One module's import of another module of the repository. */
export interface Edge extends Import {
  readonly from: string;
  readonly to: string;
}

/** The imports between the given modules and their neighbours, as paths from the root. Packages are left out. */
export function edgesOf(modules: readonly Source[]): Edge[] {
  return modules.flatMap((module) =>
    importsOf(module)
      .filter(({ specifier }) => specifier.startsWith("."))
      .map((one) => ({ ...one, from: module.path, to: posix.join(posix.dirname(module.path), one.specifier) })),
  );
}

/** Packages and modules of Node that are there as soon as the module is, one sentence each. */
export function packagesLoadedBy(entry: string, modules: readonly Source[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const found: string[] = [];
  const seen = new Set([entry]);
  for (const path of seen) {
    const module = byPath.get(path);
    if (!module) continue;
    for (const { specifier, kind, line } of importsOf(module)) {
      if (kind !== "static") continue;
      if (specifier.startsWith(".")) seen.add(posix.join(posix.dirname(path), specifier));
      else found.push(`${path}:${line} loads ${specifier}`);
    }
  }
  return found;
}
