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

export const CHANNELS: Place = { name: 'Channels', icon: 'message', letter: 'c', path: paths.channels }
export const PROJECTS: Place = { name: 'Projects', icon: 'projects', letter: 'p', path: paths.projects }
export const TASKS: Place = { name: 'Tasks', icon: 'tasks', letter: 't', path: paths.tasks }
export const EVENTS: Place = { name: 'Events', icon: 'events', letter: 'e', path: paths.events }
export const MEMBERS: Place = { name: 'Members', icon: 'user', path: paths.members }

/** All places, in the order of the sidebar. */
export const PLACES: readonly Place[] = [PROJECTS, TASKS, EVENTS, MEMBERS]

/** Those in the bar at the bottom of a phone; the others are behind "More". */
export const BAR: readonly Place[] = [CHANNELS, TASKS, PROJECTS, MEMBERS]

/** The places that a sequence of keys leads to. */
export const LETTERED = [CHANNELS, ...PLACES].flatMap(({ letter, ...place }) =>
  letter === undefined ? [] : [{ ...place, letter }],
)

/** Whether a path is at a place or below it. */
export function isAt(path: string, place: Place, slug: string): boolean {
  const root = place.path(slug)
  return path === root || path.startsWith(`${root}/`)
}
