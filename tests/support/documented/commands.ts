import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '..', '..', '..')

/** A command as it stands in a document, with its continued lines, its here-documents and the whole of its loops. */
export interface Command {
  /** Path of the document. */
  document: string
  line: number
  text: string
}

/** Documents with commands for their readers; those of rules and decisions have none. */
export function documents(): string[] {
  const below = [...new Bun.Glob('docs/**/*.md').scanSync({ cwd: ROOT })].sort()
  return ['README.md', ...below.filter((path) => !/^docs\/(?:spec|decisions)\//.test(path))]
}

export const read = (document: string) => readFileSync(join(ROOT, document), 'utf8')

interface Block {
  /** What stands behind the fence: `sh`. */
  mark: string
  /** Line of its first line. */
  line: number
  text: string
}

function blocksOf(document: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const [i, text] of read(document).split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text)
    if (open !== undefined && fence?.[1] === '') {
      blocks.push(open)
      open = undefined
    } else if (open) open.text += `${text}\n`
    else if (fence) open = { mark: fence[1]?.split(' ')[0] ?? '', line: i + 2, text: '' }
  }
  return blocks
}

const known = new Map<string, Command[]>()

/** The commands of the blocks that are marked as `sh`, `bash` or `console`. */
export function commandsOf(document: string): Command[] {
  const commands =
    known.get(document) ??
    blocksOf(document)
      .filter(({ mark }) => /^(?:sh|bash|console)$/.test(mark))
      .flatMap((block) =>
        splitCommands(block.text).map(({ line, text }) => ({ document, line: block.line + line, text })),
      )
  known.set(document, commands)
  return commands
}

/** Blocks without a mark that look like commands: nobody would run them. */
export function unmarkedCommands(document: string): string[] {
  return blocksOf(document)
    .filter(({ mark }) => mark === '')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => /^(?:npm|bun|curl|git|docker|sudo|mission-control|mc-bridge|systemctl) /.test(line))
    .map((line) => `${document}: ${line}`)
}

function splitCommands(block: string): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = []
  let open: { line: number; text: string } | undefined
  for (const [line, text] of block.split('\n').entries()) {
    if (open === undefined && /^\s*(?:#|$)/.test(text)) continue
    open = open ? { ...open, text: `${open.text}\n${text}` } : { line, text }
    if (!isWhole(open.text)) continue
    found.push(open)
    open = undefined
  }
  return open ? [...found, open] : found
}

/** Whether Bash takes it as it is: no quote, loop, here-document or continued line is open. */
export function isWhole(text: string): boolean {
  if (text.endsWith('\\')) return false
  const { exitCode, stderr } = Bun.spawnSync(['bash', '-n', '-c', text])
  return exitCode === 0 && stderr.length === 0
}

/** The command without the comment behind it. */
export const bare = (text: string) => text.replace(/\s+#\s.*$/gm, '').trim()
