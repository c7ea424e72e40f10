import { type ShallowRef, shallowRef } from 'vue'
import type { CodeNode } from './highlight.ts'

type Highlighter = (code: string, language: string) => CodeNode[]

const highlighter = shallowRef<Highlighter>()
let requested = false

/** The highlighter, in a chunk of its own that the first code block loads; undefined until then. */
export function useHighlighter(): Readonly<ShallowRef<Highlighter | undefined>> {
  if (!requested) void load()
  return highlighter
}

async function load(): Promise<void> {
  requested = true
  try {
    const { highlight } = await import('./highlight.ts')
    highlighter.value = highlight
  } catch {
    // Without a connection code stays plain; the next code block tries again.
    requested = false
  }
}
