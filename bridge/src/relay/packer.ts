import { characters } from '../../../src/contracts/schema.ts'
import { isInvisible } from './clean.ts'
import { cut } from './cut.ts'
import { closing, type Fence, fenceAfter, opening, outdented } from './fences.ts'

/** Fills parts of at most `limit` characters with blocks of lines, greedily. */
export class Packer {
  readonly #limit: number
  readonly #parts: string[] = []
  #lines: string[] = []
  /** Of the lines with the line breaks between them. */
  #size = 0
  /** Open at the end of the lines, and the line that opened it. */
  #fence: Fence | undefined
  #opened_at = 0
  /** White space by which the lines of a fence that was opened again are moved to the margin. */
  #outdent = ''
  /** Lines at the beginning that only open a fence again. */
  #repeated = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Adds a block after so many blank lines. One that fits into a part of its own stays whole. */
  add(gap: number, lines: readonly string[]): void {
    const size = sizeOf(lines)
    const blank = this.#lines.length === 0 ? 0 : gap
    if (this.#fits(size + blank)) {
      for (const line of [...Array<string>(blank).fill(''), ...lines]) this.#push(line)
      return
    }
    if (size <= this.#limit) {
      this.#break()
      for (const line of lines) this.#push(line)
      return
    }
    if (this.#fits(blank)) for (let n = 0; n < blank; n++) this.#push('')
    for (const line of lines) this.#addLine(line)
    // A fence that the text leaves open ends with the text.
    if (this.#fence) this.#push(closing(this.#fence))
    this.#fence = undefined
    this.#outdent = ''
  }

  end(): string[] {
    this.#break()
    return this.#parts
  }

  #addLine(raw: string): void {
    for (let rest = raw; ; ) {
      const line = outdented(rest, this.#outdent)
      const next = fenceAfter(line, this.#fence)
      // The end of a fence always fits: its room was kept.
      const ends = this.#fence !== undefined && next === undefined
      const room = this.#limit - this.#size - (this.#lines.length > 0 ? 1 : 0) - reserve(next)
      if (ends || characters(line) <= room) {
        this.#push(ends && characters(line) > room ? closing(this.#fence!) : line)
        if (ends) this.#outdent = ''
        if (next && !this.#fence) this.#opened_at = this.#lines.length - 1
        this.#fence = next
        return
      }
      if (this.#lines.length > this.#repeated) {
        this.#break()
        continue
      }
      const [head, tail] = cut(line, room)
      this.#push(head)
      rest = tail
    }
  }

  /** Ends the part. A fence that is open is closed, and opened again in the next one. */
  #break(): void {
    const fence = this.#fence
    if (fence) {
      // Nothing is in it yet: it begins in the next part.
      if (this.#opened_at === this.#lines.length - 1) this.#lines.pop()
      else this.#lines.push(closing(fence))
    }
    const text = withoutBlankEnds(this.#lines).join('\n')
    if (this.#lines.length > this.#repeated && !isInvisible(text)) this.#parts.push(text)
    this.#lines = []
    this.#size = 0
    this.#repeated = 0
    if (!fence) return
    this.#outdent = fence.indent || this.#outdent
    this.#fence = { ...fence, indent: '' }
    this.#push(opening(fence))
    this.#opened_at = -1
    this.#repeated = 1
  }

  #fits(size: number): boolean {
    return this.#size + (this.#lines.length > 0 ? 1 : 0) + size <= this.#limit
  }

  #push(line: string): void {
    this.#size += characters(line) + (this.#lines.length > 0 ? 1 : 0)
    this.#lines.push(line)
  }
}

/** Room for the closing line of a fence, and its line break. */
function reserve(fence: Fence | undefined): number {
  return fence ? characters(closing(fence)) + 1 : 0
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((size, line) => size + characters(line) + 1, -1)
}

function withoutBlankEnds(lines: readonly string[]): string[] {
  const shows = (line: string) => line.trim() !== ''
  return lines.slice(lines.findIndex(shows), lines.findLastIndex(shows) + 1)
}
