// Marks what a built file computes when it is loaded as free of side effects, so that a bundler drops what a program doesn't use.
import ts from "typescript";

/**
 * The code with the value of each top-level variable that isn't plainly a constant or a function inside a call that is marked as pure. Statements
 * that are no declarations stay as they are: a bundler keeps them with their file.
 */
export function pure(code) {
  const file = ts.createSourceFile("built.js", code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  let [made, at] = ["", 0];
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!initializer || isPlain(initializer) || waits(initializer)) continue;
      // Where a class speaks of itself, it has been given another name than its variable's.
      const value = initializer.getText().replaceAll(new RegExp(`\\b_${name.getText()}\\b`, "g"), name.getText());
      // A class without a name gets that of its variable.
      const body = ts.isClassExpression(initializer)
        ? `{ const ${name.getText()} = ${value}; return ${name.getText()}; }`
        : `(${value})`;
      made += `${code.slice(at, initializer.getStart())}/* @__PURE__ */ (() => ${body})()`;
      at = initializer.end;
    }
  }
  return made + code.slice(at);
}

/** Whether any bundler sees that nothing happens: a function, a literal, a name, or lists and objects of those. */
function isPlain(node) {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isLiteralExpression(node)) return true;
  if (ts.isIdentifier(node) || [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword].includes(node.kind)) return true;
  if (ts.isPrefixUnaryExpression(node)) return isPlain(node.operand);
  if (ts.isBinaryExpression(node)) return ts.isNumericLiteral(node.left) && ts.isNumericLiteral(node.right);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isPlain);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.every(
      (property) =>
        ts.isMethodDeclaration(property) ||
        ts.isShorthandPropertyAssignment(property) ||
        (ts.isPropertyAssignment(property) &&
          !ts.isComputedPropertyName(property.name) &&
          isPlain(property.initializer)),
    );
  return false;
}

/** Whether it waits for something, which a function around it could not. */
const waits = (node) =>
  ts.isAwaitExpression(node) || (!ts.isFunctionLike(node) && ts.forEachChild(node, waits) === true);
