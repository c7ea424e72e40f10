import type { PlannedRow, Reader } from './reader.ts'

const TEXT = { kind: 'text' }
const SECRET = { kind: 'text', secret: true }
const URL = { kind: 'URL with https:// or http://' }

/**
 * Settings of features that are not built yet. A value is refused at start: a node that ignored `MC_REDIS_URL` would lose
 * the live events of the others. A setting moves to settings.ts together with the code that reads it.
 */
const PLANNED: Readonly<Record<string, PlannedRow>> = {
  MC_REDIS_URL: { kind: 'URL with redis:// or rediss://', doc: 'Joins several nodes.' },
  MC_LEASE_MS: { kind: 'whole number', doc: 'Lifetime of a node in the directory of several nodes.' },
  MC_GITHUB_URL: { ...URL, doc: 'Address of a GitHub Enterprise server.' },
  MC_GITHUB_CLIENT_ID: { ...TEXT, doc: 'Sign-in with GitHub.' },
  MC_GITHUB_CLIENT_SECRET: { ...SECRET, doc: 'Sign-in with GitHub.' },
  MC_GOOGLE_CLIENT_ID: { ...TEXT, doc: 'Sign-in with Google.' },
  MC_GOOGLE_CLIENT_SECRET: { ...SECRET, doc: 'Sign-in with Google.' },
  MC_OIDC_ISSUER: { ...URL, doc: 'Sign-in with an OpenID Connect provider.' },
  MC_OIDC_CLIENT_ID: { ...TEXT, doc: 'Sign-in with an OpenID Connect provider.' },
  MC_OIDC_CLIENT_SECRET: { ...SECRET, doc: 'Sign-in with an OpenID Connect provider.' },
}

export function readPlanned(read: Reader): void {
  for (const [name, row] of Object.entries(PLANNED)) read.planned(name, row)
}
