/**
 * The criteria of a proof: each is stated with its figure and its limit, all are printed as one table, and the process
 * fails when one of them does.
 */
export type Figure = number | boolean | string

/** At least one of the three bounds; `unit` is printed behind the figure and the limit. */
export type Limit = { unit?: string } & ({ max: number; min?: number } | { min: number } | { equals: Figure })

export interface Criteria {
  /** Holds `figure` against `limit`. A figure that is not a number never meets a `max` or `min`. Returns whether it holds. */
  check(id: string, text: string, figure: Figure, limit: Limit): boolean
  /** A figure that belongs beside the criteria and decides nothing. */
  note(id: string, text: string, figure: Figure, unit?: string): void
  /** Prints the table and sets the exit code: 0 when there was a criterion and all held. Returns the same as a boolean. */
  finish(): Promise<boolean>
}

interface Row {
  id: string
  text: string
  figure: string
  limit: string
  verdict: 'ok' | 'FAIL' | ''
}

/** `--short`: the form for continuous integration, at most some twenty seconds. */
export const short = process.argv.includes('--short')

/** Begins a proof's list of criteria. `name` heads the table. */
export function criteria(name: string): Criteria {
  const rows: Row[] = []
  return {
    check(id, text, figure, limit) {
      const held = holds(figure, limit)
      const unit = limit.unit ?? ''
      rows.push({
        id,
        text,
        figure: show(figure, unit),
        limit: showLimit(limit, unit),
        verdict: held ? 'ok' : 'FAIL',
      })
      return held
    },
    note(id, text, figure, unit = '') {
      rows.push({ id, text, figure: show(figure, unit), limit: '', verdict: '' })
    },
    async finish() {
      const checked = rows.filter(({ verdict }) => verdict !== '')
      const failed = checked.filter(({ verdict }) => verdict === 'FAIL')
      const passed = checked.length > 0 && failed.length === 0
      await Bun.write(Bun.stdout, table(name, rows, checked.length, failed.length))
      // A failure noted before stays one.
      if (!passed) process.exitCode = 1
      return passed
    },
  }
}

function holds(figure: Figure, limit: Limit): boolean {
  if ('equals' in limit) return figure === limit.equals
  if (typeof figure !== 'number' || Number.isNaN(figure)) return false
  if ('max' in limit && figure > limit.max) return false
  return limit.min === undefined || figure >= limit.min
}

function show(figure: Figure, unit: string): string {
  const text =
    typeof figure !== 'number'
      ? String(figure)
      : Number.isInteger(figure)
        ? figure.toLocaleString('en-US')
        : figure.toLocaleString('en-US', { maximumSignificantDigits: Math.abs(figure) >= 1000 ? 4 : 3 })
  return unit ? `${text} ${unit}` : text
}

function showLimit(limit: Limit, unit: string): string {
  if ('equals' in limit) return `= ${show(limit.equals, unit)}`
  const parts: string[] = []
  if (limit.min !== undefined) parts.push(`≥ ${show(limit.min, unit)}`)
  if ('max' in limit) parts.push(`≤ ${show(limit.max, unit)}`)
  return parts.join(', ')
}

function table(name: string, rows: readonly Row[], checked: number, failed: number): string {
  const columns = ['id', 'text', 'figure', 'limit', 'verdict'] as const
  const width = (column: (typeof columns)[number]) => Math.max(...rows.map((row) => row[column].length), 0)
  const widths = columns.map(width)
  const lines = rows.map((row) =>
    columns
      .map((column, at) =>
        column === 'figure' || column === 'limit'
          ? row[column].padStart(widths[at]!)
          : row[column].padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd(),
  )
  return `${[`== ${name}${short ? ' (short form)' : ''}`, ...lines, `${name}: ${checked - failed} of ${checked} criteria hold`].join('\n')}\n`
}
