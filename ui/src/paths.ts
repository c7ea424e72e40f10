/** Every link of the app is made here, so that a page can move without a search through templates. */

const segment = encodeURIComponent

export const paths = {
  home: () => '/',
  setup: () => '/setup',
  login: (return_to?: string) =>
    return_to === undefined || return_to === '/' ? '/login' : `/login?return_to=${segment(return_to)}`,
  /** Leaves the app: the server sends the browser on to the provider. */
  providerLogin: (provider: string, return_to: string) =>
    `/auth/login?provider=${segment(provider)}&return_to=${segment(return_to)}`,
  orgs: () => '/orgs',
  org: (slug: string) => `/o/${segment(slug)}`,
  channels: (slug: string) => `/o/${segment(slug)}/channels`,
  /** With `seq`, the link to one message. */
  channel: (slug: string, channel_id: string, seq?: number) =>
    `/o/${segment(slug)}/channels/${segment(channel_id)}${seq === undefined ? '' : `?seq=${seq}`}`,
  members: (slug: string) => `/o/${segment(slug)}/settings/members`,
}

/** Absolute form of a local path, for a link that is shared. */
export function absolute(path: string, origin: string): string {
  return new URL(path, origin).href
}

/**
 * The local path to go to after sign-in. Anything that a browser could read as another origin (`//host`, a scheme,
 * a backslash, a control character) becomes the home page.
 */
export function localPath(value: unknown): string {
  if (typeof value !== 'string' || !/^\/(?![/\\])/.test(value)) return '/'
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 0x20 || value[i] === '\\') return '/'
  const base = 'http://local.invalid'
  if (!URL.canParse(value, base)) return '/'
  const url = new URL(value, base)
  return url.origin === base ? url.pathname + url.search + url.hash : '/'
}
