import type { Job } from './groups.ts'

/** Counts of one job, from the lines that its runner prints while it runs: they hold also when it is ended. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
  /** Names of failed tests. */
  failures: string[]
  /** The last test that finished, and the file it is in. */
  last: string | undefined
}

const VERDICT = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+m?s\])?$/
/** A step; the line of its test follows its steps and would count them twice. */
const DENO_VERDICT = /^ +(.+) \.\.\. (ok|FAILED|ignored)(?: \(.*\))?$/

/** Reads the output of a job line by line. */
export class Output {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [], last: undefined }
  readonly #format: Job['output']
  #rest = ''
  #file = ''
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

  #line(line: string): void {
    if (/^\d+ tests? failed:$/.test(line)) this.#repeating = true
    if (this.#format === 'program' || this.#repeating) return
    if (this.#format === 'bun' && /^\S+\.test\.ts:$/.test(line)) this.#file = line.slice(0, -1)
    const [, verdict = '', name = ''] =
      this.#format === 'bun' ? (VERDICT.exec(line) ?? []) : swapped(DENO_VERDICT.exec(line))
    if (verdict === '') return
    const full = this.#file === '' ? name : `${this.#file} > ${name}`
    this.counts.last = full
    if (verdict === 'pass' || verdict === 'ok') this.counts.passed++
    else if (verdict === 'fail' || verdict === 'FAILED') {
      this.counts.failed++
      this.counts.failures.push(full)
    } else this.counts.skipped++
  }
}

/** Deno prints the name first. */
function swapped(found: RegExpExecArray | null): string[] {
  return found ? [found[0], found[2] ?? '', found[1] ?? ''] : []
}
