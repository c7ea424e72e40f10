import ts from 'typescript'
import type { Global } from './rules.ts'

/** What a source file says about the world around it. */
export interface Facts {
  /** Every module specifier: imports, type-only imports, re-exports, `import()` as a value and as a type, `require`. */
  imports: string[]
  globals: { use: Global; text: string }[]
  /** `test.only` and the like. */
  narrowed: string[]
}

/** Names that are this global wherever they stand alone. */
const NAMES: Readonly<Record<string, Global>> = {
  Bun: 'Bun',
  process: 'process',
  Buffer: 'node',
  __dirname: 'node',
  fetch: 'network',
  WebSocket: 'network',
  EventSource: 'network',
  XMLHttpRequest: 'network',
  setTimeout: 'timers',
  setInterval: 'timers',
  setImmediate: 'timers',
  performance: 'clock',
}

const MEMBERS: Readonly<Record<string, Global>> = {
  'Date.now': 'clock',
  'Math.random': 'chance',
  'crypto.randomUUID': 'chance',
  'crypto.getRandomValues': 'chance',
}

/** Reads the facts of a TypeScript file, or of the scripts of a Vue file. */
export function factsOf(path: string, text: string): Facts {
  const facts: Facts = { imports: [], globals: [], narrowed: [] }
  const scripts = path.endsWith('.vue')
    ? [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '')
    : [text]
  for (const script of scripts) {
    const file = ts.createSourceFile(path.replace(/\.vue$/, '.ts'), script, ts.ScriptTarget.Latest, true)
    visit(file, facts)
  }
  return facts
}

function visit(node: ts.Node, facts: Facts): void {
  const specifier = specifierOf(node)
  if (specifier !== undefined) {
    facts.imports.push(specifier)
    if (specifier.startsWith('node:')) facts.globals.push({ use: 'node', text: specifier })
    if (specifier === 'bun' || specifier.startsWith('bun:'))
      facts.globals.push({ use: 'Bun', text: specifier })
  }
  if (ts.isTaggedTemplateExpression(node) && /(^|\.)sql$/.test(node.tag.getText()))
    facts.globals.push({ use: 'sql', text: node.tag.getText() })
  if (ts.isPropertyAccessExpression(node)) readMember(node, facts)
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    facts.globals.push({ use: 'clock', text: 'new Date()' })
  if (ts.isIdentifier(node) && isFree(node)) {
    const use = Object.hasOwn(NAMES, node.text) ? NAMES[node.text] : undefined
    if (use) facts.globals.push({ use, text: node.text })
  }
  ts.forEachChild(node, (child) => visit(child, facts))
}

function readMember(node: ts.PropertyAccessExpression, facts: Facts): void {
  const text = `${node.expression.getText()}.${node.name.text}`
  const use = Object.hasOwn(MEMBERS, text) ? MEMBERS[text] : undefined
  if (use) facts.globals.push({ use, text })
  if (/^(test|it|describe)\b/.test(text) && ['only', 'skip', 'todo', 'failing'].includes(node.name.text))
    facts.narrowed.push(text)
}

function specifierOf(node: ts.Node): string | undefined {
  if (
    (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
    node.moduleSpecifier &&
    ts.isStringLiteral(node.moduleSpecifier)
  )
    return node.moduleSpecifier.text
  if (
    ts.isImportTypeNode(node) &&
    ts.isLiteralTypeNode(node.argument) &&
    ts.isStringLiteral(node.argument.literal)
  )
    return node.argument.literal.text
  if (ts.isExternalModuleReference(node) && ts.isStringLiteral(node.expression)) return node.expression.text
  if (!ts.isCallExpression(node)) return undefined
  const [first] = node.arguments
  const imports =
    node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require'
  return imports && first && ts.isStringLiteralLike(first) ? first.text : undefined
}

/** The name of the global itself: not a member, a key, a declaration or a type of the same name. */
function isFree(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent))
    return node.text === 'Bun' || node.text === 'Buffer'
  const declares =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isParameter(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent)
  return !declares || ('initializer' in parent && parent.initializer === node)
}
