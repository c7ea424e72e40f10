import { BASE, below } from '../base.ts'
import { t } from '../i18n/index.ts'
import { ApiFailure, failureOf } from './failure.ts'
import { pageUser } from './page-user.ts'
import { noteServerTime } from './server-clock.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RequestOptions {
  body?: unknown
  query?: Record<string, string | number | undefined>
  signal?: AbortSignal
  /** Sent as `Idempotency-Key`: a retry with the same key has no second effect. */
  idempotency_key?: string
  /** The version that the change is based on: an answer of 412 says that there is a newer one. */
  if_match?: number
  /** A 401 answers this form, e.g. a wrong password; it does not end the session. */
  expects_401?: boolean
}

/** Why requests are no longer those of the page's user. */
export type SessionLoss = 'signed_out' | 'other_user'

/** Called on each answer that ends the session of this page. Set once, by the app. */
let sessionLost: (why: SessionLoss) => void = () => {}

export function onSessionLost(handler: (why: SessionLoss) => void): void {
  sessionLost = handler
}

/** Id of the installation, from the answers of the server over plain http: names of cookies carry it. */
let installation: string | undefined

/**
 * The CSRF token of the double-submit cookie; undefined when signed out. Below a base path the cookies of a server at the
 * root of the host are seen, too. The plain name may be another server's.
 */
export function csrfToken(cookies: string, installation_id?: string, base = BASE): string | undefined {
  const values = new Map<string, string>()
  for (const part of cookies.split(';')) {
    const [name = '', ...value] = part.trim().split('=')
    // Of two cookies with one name the first has the longer path: it is this server's.
    if (!values.has(name)) values.set(name, decodeURIComponent(value.join('=')))
  }
  const secure = values.get(base === '' ? '__Host-mc_csrf' : '__Secure-mc_csrf')
  return secure ?? values.get(`mc_csrf_${installation_id}`) ?? values.get('mc_csrf')
}

/**
 * Calls the server: JSON both ways, `undefined` for an empty answer. Throws {@link ApiFailure}.
 * `T` is the type of the contract for this route; the body is not validated here.
 */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options)
  const text = await response.text().catch(() => {
    throw new ApiFailure('NETWORK', t('common.network.lost'))
  })
  const body = parsed(text)
  if (response.ok) return body
  const failure = failureOf(response.status, body, response.headers.get('Retry-After'))
  if (failure.code === 'OTHER_USER') sessionLost('other_user')
  else if (response.status === 401 && !options.expects_401) sessionLost('signed_out')
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
    const token = csrfToken(document.cookie, installation)
    if (token !== undefined) headers['X-CSRF-Token'] = token
  }
  const user_id = pageUser()
  if (user_id !== undefined) headers['X-MC-User'] = user_id
  if (options.idempotency_key !== undefined) headers['Idempotency-Key'] = options.idempotency_key
  if (options.if_match !== undefined) headers['If-Match'] = `"${options.if_match}"`
  if (options.signal) init.signal = options.signal
  try {
    const response = await fetch(below(withQuery(path, options.query)), init)
    installation = response.headers.get('X-MC-Installation') ?? installation
    noteServerTime(response.headers.get('Date'))
    return response
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiFailure('NETWORK', t('common.network.unreachable'))
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
