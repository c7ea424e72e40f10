/**
 * The scripted model behind the mock gateway and behind the real one: directives in the prompt say what it does, so that a
 * test can hold an answer against its question.
 *
 * `ECHO text` answers with the rest of the prompt, `LONG n` with n characters, `SILENT` with nothing, `FAIL` not at all,
 * `SLOW n` waits n milliseconds first, `HOLD name` until the test opens that gate, `PIECES n` streams in n pieces. Without a directive it answers `echo: ` and the
 * prompt. Only the part after the last `[Mission Control …]` header counts: quoted messages of others steer nothing.
 */
export interface Plan {
  slow_ms: number
  /** Name of a gate to wait at. */
  hold: string | null
  /** Null: the provider refuses the request. */
  text: string | null
  pieces: number
}

/** Of the only provider, `fake`. The first is what agents use by default. */
export const MODELS = ['fake-1', 'fake-2'] as const

/** Providers that a gateway knows without being set up for them. */
const KNOWN_PROVIDERS = ['anthropic', 'openai']

/** Why the gateway runs no turn with a model: it is not set up for its provider. */
export function otherProvider(model: string): string | undefined {
  const [provider, name] = model.split('/')
  return name === undefined || provider === 'fake' ? undefined : `Unknown model: ${model}`
}

/** Why a gateway, from 2026.9 on, makes no session with a model: it knows no such provider. */
export function unknownProvider(model: string): string | undefined {
  const [provider = ''] = model.split('/')
  if (otherProvider(model) === undefined || KNOWN_PROVIDERS.includes(provider)) return undefined
  return `Unknown provider "${provider}". Use /models to list providers.`
}

/** Whether the provider has a model of this name. */
export const isModel = (model: string): boolean =>
  MODELS.some((name) => name === model.replace(/^fake\//, ''))

export const NO_MODEL =
  'The selected model was not found by the provider. Check the model id or choose a different model.'

const HEADER = '[Mission Control'

export function planOf(prompt: string): Plan {
  const asked = afterLastHeader(prompt)
  return {
    slow_ms: Number(/\bSLOW (\d{1,7})\b/.exec(asked)?.[1] ?? 0),
    hold: /\bHOLD (\S{1,100})/.exec(asked)?.[1] ?? null,
    pieces: Number(/\bPIECES (\d{1,4})\b/.exec(asked)?.[1] ?? 3),
    text: /\bFAIL\b/.test(asked) ? null : answer(asked),
  }
}

/** The prompt from its last header on, without the header. */
export function afterLastHeader(prompt: string): string {
  const at = prompt.lastIndexOf(HEADER)
  if (at < 0) return prompt.trim()
  const end = prompt.indexOf(']', at)
  return prompt.slice(end < 0 ? at : end + 1).trim()
}

function answer(asked: string): string {
  if (/\bSILENT\b/.test(asked)) return ''
  const long = /\bLONG (\d{1,6})\b/.exec(asked)
  if (long) return longText(Number(long[1]))
  const echo = /\bECHO ([\s\S]+)/.exec(asked)
  if (echo) return echo[1]!.trim()
  return `echo: ${asked.replace(/\b(SLOW|PIECES|HOLD) \S+/g, '').trim()}`
}

/** Numbered paragraphs of some 400 characters, so that a test sees the order of parts and that nothing is missing. */
export function longText(chars: number): string {
  let text = ''
  for (let number = 1; text.length < chars; number++)
    text += `Paragraph ${number}. ${'All of this is one long answer. '.repeat(12).trim()}\n\n`
  return text.slice(0, chars)
}

/** The text in at most `pieces` pieces of the same size. */
export function piecesOf(text: string, pieces: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / Math.max(1, pieces)))
  const all: string[] = []
  for (let at = 0; at < text.length; at += size) all.push(text.slice(at, at + size))
  return all
}
