import { wrapped } from './platform/wrapped.ts'

/** The path below which a proxy shows the app, e.g. `/mc`; empty at the root of a host. The server writes it into the page. */
export const BASE =
  typeof document === 'undefined'
    ? ''
    : (document.querySelector<HTMLMetaElement>('meta[name="mc-base"]')?.content ?? '')

/** A local path as the browser knows it, for links and files that the router does not make. */
export const below = (path: string): string => BASE + path

/** A path of the server, for requests. */
export const atServer = (path: string): string => (wrapped()?.server ?? BASE) + path

/** Address of the server, for programs and people elsewhere. */
export const serverUrl = (): string => wrapped()?.server ?? location.origin + BASE

/** Address of the server as people say it. */
export const serverName = (): string => serverUrl().replace(/^https?:\/\//, '')
