/**
 * Trusted Types: the server's policy forbids the browser to take text for markup or for the address of a script. Vue has a
 * policy for the static parts of its templates; this one admits the two workers of the app, and nothing else.
 * Imported first, before anything that starts a worker.
 */
import { below } from './base.ts'

/** The part of the API that is used: the types of the DOM do not know it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): unknown
}

const WORKER = /^assets\/lock-worker-[\w-]+\.js$/

/** The address when it is that of a worker of this app. Throws for any other. */
export function workerAddress(address: string, page: string): string {
  const url = new URL(address, page)
  const path = url.pathname.slice(below('/').length)
  const own = url.origin === new URL(page).origin && url.pathname.startsWith(below('/')) && url.search === ''
  if (own && (path === 'sw.js' || WORKER.test(path))) return url.href
  throw new TypeError('This is no script of the app.')
}

if (typeof window !== 'undefined' && 'trustedTypes' in window && !import.meta.env?.DEV)
  (window.trustedTypes as TrustedTypes).createPolicy('default', {
    createScriptURL: (address) => workerAddress(address, location.href),
  })
