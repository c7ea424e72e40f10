/** Where answers come from: a terminal, or text that is piped in. */
export interface Input {
  readonly is_terminal: boolean
  /** Nothing more comes. */
  readonly ended: boolean
  /** The next line without its end; undefined when nothing more comes. */
  line(): Promise<string | undefined>
  /** The same without showing it while it is typed. Rejects with `Stopped`, because Ctrl-C is only a key then. */
  hidden(): Promise<string | undefined>
  close(): void
}

/** A person pressed Ctrl-C. */
export class Stopped extends Error {
  override name = 'Stopped'
}

/** The part of standard input that is needed, so that tests can stand in for it. */
export interface InputStream {
  isTTY?: boolean
  setRawMode?(on: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
  on(event: 'data', listener: (text: string) => void): unknown
  on(event: 'end', listener: () => void): unknown
  pause(): unknown
  unref?(): unknown
}

/** An answer is an address, a key or a name; a longer line is cut there. */
const LINE_CHARS_MAX = 4_096

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ERASE = ['\u007f', '\b']

/** Lines of a stream. It is read from the first question on. */
export class StreamInput implements Input {
  readonly is_terminal: boolean
  readonly #stream: InputStream
  #text = ''
  #ended = false
  #listening = false
  #wake: () => void = () => undefined

  constructor(stream: InputStream) {
    this.#stream = stream
    this.is_terminal = stream.isTTY === true
  }

  get ended(): boolean {
    return this.#ended && this.#text === ''
  }

  async line(): Promise<string | undefined> {
    this.#listen()
    while (!this.#text.includes('\n') && !this.#ended) await this.#more()
    if (this.ended) return undefined
    const at = this.#text.indexOf('\n')
    const line = at < 0 ? this.#text : this.#text.slice(0, at)
    this.#text = at < 0 ? '' : this.#text.slice(at + 1)
    return line.replace(/\r$/, '').slice(0, LINE_CHARS_MAX)
  }

  async hidden(): Promise<string | undefined> {
    if (!this.is_terminal || !this.#stream.setRawMode) return await this.line()
    this.#listen()
    this.#stream.setRawMode(true)
    try {
      return await this.#keys()
    } finally {
      this.#stream.setRawMode(false)
    }
  }

  close(): void {
    this.#ended = true
    if (!this.#listening) return
    this.#stream.pause()
    this.#stream.unref?.()
  }

  /** Reads keys up to Enter. What was typed after it stays for the next question. */
  async #keys(): Promise<string | undefined> {
    let typed = ''
    for (;;) {
      while (this.#text === '' && !this.#ended) await this.#more()
      if (this.#text === '') return undefined
      const key = String.fromCodePoint(this.#text.codePointAt(0) ?? 0)
      this.#text = this.#text.slice(key.length)
      if (key === CTRL_C || (key === CTRL_D && typed === '')) throw new Stopped()
      if (key === '\r' || key === '\n') return typed
      if (ERASE.includes(key)) typed = [...typed].slice(0, -1).join('')
      else if (key >= ' ' && typed.length < LINE_CHARS_MAX) typed += key
    }
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    this.#stream.setEncoding('utf8')
    this.#stream.on('data', (text) => {
      this.#text += text
      this.#wake()
    })
    this.#stream.on('end', () => {
      this.#ended = true
      this.#wake()
    })
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
  }
}
