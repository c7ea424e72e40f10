import type { Notification } from '../../contracts/resources.ts'

/** Addresses of the app's pages in mails; the same as those of the app's own builder. */
const page = (public_url: string, slug: string, path: string) =>
  `${public_url}/o/${encodeURIComponent(slug)}/${path}`

/** The exact place of a notification. */
export function placeOf(
  public_url: string,
  slug: string,
  { type, id, channel_id, seq }: Notification['resource'],
): string {
  switch (type) {
    case 'message':
      return page(public_url, slug, `channels/${channel_id}${seq === null ? '' : `?seq=${seq}`}`)
    case 'task':
      return page(public_url, slug, `tasks/${id}`)
    case 'project':
      return page(public_url, slug, `projects/${id}`)
    case 'sub_agent':
    case 'user':
      return page(public_url, slug, 'agents')
    case 'export':
      return page(public_url, slug, 'settings/export')
  }
}

/** Where a member sets which mails it gets. */
export const preferencesPage = (public_url: string, slug: string) =>
  page(public_url, slug, 'settings/notifications')

export const invitePage = (public_url: string, token: string) => `${public_url}/invite/${token}`

/** Serves the page to a browser and takes the one-click POST of RFC 8058. */
export const unsubscribePage = (public_url: string, token: string) =>
  `${public_url}/unsubscribe?token=${token}`

/** Sets a new password with a one-time link. */
export const signInLinkPage = (public_url: string, token: string) => `${public_url}/sign-in-link/${token}`

/** Confirms a new address. */
export const emailLinkPage = (public_url: string, token: string) => `${public_url}/confirm-email/${token}`
