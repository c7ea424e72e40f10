import type { Job } from './groups.ts'

export interface Failure {
  /** The file and the test in it. */
  name: string
  /** What the runner printed since the test before: the error, without the lines of source around it. */
  why: string[]
}

/** Counts of one job, from the lines that its runner prints while it runs: they hold also when it is ended. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
  failures: Failure[]
  /** The last test that finished, and the file it is in. */
  last: string | undefined
}

const VERDICT = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+m?s\])?$/
/** A step; the line of its test follows its steps and would count them twice. */
const DENO_VERDICT = /^ +(.+) \.\.\. (ok|FAILED|ignored)(?: \(.*\))?$/

/** A line of the source around an error, the mark below it, or nothing. */
const EXCERPT = /^\s*(\d+ \|.*|\^)?$/

/** An error with a difference and its stack are shorter; what a test logs may not be. */
const REASON_LINES_MAX = 24
const REASON_COLUMNS_MAX = 240

/** Reads the output of a job line by line. */
export class Output {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [], last: undefined }
  readonly #format: Job['output']
  #rest = ''
  #file = ''
  #since: string[] = []
  /** bun lists the failed tests once more at its end. */
  #repeating = false

  constructor(format: Job['output']) {
    this.#format = format
  }

  take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  /** The end of what was printed since the last test ended. */
  why(): string[] {
    return this.#since
  }

  #line(line: string): void {
    if (/^\d+ tests? failed:$/.test(line)) this.#repeating = true
    if (this.#repeating) return
    if (this.#format === 'bun' && /^\S+\.test\.ts:$/.test(line)) this.#file = line.slice(0, -1)
    const [verdict, name] = this.#verdict(line)
    if (verdict === '') {
      this.#keep(line)
      return
    }
    const why = this.#since
    this.#since = []
    const full = this.#file === '' ? name : `${this.#file} > ${name}`
    this.counts.last = full
    if (verdict === 'pass' || verdict === 'ok') this.counts.passed++
    else if (verdict === 'fail' || verdict === 'FAILED') {
      this.counts.failed++
      this.counts.failures.push({ name: full, why })
    } else this.counts.skipped++
  }

  /** pass, fail or skip in the runner's words, and the test's name; empty for another line. */
  #verdict(line: string): [verdict: string, name: string] {
    if (this.#format === 'program') return ['', '']
    const [, verdict = '', name = ''] =
      this.#format === 'bun' ? (VERDICT.exec(line) ?? []) : swapped(DENO_VERDICT.exec(line))
    return [verdict, name]
  }

  #keep(line: string): void {
    if (EXCERPT.test(line)) return
    this.#since.push(line.slice(0, REASON_COLUMNS_MAX))
    if (this.#since.length > REASON_LINES_MAX) this.#since.shift()
  }
}

/** Deno prints the name first. */
function swapped(found: RegExpExecArray | null): string[] {
  return found ? [found[0], found[2] ?? '', found[1] ?? ''] : []
}
