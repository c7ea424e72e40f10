import { isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** A YAML document as plain data, with the line of each of its parts. */
export interface Yaml {
  value: unknown
  /** Line, from 1, of the deepest part of this path that is there; a key counts as the line of its entry. */
  lineOf(path: readonly string[]): number
  /** Errors of syntax, duplicate keys and unknown tags, one sentence each with its line. */
  problems: string[]
}

/** Aliases may repeat at most this many nodes in all, so that a small file cannot become a large value. */
const ALIASES_MAX = 100

/** Parses one document of YAML 1.2. Never throws; an error of syntax shows no text of the file, which may be a secret. */
export function parseYaml(text: string): Yaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const problems = [...document.errors, ...document.warnings].map(
    (error) => `line ${lineAt(error.pos[0])}: ${SYNTAX[error.code] ?? 'Is no valid YAML.'}`,
  )
  const value = problems.length === 0 ? plainData(document, problems) : undefined
  return {
    value,
    problems: [...new Set(problems)],
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  }
}

function plainData(document: ReturnType<typeof parseDocument>, problems: string[]): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch {
    // The library throws for aliases only: one without its anchor, or too many of them.
    problems.push('line 1: Has an alias without its anchor, or too many aliases.')
    return undefined
  }
}

function offsetOf(root: unknown, path: readonly string[]): number {
  let node: unknown = root
  let offset = startOf(root)
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === key)
      if (!pair) break
      offset = startOf(pair.key)
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      if (node === undefined) break
      offset = startOf(node)
    } else break
  }
  return offset
}

const startOf = (node: unknown): number => (isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0)

/** Sentences for the mistakes that people make; the library's own quote the file. */
const SYNTAX: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'This key is there twice.',
  TAB_AS_INDENT: 'Indent with spaces, not with tabs.',
  BAD_INDENT: 'The indentation does not fit the lines above.',
  MISSING_CHAR: 'A quote, bracket or colon is missing.',
  MULTIPLE_DOCS: 'The file must hold one document.',
  BLOCK_AS_IMPLICIT_KEY: 'A text with a colon needs quotes around it.',
  TAG_RESOLVE_FAILED: 'Tags are not supported.',
}
