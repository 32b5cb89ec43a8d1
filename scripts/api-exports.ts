// The exports of the package's entries, read from the sources as TypeScript parses them. No types are checked: a checker takes
// fifteen seconds here, and doc comments, signatures and shapes are all in the text.
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The entries of the package by their names, with the module that each is. */
export const entries = {
  heaviside: "src/index.ts",
  "heaviside/engine": "src/entries/engine.ts",
  "heaviside/data": "src/entries/data.ts",
  "heaviside/measure": "src/entries/measure.ts",
  "heaviside/report": "src/entries/report.ts",
  "heaviside/inference": "src/inference/index.ts",
  "heaviside/testing": "src/laws/index.ts",
} as const;
export type Entry = keyof typeof entries;

/** A declaration at the top of a module. A function with overloads has several. */
export type Declaration =
  | ts.FunctionDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.VariableDeclaration;

/** A doc comment: its text as Markdown, and its tags in their order. */
export interface Doc {
  readonly text: string;
  readonly tags: readonly { readonly tag: string; readonly text: string }[];
}

/** An exported name with what declares it. */
export interface Exported {
  readonly name: string;
  /** The name at its declaration. */
  readonly own: string;
  readonly path: string;
  readonly line: number;
  readonly isValue: boolean;
  readonly declarations: readonly Declaration[];
  readonly doc: Doc;
}

const modules = new Map<string, ts.SourceFile>();
function moduleAt(path: string): ts.SourceFile {
  const known = modules.get(path);
  if (known) return known;
  const module = ts.createSourceFile(path, readFileSync(root + path, "utf8"), ts.ScriptTarget.Latest, true);
  modules.set(path, module);
  return module;
}

const beside = (path: string, specifier: ts.Expression): string =>
  posix.join(posix.dirname(path), (specifier as ts.StringLiteral).text);

const isDeclaration = (node: ts.Node): node is Declaration =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isVariableDeclaration(node);

/** Declarations at the top of a module. */
const declarationsIn = (module: ts.SourceFile): Declaration[] =>
  module.statements.flatMap((node): Declaration[] => {
    if (ts.isVariableStatement(node)) return [...node.declarationList.declarations];
    return isDeclaration(node) ? [node] : [];
  });

/** The statement that a declaration stands in, which has its comment and its modifiers. */
const statementOf = (node: Declaration): ts.Node => (ts.isVariableDeclaration(node) ? node.parent.parent : node);

/** The names of a module: what it declares, what it brings in from which module, and what it exports whole. */
interface Names {
  readonly declared: ReadonlyMap<string, Declaration[]>;
  readonly brought: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
  readonly whole: readonly string[];
  /** Its exports, with what each is called where it is declared. */
  readonly exported: ReadonlyMap<string, string>;
}

const namesKnown = new Map<string, Names>();
function namesIn(path: string): Names {
  const known = namesKnown.get(path);
  if (known) return known;
  const module = moduleAt(path);
  const declared = new Map<string, Declaration[]>();
  const brought = new Map<string, { path: string; name: string }>();
  const exported = new Map<string, string>();
  const whole: string[] = [];
  for (const node of declarationsIn(module)) {
    const name = node.name!.getText();
    declared.set(name, [...(declared.get(name) ?? []), node]);
    const { modifiers } = statementOf(node) as ts.Statement & { readonly modifiers?: ts.NodeArray<ts.ModifierLike> };
    if (modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) exported.set(name, name);
  }
  for (const node of module.statements) {
    const clause = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
    const list = ts.isExportDeclaration(node) ? node.exportClause : clause;
    const { moduleSpecifier } = node as { readonly moduleSpecifier?: ts.Expression };
    const from =
      moduleSpecifier && /^["']\./.test(moduleSpecifier.getText()) ? beside(path, moduleSpecifier) : undefined;
    if (ts.isExportDeclaration(node) && !list && from) whole.push(from);
    if (!list || !(ts.isNamedExports(list) || ts.isNamedImports(list))) continue;
    for (const { name, propertyName } of list.elements) {
      const own = (propertyName ?? name).text;
      if (from) brought.set(name.text, { path: from, name: own });
      if (ts.isNamedExports(list)) exported.set(name.text, own);
    }
  }
  const names = { declared, brought, whole, exported };
  namesKnown.set(path, names);
  for (const from of whole) for (const [name] of namesIn(from).exported) exported.set(name, name);
  return names;
}

/** What a module calls by a name: where it is declared, and as what. Undefined for a name of another package. */
export function resolve(path: string, name: string): { path: string; declarations: Declaration[] } | undefined {
  const { declared, brought, whole } = namesIn(path);
  const here = declared.get(name);
  if (here) return { path, declarations: here };
  const there = brought.get(name);
  if (there) return resolve(there.path, there.name);
  const from = whole.find((module) => namesIn(module).exported.has(name));
  return from === undefined ? undefined : resolve(from, name);
}

const exportsKnown = new Map<string, Exported[]>();

/** Every export of a module, by name. Throws an Error for one whose declaration isn't found. */
export function exportedBy(entry: string): Exported[] {
  const known = exportsKnown.get(entry);
  if (known) return known;
  const all = [...namesIn(entry).exported].map(([name, own]): Exported => {
    const found = resolve(entry, name) ?? resolve(entry, own);
    if (!found) throw new Error(`${entry}: no declaration of ${name} was found`);
    const { path, declarations } = found;
    const first = declarations[0]!;
    return {
      ...{ name, own: first.name!.getText(), path, declarations },
      line: moduleAt(path).getLineAndCharacterOfPosition(first.getStart()).line + 1,
      isValue: declarations.some((node) => !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)),
      doc: declarations.map((node) => docOf(statementOf(node))).find(({ text }) => text !== "") ?? docOf(first),
    };
  });
  all.sort((a, b) => a.name.localeCompare(b.name, "en"));
  exportsKnown.set(entry, all);
  return all;
}

/** The doc comment before a node; an empty one where it has none. */
export function docOf(node: ts.Node): Doc {
  const comment = (node as { readonly jsDoc?: readonly ts.JSDoc[] }).jsDoc?.at(-1);
  if (!comment) return { text: "", tags: [] };
  const lines = comment
    .getText()
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const parts: { tag: string; lines: string[] }[] = [{ tag: "", lines: [] }];
  for (const line of lines) {
    const [, tag, rest] = /^\s*@(\w+) ?(.*)$/.exec(line) ?? [];
    if (tag === undefined) parts.at(-1)!.lines.push(line);
    else parts.push({ tag, lines: [rest!] });
  }
  const [text, ...tags] = parts.map((part) => ({
    tag: part.tag,
    text: part.lines.join("\n").replace(/^\n+|\s+$/g, ""),
  }));
  return { text: text!.text.trimStart(), tags };
}

/** All that a comment says, its tags included. */
export const wholeText = ({ text, tags }: Doc): string =>
  [text, ...tags.map((one) => `@${one.tag} ${one.text}`)].join("\n");

/** The function that a declaration is, where it is one. */
export function functionOf(node: Declaration): ts.SignatureDeclaration | undefined {
  if (ts.isFunctionDeclaration(node)) return node;
  if (!ts.isVariableDeclaration(node) || !node.initializer) return undefined;
  const { initializer } = node;
  return ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer) ? initializer : undefined;
}

/** A property or method that a type lists, with its comment. */
export interface Member {
  readonly name: string;
  readonly text: string;
  readonly doc: Doc;
}

/** What the types of an interface, of a class or of a type made of objects list. */
export function membersOf(node: Declaration): Member[] {
  const lists: ts.Node[] = [];
  const visit = (type: ts.Node): void => {
    if (ts.isTypeLiteralNode(type)) lists.push(type);
    else if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) type.types.forEach(visit);
    else if (ts.isParenthesizedTypeNode(type)) visit(type.type);
  };
  if (ts.isTypeAliasDeclaration(node)) visit(node.type);
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) lists.push(node);
  return lists.flatMap((list) =>
    [...(list as ts.InterfaceDeclaration | ts.TypeLiteralNode).members].flatMap((member: ts.Node) => {
      const { name, modifiers = [] } = member as ts.PropertySignature;
      const hidden = modifiers.some(
        ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.OverrideKeyword,
      );
      // A computed name, such as Symbol.dispose, is JavaScript's own.
      if (!name || hidden || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)) return [];
      const { body, initializer } = member as { readonly body?: ts.Node; readonly initializer?: ts.Node };
      const end = (body ?? initializer)?.pos ?? member.end;
      const text = member.getSourceFile().text.slice(member.getStart(), end);
      return [{ name: name.getText(), text: text.replace(/[;,={\s]+$/, ""), doc: docOf(member) }];
    }),
  );
}

/** A declaration without its body or its value, as one reads it in an editor. */
export function signatureOf(node: Declaration, name: string): string {
  const { text } = node.getSourceFile();
  const upTo = (end: ts.Node | undefined, start = node.getStart()): string =>
    text.slice(start, end?.pos ?? node.end).replace(/[\s={]+$/, "");
  const renamed = (line: string): string => line.replace(new RegExp(`\\b${node.name!.getText()}\\b`), () => name);
  const bare = (line: string): string => renamed(line.replace(/^export (default )?/, "").replace(/^async /, ""));
  if (ts.isFunctionDeclaration(node)) return bare(upTo(node.body)).replace(/;$/, "");
  if (ts.isVariableDeclaration(node)) {
    const made = functionOf(node);
    if (!made) return constantOf(node, name);
    const arrow = (made as ts.ArrowFunction).equalsGreaterThanToken;
    return `function ${name}${upTo(arrow ?? (made as ts.FunctionExpression).body, made.getStart()).replace(/^async /, "")}`;
  }
  if (ts.isTypeAliasDeclaration(node)) return bare(node.getText()).replace(/;$/, "");
  const [list] = node.members;
  const head = list ? text.slice(node.getStart(), text.lastIndexOf("{", list.getFullStart())) : node.getText();
  return bare(head.trimEnd())
    .replace(/\{\s*\}$/, "")
    .trimEnd();
}

/** A constant with its type, where the code says it; `configurable` makes functions of options. */
function constantOf({ type, initializer }: ts.VariableDeclaration, name: string): string {
  const said = type ?? (initializer && ts.isAsExpression(initializer) ? initializer.type : undefined);
  if (said) return `const ${name}: ${said.getText()}`;
  if (!initializer || !ts.isCallExpression(initializer) || initializer.expression.getText() !== "configurable")
    return `const ${name}`;
  const [, options, make] = initializer.arguments;
  const gives = make && ts.isArrowFunction(make) && make.type ? `: ${make.type.getText()}` : "";
  const listed =
    options && ts.isIdentifier(options) ? resolve(initializer.getSourceFile().fileName, options.text) : undefined;
  const object = listed ? (listed.declarations[0] as ts.VariableDeclaration).initializer : options;
  const keys =
    object && ts.isObjectLiteralExpression(object) ? object.properties.map((one) => one.name!.getText()) : [];
  return `function ${name}(${keys.length > 0 ? `{ ${keys.join(", ")} }` : ""})${gives}`;
}

/** The names of types that a node mentions. */
export function typesIn(node: ts.Node): Set<string> {
  const found = new Set<string>();
  const visit = (child: ts.Node): void => {
    if (ts.isTypeReferenceNode(child)) found.add(child.typeName.getText().split(".")[0]!);
    if (ts.isExpressionWithTypeArguments(child) || ts.isTypeQueryNode(child))
      found.add((ts.isTypeQueryNode(child) ? child.exprName : child.expression).getText());
    if (!ts.isBlock(child)) ts.forEachChild(child, visit);
  };
  visit(node);
  return found;
}
