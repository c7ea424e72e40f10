import { newId } from '@contracts/ids.ts'

/** What this needs of the Web Locks API. */
export interface LocksLike {
  request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    run: (lock: object | null) => Promise<unknown> | unknown,
  ): Promise<unknown>
  query(): Promise<{ held?: { name?: string }[] | undefined }>
}

const PREFIX = 'mc-tab:'
const STORED = 'mc.tab_id'
/** Held until the page is gone. */
const forever = () => new Promise<never>(() => {})

/**
 * This tab's id: the same after a reload, another in a duplicated tab. The tab holds a lock of that name while it
 * lives, which is how others learn that it does.
 */
export async function takeTabId(storage: Storage | undefined, locks: LocksLike | undefined): Promise<string> {
  const former = storage?.getItem(STORED) ?? undefined
  if (former !== undefined && (locks === undefined || (await hold(former, locks)))) return former
  const tab_id = newId()
  if (locks) await hold(tab_id, locks)
  storage?.setItem(STORED, tab_id)
  return tab_id
}

/** Ids of the tabs that live; undefined where the browser has no locks to tell by. */
export async function aliveTabs(locks: LocksLike | undefined): Promise<ReadonlySet<string> | undefined> {
  if (!locks) return undefined
  const { held = [] } = await locks.query()
  return new Set(held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])))
}

function hold(tab_id: string, locks: LocksLike): Promise<boolean> {
  return new Promise((resolve) => {
    locks
      .request(PREFIX + tab_id, { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : forever()
      })
      // Refused, e.g. in a sandboxed frame: the tab then simply has no lock.
      .catch(() => resolve(false))
  })
}
