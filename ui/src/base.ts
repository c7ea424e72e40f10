/** The path below which a proxy shows the app, e.g. `/mc`; empty at the root of a host. The server writes it into the page. */
export const BASE =
  typeof document === 'undefined'
    ? ''
    : (document.querySelector<HTMLMetaElement>('meta[name="mc-base"]')?.content ?? '')

/** A local path as the browser knows it, for links and requests that the router does not make. */
export const below = (path: string): string => BASE + path

/** Address of the server, for programs elsewhere. */
export const serverUrl = (): string => location.origin + BASE
