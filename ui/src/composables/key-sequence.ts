/** A key that is part of no sequence, e.g. a modifier on its way to another key. */
const MODIFIERS: ReadonlySet<string> = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock'])

export interface SequencePorts {
  /** Runs `run` later, unless the returned function is called before. */
  after: (ms: number, run: () => void) => () => void
  /** The first key was pressed, or the sequence is over. */
  waiting: (is: boolean) => void
}

/** The second key must follow within this time. */
export const SEQUENCE_MS = 1_500

/** Sequences of two keys, e.g. `g` then `t`. A second key without a meaning ends the sequence and has no effect. */
export class KeySequence {
  readonly #first: string
  readonly #seconds: Readonly<Record<string, () => void>>
  readonly #ports: SequencePorts
  #cancel: (() => void) | undefined

  constructor(first: string, seconds: Readonly<Record<string, () => void>>, ports: SequencePorts) {
    this.#first = first
    this.#seconds = seconds
    this.#ports = ports
  }

  /** Takes a key; answers whether it belongs to the sequence. */
  press(key: string): boolean {
    if (MODIFIERS.has(key)) return false
    if (this.#cancel) {
      this.end()
      const run = Object.hasOwn(this.#seconds, key) ? this.#seconds[key] : undefined
      run?.()
      return run !== undefined || key === 'Escape'
    }
    if (key !== this.#first) return false
    this.#cancel = this.#ports.after(SEQUENCE_MS, () => this.end())
    this.#ports.waiting(true)
    return true
  }

  /** Ends a sequence under way. */
  end(): void {
    if (!this.#cancel) return
    this.#cancel()
    this.#cancel = undefined
    this.#ports.waiting(false)
  }
}
