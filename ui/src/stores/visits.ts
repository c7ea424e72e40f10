import { readLocal, writeLocal } from './local.ts'

/** Where the user was, per org, on this device. Ids only: names belong to the session. */

export interface Visit {
  kind: 'channel' | 'project' | 'task'
  id: string
}

const VISITS_MAX = 12
const viewKey = (slug: string) => `mc.last_view.${slug}`
const visitsKey = (slug: string) => `mc.visits.${slug}`

/** Path of the last view of an org; undefined at the first visit. */
export function lastView(slug: string): string | undefined {
  return readLocal(viewKey(slug))
}

export function rememberView(slug: string, path: string): void {
  writeLocal(viewKey(slug), path)
}

/** Things that were opened, the last one first. */
export function visits(slug: string): Visit[] {
  try {
    const stored: unknown = JSON.parse(readLocal(visitsKey(slug)) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isVisit) : []
  } catch {
    // Not written by this app.
    return []
  }
}

export function rememberVisit(slug: string, visit: Visit): void {
  const others = visits(slug).filter(({ kind, id }) => kind !== visit.kind || id !== visit.id)
  writeLocal(visitsKey(slug), JSON.stringify([visit, ...others].slice(0, VISITS_MAX)))
}

function isVisit(value: unknown): value is Visit {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('id' in value)) return false
  return typeof value.id === 'string' && ['channel', 'project', 'task'].includes(String(value.kind))
}
