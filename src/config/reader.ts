/** Environment variables by name. An empty value counts as unset: compose files pass unset variables this way. */
export type Env = Readonly<Record<string, string | undefined>>

/** One row of the table of settings, for the documents. */
export interface Setting {
  section: string
  name: string
  /** Format of the value, in words. */
  kind: string
  /** The default in words; empty when there is none. */
  default_text: string
  secret: boolean
  doc: string
  /** The value, safe to print: secrets and passwords in URLs are masked. */
  given: string | undefined
}

interface Row {
  doc: string
  secret?: boolean
}

/** A default computed elsewhere (from another setting or the data folder), described in words. */
interface OptionalRow extends Row {
  default_text?: string
}

/**
 * Reads settings one by one, records a row for each, and collects problems instead of stopping at the first.
 * A problem names the setting and its format, never the value, which may be a secret.
 */
export class Reader {
  readonly settings: Setting[] = []
  readonly problems: string[] = []
  readonly #env: Env
  #section = ''

  constructor(env: Env) {
    this.#env = env
  }

  /** Starts a section: settings read from now on belong to it. */
  section(title: string): this {
    this.#section = title
    return this
  }

  integer(name: string, row: Row & { default: number; min: number; max: number }): number {
    const kind = `whole number from ${row.min} to ${row.max}`
    const text = this.#read(name, kind, String(row.default), row)
    if (text === undefined) return row.default
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= row.min && value <= row.max) return value
    this.#refuse(name, `a ${kind}`)
    return row.default
  }

  flag(name: string, row: Row & { default: boolean }): boolean {
    const text = this.#read(name, '`1` or `0`', row.default ? '1' : '0', row)?.toLowerCase()
    if (text === undefined) return row.default
    if (['1', 'true', 'on', 'yes'].includes(text)) return true
    if (['0', 'false', 'off', 'no'].includes(text)) return false
    this.#refuse(name, '1 (on) or 0 (off)')
    return row.default
  }

  choice<const T extends string>(name: string, options: readonly T[], row: Row & { default: NoInfer<T> }): T {
    const text = this.#read(name, options.map((option) => `\`${option}\``).join(' or '), row.default, row)
    if (text === undefined) return row.default
    const found = options.find((option) => option === text)
    if (found === undefined) this.#refuse(name, `one of ${options.join(', ')}`)
    return found ?? row.default
  }

  text(name: string, row: Row & { default: string }): string {
    return this.#read(name, 'text', row.default, row) ?? row.default
  }

  optional(name: string, row: OptionalRow & { kind?: string; matches?: RegExp }): string | undefined {
    const kind = row.kind ?? 'text'
    const text = this.#read(name, kind, row.default_text ?? '', row)
    if (text === undefined || !row.matches || row.matches.test(text)) return text
    this.#refuse(name, kind)
    return undefined
  }

  /** A random text of at least 32 bytes; never shown. */
  secret(name: string, row: OptionalRow): string | undefined {
    const kind = 'secret of at least 32 bytes'
    const text = this.#read(name, kind, row.default_text ?? '', { ...row, secret: true })
    if (text === undefined) return undefined
    const bytes = new TextEncoder().encode(text)
    if (bytes.length >= 32 && new Set(bytes).size >= 8) return text
    this.problems.push(`${name} must be at least 32 random bytes. Make one with: openssl rand -base64 48`)
    return undefined
  }

  /** A URL of one of these schemes; its password, if any, is masked when printed. */
  url(name: string, schemes: readonly string[], row: OptionalRow): string | undefined {
    const kind = `URL with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
    const text = this.#read(name, kind, row.default_text ?? '', row)
    if (text === undefined) return undefined
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url && schemes.includes(url.protocol.slice(0, -1)) && url.host !== '') return text
    this.#refuse(name, `a ${kind}`)
    return undefined
  }

  /** Entries separated by commas. `entry` returns the canonical form, or undefined for an invalid entry. */
  list(name: string, row: Row & { kind: string; entry: (text: string) => string | undefined }): string[] {
    const text = this.#read(name, `${row.kind}, separated by commas`, '', row)
    const values: string[] = []
    for (const part of text?.split(',') ?? []) {
      const value = row.entry(part.trim())
      if (value === undefined) this.#refuse(name, `a list of ${row.kind}, separated by commas`)
      else values.push(value)
    }
    return [...new Set(values)]
  }

  #read(name: string, kind: string, default_text: string, row: Row): string | undefined {
    const raw = this.#env[name]?.trim()
    const text = raw === '' ? undefined : raw
    const secret = row.secret ?? false
    const given = text === undefined ? undefined : secret ? '********' : withoutPassword(text)
    const { doc } = row
    this.settings.push({ section: this.#section, name, kind, default_text, secret, doc, given })
    return text
  }

  #refuse(name: string, expected: string): void {
    const problem = `${name} must be ${expected}.`
    if (!this.problems.includes(problem)) this.problems.push(problem)
  }
}

/** Masks user and password of anything that looks like a URL, also of one that does not parse. */
function withoutPassword(text: string): string {
  return text
    .replace(/:\/\/[^/?#]*@/, '://********@')
    .replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&#]*/gi, '$1********')
}
