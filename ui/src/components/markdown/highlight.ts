import { common, createLowlight } from 'lowlight'

/** A piece of highlighted code: text, or a scope of the grammar with its classes (`hljs-keyword`). */
export type CodeNode = string | { classes: string[]; children: CodeNode[] }

/**
 * The longest code that is highlighted, in characters. Some grammars take quadratic time on hostile text: 20,000 characters
 * took up to 29 s, 2,000 at most 0.2 s.
 */
const HIGHLIGHT_CHARS_MAX = 3_000

const lowlight = createLowlight(common)
type Child = ReturnType<typeof lowlight.highlight>['children'][number]

/** Code as a tree of scopes. Unknown languages and long code stay plain text. */
export function highlight(code: string, language: string): CodeNode[] {
  if (!lowlight.registered(language) || code.length > HIGHLIGHT_CHARS_MAX) return [code]
  return lowlight.highlight(language, code).children.map(codeNode)
}

function codeNode(child: Child): CodeNode {
  if (child.type === 'text') return child.value
  if (child.type !== 'element') return ''
  const { className } = child.properties
  return {
    classes: Array.isArray(className) ? className.map(String) : [],
    children: child.children.map(codeNode),
  }
}
