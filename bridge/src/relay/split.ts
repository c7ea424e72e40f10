import { LIMITS } from '../../../src/contracts/limits.ts'
import { characters } from '../../../src/contracts/schema.ts'
import { isInvisible } from './clean.ts'
import { type Fence, fenceAfter } from './fences.ts'
import { Packer } from './packer.ts'

/** A longer answer is cut here, and says so: some forty messages in a row are a report, more are a fault. */
const ANSWER_CHARACTERS_MAX = 200_000

/**
 * An answer as messages of at most `limit` characters (code points, at least 400), in order: split between paragraphs, else between
 * lines, else between words. A code fence that is cut is closed and opened again. Every part shows something; an answer that shows
 * nothing has none.
 */
export function split(answer: string, limit: number = LIMITS.message_content_max): string[] {
  // The server takes neither NUL nor half of a surrogate pair.
  const text = bounded(answer.toWellFormed().replaceAll('\0', '').replace(/\r\n?/g, '\n'))
  if (isInvisible(text)) return []
  if (characters(text) <= limit) return [text]
  const packer = new Packer(limit)
  for (const { gap, lines } of blocksOf(text)) packer.add(gap, lines)
  return packer.end()
}

function bounded(text: string): string {
  if (text.length <= ANSWER_CHARACTERS_MAX) return text
  const all = characters(text)
  if (all <= ANSWER_CHARACTERS_MAX) return text
  const kept = [...text.slice(0, ANSWER_CHARACTERS_MAX * 2)].slice(0, ANSWER_CHARACTERS_MAX).join('')
  return `${kept}\n\n(The answer is cut here: it has ${all - ANSWER_CHARACTERS_MAX} more characters.)`
}

interface Block {
  /** Blank lines before it. */
  gap: number
  lines: string[]
}

/** Lines that belong together: paragraphs, with the code fences in them whole. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let block: Block = { gap: 0, lines: [] }
  let fence: Fence | undefined
  for (const line of text.split('\n')) {
    const is_gap = fence === undefined && line.trim() === ''
    fence = fenceAfter(line, fence)
    if (!is_gap) {
      block.lines.push(line)
      continue
    }
    if (block.lines.length > 0) {
      blocks.push(block)
      block = { gap: 0, lines: [] }
    }
    block.gap++
  }
  if (block.lines.length > 0) blocks.push(block)
  return blocks
}
