import { Trouble } from '../../proof/step.ts'
import { type Input, Stopped } from './input.ts'

/** Something has to be known that nobody answered. The message says how to give it. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

export interface Question {
  label: string
  /** Taken when the answer is empty, or when nobody answers. */
  fallback?: string | undefined
  /** How the fallback is shown, e.g. a key by its prefix. */
  shown?: string | undefined
  /** How to give this without being asked, e.g. `Set MC_URL.` */
  otherwise: string
}

export interface Choice<T extends string> {
  value: T
  /** For people; may be empty. */
  about: string
}

const INDENT = '  '

/** Asks a person. Without an input nobody is asked: fallbacks are taken. */
export class Dialog {
  readonly #input: Input | undefined
  readonly #write: (text: string) => void

  constructor(input: Input | undefined, write: (text: string) => void) {
    this.#input = input
    this.#write = write
  }

  /** Whether a wrong answer can be asked again. */
  get goes_on(): boolean {
    return this.#input !== undefined && !this.#input.ended
  }

  /** Whether a person sees this now. */
  get is_terminal(): boolean {
    return this.#input?.is_terminal === true
  }

  title(text: string): void {
    this.#write(`\n${text}\n`)
  }

  say(text: string): void {
    this.#write(`${text.replace(/^(?=.)/gm, INDENT)}\n`)
  }

  ok(text: string): void {
    this.say(`ok  ${text}`)
  }

  trouble({ message, todo }: Trouble): void {
    this.say(`!   ${message}${todo === null ? '' : `\n    ${todo}`}`)
  }

  /** A line that is replaced by the next one on a terminal; without a terminal nothing is shown. */
  progress(text: string): void {
    if (this.is_terminal) this.#write(`\r${INDENT}${text}\u001b[K`)
  }

  endProgress(): void {
    if (this.is_terminal) this.#write('\r\u001b[K')
  }

  /** Throws `NoAnswer`. */
  async text(question: Question): Promise<string> {
    return await this.#ask(question, (input) => input.line(), false)
  }

  /** Like `text`, not shown while it is typed. */
  async secret(question: Question): Promise<string> {
    return await this.#ask(question, (input) => input.hidden(), true)
  }

  /** One of the choices, by its number or its value. */
  async choose<T extends string>(
    label: string,
    choices: readonly Choice<T>[],
    question: Omit<Question, 'label'>,
  ): Promise<T> {
    if (this.#input) this.say([label, ...listOf(choices)].join('\n'))
    return await this.retry(async () => {
      const answer = await this.text({ label: 'Number or name', ...question })
      const chosen = choices.find(({ value }) => value === answer) ?? choices[Number(answer) - 1]
      if (chosen) return chosen.value
      throw new Trouble(`There is no ${JSON.stringify(answer)} in the list.`)
    })
  }

  /** True for yes. `enter` is what an empty answer means; nobody's answer means no. */
  async confirm(label: string, enter: boolean): Promise<boolean> {
    if (!this.goes_on) return false
    return await this.retry(async () => {
      const question = { label: `${label} ${enter ? '(Y/n)' : '(y/N)'}`, otherwise: '' }
      const answer = (await this.text({ ...question, fallback: '' })).toLowerCase()
      // An input that ended in place of an answer.
      if (answer === '') return this.goes_on && enter
      if (['y', 'yes'].includes(answer)) return true
      if (['n', 'no'].includes(answer)) return false
      throw new Trouble('Answer y or n.')
    })
  }

  /** Repeats what ends in `Trouble`, telling why, as long as somebody answers; then it is thrown. */
  async retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof Trouble) || !this.goes_on) throw error
        this.trouble(error)
      }
    }
  }

  async #ask(
    { label, fallback, shown = fallback, otherwise }: Question,
    read: (input: Input) => Promise<string | undefined>,
    secret: boolean,
  ): Promise<string> {
    const missing = () => new NoAnswer(`Nobody answers: ${label}. ${otherwise}`.trimEnd())
    const input = this.#input
    if (!input) {
      if (fallback !== undefined) return fallback
      throw missing()
    }
    for (;;) {
      this.#write(`${INDENT}${label}${shown ? ` [${shown}]` : ''}: `)
      const line = await read(input)
      const answer = line?.trim()
      // A terminal has shown the line and its end, but not of a secret.
      if (!input.is_terminal) this.#write(`${secret || !answer ? '' : answer}\n`)
      else if (secret || line === undefined) this.#write('\n')
      if (line === undefined && input.is_terminal) throw new Stopped()
      if (answer) return answer
      if (fallback !== undefined) return fallback
      if (line === undefined) throw missing()
    }
  }
}

function listOf<T extends string>(choices: readonly Choice<T>[]): string[] {
  const width = Math.max(...choices.map(({ value }) => value.length))
  return choices.map(({ value, about }, i) => `  ${i + 1}  ${value.padEnd(width)}  ${about}`.trimEnd())
}
