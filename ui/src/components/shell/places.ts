import { t } from '../../i18n/index.ts'
import { paths } from '../../paths.ts'

/** A view of an org that the navigation leads to. */
export interface Place {
  name: string
  /** Glyph of the sprite. */
  icon: string
  /** `g` and then this key lead there. */
  letter?: string
  path: (slug: string) => string
}

export const CHANNELS: Place = {
  name: t('shell.places.channels'),
  icon: 'message',
  letter: 'c',
  path: paths.channels,
}
export const PROJECTS: Place = {
  name: t('shell.places.projects'),
  icon: 'projects',
  letter: 'p',
  path: paths.projects,
}
export const TASKS: Place = { name: t('shell.places.tasks'), icon: 'tasks', letter: 't', path: paths.tasks }
export const AGENTS: Place = {
  name: t('shell.places.agents'),
  icon: 'agent',
  letter: 'a',
  path: paths.agents,
}
export const EVENTS: Place = {
  name: t('shell.places.events'),
  icon: 'events',
  letter: 'e',
  path: paths.events,
}
export const MEMBERS: Place = {
  name: t('shell.places.members'),
  icon: 'user',
  path: (slug) => paths.members(slug),
}
export const SETTINGS: Place = {
  name: t('shell.places.settings'),
  icon: 'settings',
  letter: 's',
  path: (slug) => paths.settings(slug),
}

/** All places, in the order of the sidebar. */
export const PLACES: readonly Place[] = [PROJECTS, TASKS, AGENTS, EVENTS, MEMBERS, SETTINGS]

/** Those in the bar at the bottom of a phone; the others are behind "More". */
export const BAR: readonly Place[] = [CHANNELS, TASKS, PROJECTS, AGENTS]

/** The places that a sequence of keys leads to. */
export const LETTERED = [CHANNELS, ...PLACES].flatMap(({ letter, ...place }) =>
  letter === undefined ? [] : [{ ...place, letter }],
)

/** The place of a path: of two that it is below the nearer one. */
export function placeAt(path: string, slug: string): Place | undefined {
  const rootOf = (place: Place) => place.path(slug)
  return [CHANNELS, ...PLACES]
    .filter((place) => path === rootOf(place) || path.startsWith(`${rootOf(place)}/`))
    .sort((a, b) => rootOf(b).length - rootOf(a).length)[0]
}
