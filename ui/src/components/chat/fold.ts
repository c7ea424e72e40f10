/** Longer messages are folded, in lines as drawn. */
const LINES_MAX = 20
const LINES_FOLDED = 12
/** Characters of a line of prose as drawn, about. */
const LINE_CHARACTERS = 100
/** Lines of a code block that count: a longer block folds itself. */
const CODE_LINES_MAX = 12

const FENCE = /^ {0,3}(`{3,}|~{3,})/

/** Whether a message is folded until the reader opens it. */
export function isLong(content: string): boolean {
  // Enough for the usual message: lines of the source, and those of long lines at most.
  let most = 1 + content.length / LINE_CHARACTERS
  for (let at = content.indexOf('\n'); at >= 0; at = content.indexOf('\n', at + 1)) most++
  if (most <= LINES_MAX) return false
  return costs(content.split('\n')).reduce((sum, cost) => sum + cost, 0) > LINES_MAX
}

/**
 * The beginning of a long message, cut between lines and never inside a code block; in a single long line between words.
 */
export function folded(content: string): string {
  const lines = content.split('\n')
  const cost = costs(lines)
  let used = 0
  let end = 0
  let fence = false
  while (end < lines.length && (fence || used + (cost[end] ?? 0) <= LINES_FOLDED)) {
    used += cost[end] ?? 0
    if (FENCE.test(lines[end] ?? '')) fence = !fence
    end++
  }
  const whole = lines.slice(0, end).join('\n')
  const room = LINES_FOLDED - used
  const next = lines[end]
  if (fence || next === undefined || room <= 0 || FENCE.test(next)) return whole
  return [...(end > 0 ? [whole] : []), cutAtWord(next, room * LINE_CHARACTERS)].join('\n')
}

function cutAtWord(line: string, length: number): string {
  const part = line.slice(0, length)
  const space = part.search(/\s\S*$/)
  return `${part.slice(0, space > 0 ? space : length).replace(/[\ud800-\udbff]$/, '')}…`
}

/** Lines as drawn that each line of the source takes. */
function costs(lines: readonly string[]): number[] {
  let in_code: number | undefined
  return lines.map((line) => {
    if (FENCE.test(line)) {
      in_code = in_code === undefined ? 0 : undefined
      return 1
    }
    if (in_code === undefined) return Math.max(1, Math.ceil(line.length / LINE_CHARACTERS))
    in_code++
    return in_code > CODE_LINES_MAX ? 0 : 1
  })
}
