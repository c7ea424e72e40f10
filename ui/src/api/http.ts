import { ApiFailure, failureOf } from './failure.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RequestOptions {
  body?: unknown
  query?: Record<string, string | number | undefined>
  signal?: AbortSignal
  /** Sent as `Idempotency-Key`: a retry with the same key has no second effect. */
  idempotency_key?: string
  /** A 401 answers this form, e.g. a wrong password; it does not end the session. */
  expects_401?: boolean
}

/** Called on each 401 that ends the session. Set once, by the app. */
let signedOut: () => void = () => {}

export function onSignedOut(handler: () => void): void {
  signedOut = handler
}

/** The CSRF token of the double-submit cookie; undefined when signed out. */
export function csrfToken(cookies: string): string | undefined {
  for (const part of cookies.split(';')) {
    const [name, ...value] = part.trim().split('=')
    if (name === '__Host-mc_csrf' || name === 'mc_csrf') return decodeURIComponent(value.join('='))
  }
  return undefined
}

/**
 * Calls the server: JSON both ways, `undefined` for an empty answer. Throws {@link ApiFailure}.
 * `T` is the type of the contract for this route; the body is not validated here.
 */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options)
  const text = await response.text().catch(() => {
    throw new ApiFailure('NETWORK', 'The connection was lost while the answer came in.')
  })
  const body = parsed(text)
  if (response.ok) return body
  const failure = failureOf(response.status, body, response.headers.get('Retry-After'))
  if (response.status === 401 && !options.expects_401) signedOut()
  throw failure
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    init.body = JSON.stringify(options.body)
  }
  if (method !== 'GET') {
    const token = csrfToken(document.cookie)
    if (token !== undefined) headers['X-CSRF-Token'] = token
  }
  if (options.idempotency_key !== undefined) headers['Idempotency-Key'] = options.idempotency_key
  if (options.signal) init.signal = options.signal
  try {
    return await fetch(withQuery(path, options.query), init)
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiFailure('NETWORK', 'The server cannot be reached. Check the connection, then try again.')
  }
}

function withQuery(path: string, query: RequestOptions['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

function parsed(text: string) {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON, e.g. the HTML page of a proxy: the failure carries the status only.
    return undefined
  }
}
