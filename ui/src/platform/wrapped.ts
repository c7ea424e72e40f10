import type { Router } from 'vue-router'
import type { Platform } from './platform.ts'

/**
 * The wrapped app: its page comes with the app, so its server is elsewhere and has to be chosen, and sessions are tokens in
 * the key store of the system: browsers keep no cookies for a page of another site. A browser has none of this.
 */
export interface Wrapped {
  readonly platform: Platform
  /** Address with the base path, without a slash at the end; undefined before one is chosen. */
  readonly server: string | undefined
  readonly token: string | undefined
  /** Chooses a server. The session at the former one is forgotten. */
  choose(server: string): Promise<void>
  /** Keeps the token of the session; undefined forgets it. Requests have the new one at once. */
  keep(token: string | undefined): Promise<void>
}

let current: { app: Wrapped; attach(router: Router): void } | undefined

/** The wrapped app around the page; undefined in a browser. */
export const wrapped = (): Wrapped | undefined => current?.app

/** Tells the page that it is wrapped. Called once, before the app starts; `attach` joins its router to the system. */
export function wrap(app: Wrapped, attach: (router: Router) => void): void {
  current = { app, attach }
}

export function attachToSystem(router: Router): void {
  current?.attach(router)
}
