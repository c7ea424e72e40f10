/**
 * Trusted Types: the server's policy forbids the browser to take text for markup or for the address of a script. Vue has a
 * policy for the static parts of its templates; this one admits the two workers of the app and the static parts of the emoji
 * picker's templates, and nothing else.
 * Imported first, before anything that starts a worker.
 */
import { below } from './base.ts'

/** The part of the API that is used: the types of the DOM do not know it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createHTML(markup: string): string; createScriptURL(address: string): string },
  ): unknown
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

/** Elements and attributes that run nothing, load nothing and lead nowhere. */
const TAG =
  /<\/?(?:div|section|label|input|button|span)(?:\s+(?:class|id|role|type|title|for|style|tabindex|spellcheck|placeholder|enterkeyhint|autocomplete|autocapitalize|aria-[a-z]+|data-[a-z-]+)="[^"<>]*")*\s*>/gi

/** The markup when it consists of text and such elements. Throws for any other. */
export function plainMarkup(markup: string): string {
  if (!/[<>]/.test(markup.replaceAll(TAG, ''))) return markup
  throw new TypeError('This is no markup of the app.')
}

if (typeof window !== 'undefined' && 'trustedTypes' in window && !import.meta.env?.DEV)
  (window.trustedTypes as TrustedTypes).createPolicy('default', {
    createHTML: plainMarkup,
    createScriptURL: (address) => workerAddress(address, location.href),
  })
