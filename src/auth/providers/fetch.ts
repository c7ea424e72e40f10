import { ProviderFailure } from './provider.ts'

/** Bounds what a provider can make this server read. Real answers have some kilobytes. */
const ANSWER_BYTES_MAX = 512 * 1024

/** A whole exchange with a provider: a slow one must not hold a request longer than a slow database does. */
export const EXCHANGE_MS = 4_000

/**
 * A request to a provider, without redirects: they would carry a client secret elsewhere. Throws `unavailable` when no
 * answer was read before `deadline`.
 */
export async function fetchBounded(url: string, init: RequestInit, deadline: AbortSignal): Promise<Response> {
  try {
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
    const answer = await fetch(url, { ...init, redirect: 'manual', signal })
    return new Response(await readBounded(answer), { status: answer.status, headers: answer.headers })
  } catch (error) {
    if (error instanceof ProviderFailure) throw error
    throw new ProviderFailure('unavailable', `No answer from ${hostOf(url)}`, error)
  }
}

/** The same for an answer that is a JSON object. */
export async function fetchJson(
  url: string,
  init: RequestInit,
  deadline: AbortSignal,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { status, body } = await fetchAny(url, init, deadline)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ProviderFailure('unavailable', `${hostOf(url)} answered ${status} without an object`)
  return { status, body: { ...body } }
}

/** The same for any JSON. */
export async function fetchAny(
  url: string,
  init: RequestInit,
  deadline: AbortSignal,
): Promise<{ status: number; body: unknown }> {
  const answer = await fetchBounded(
    url,
    { ...init, headers: { Accept: 'application/json', 'User-Agent': 'mission-control', ...init.headers } },
    deadline,
  )
  try {
    return { status: answer.status, body: await answer.json() }
  } catch (error) {
    throw new ProviderFailure('unavailable', `${hostOf(url)} answered ${answer.status} without JSON`, error)
  }
}

async function readBounded(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`An answer of more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** Without path and query, which may carry a secret. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'an unreadable address'
}
