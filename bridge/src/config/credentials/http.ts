import { CredentialsUnavailable } from '../config.ts'
import { SECRET_BYTES_MAX } from './entries.ts'
import type { Means } from './source.ts'

/** A request for a secret ends after this long, unless the caller knows better. */
const TIMEOUT_MS = 10_000

/** An answer of a service for secrets: its status, and its body if that is JSON. */
export interface Answer {
  status: number
  body: unknown
  text: string
}

/**
 * Asks a service for secrets. Redirects are not followed: the request carries a secret of its own. `who` names the
 * service in errors. Throws `CredentialsUnavailable`, passing, when there is no answer or one of 5xx.
 */
export async function ask(
  means: Means,
  who: string,
  url: string,
  init: RequestInit,
  timeout_ms = TIMEOUT_MS,
): Promise<Answer> {
  const answer = await exchange(means, who, url, { ...init, signal: AbortSignal.timeout(timeout_ms) })
  if (answer.status < 500 && answer.status !== 429) return answer
  throw new CredentialsUnavailable(`${who} answers ${answer.status}${detailOf(answer)}.`, true)
}

async function exchange(means: Means, who: string, url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await means.fetch(url, { ...init, redirect: 'manual' })
    const text = await bounded(response)
    return { status: response.status, text, body: parsed(text) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CredentialsUnavailable(`${who} at ${new URL(url).host} gives no answer (${reason}).`, true)
  }
}

async function bounded(response: Response): Promise<string> {
  const bytes: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > SECRET_BYTES_MAX) throw new Error(`more than ${SECRET_BYTES_MAX / 1024} KiB`)
    bytes.push(part)
  }
  return Buffer.concat(bytes).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the caller decides by the status.
    return undefined
  }
}

/** Sentences of Vault's `errors`; other services put theirs elsewhere. */
function detailOf({ body }: Answer): string {
  const errors: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'errors') : undefined
  const texts = Array.isArray(errors) ? errors.filter((text) => typeof text === 'string') : []
  return texts.length > 0 ? `: ${texts.join(', ').slice(0, 200)}` : ''
}
