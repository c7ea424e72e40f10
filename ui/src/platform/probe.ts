import { API_VERSION } from '@contracts/version.ts'

/** A server that does not answer within this time counts as away. */
const ANSWER_MS = 10_000

/** What answers at an address. */
export type Probe =
  | { found: 'server' }
  /** Nothing that this app may read: no network, nobody there, or a server whose `MC_CORS_ORIGIN` does not list the app. */
  | { found: 'nothing' }
  /** Something else. */
  | { found: 'other' }
  /** A server of another version of the API. */
  | { found: 'version'; theirs: string; ours: string }

/** Asks what answers at an address, without credentials: it may be anybody's. */
export async function probe(address: string): Promise<Probe> {
  let answer: Response
  try {
    answer = await fetch(`${address}/version`, {
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
  } catch {
    // The browser tells a page of another origin nothing more.
    return { found: 'nothing' }
  }
  const said: unknown = await answer.json().catch(() => undefined)
  const theirs =
    typeof said === 'object' && said !== null && 'api_version' in said ? said.api_version : undefined
  if (!answer.ok || typeof theirs !== 'string') return { found: 'other' }
  return theirs === API_VERSION ? { found: 'server' } : { found: 'version', theirs, ours: API_VERSION }
}
