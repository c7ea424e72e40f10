import { newId } from '@contracts/ids.ts'

/** The part of the Web Locks API that is used. */
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
/** Holds a lock until the page is closed. */
const forever = () => new Promise<never>(() => {})

/**
 * The id of this tab: stable across reloads, new in a duplicated tab. The tab holds a lock of this name while it is open, so
 * that other tabs can list the open ones.
 */
export async function takeTabId(storage: Storage | undefined, locks: LocksLike | undefined): Promise<string> {
  const former = storage?.getItem(STORED) ?? undefined
  if (former !== undefined && (locks === undefined || (await hold(former, locks)))) return former
  const tab_id = newId()
  if (locks) await hold(tab_id, locks)
  storage?.setItem(STORED, tab_id)
  return tab_id
}

/** Ids of the open tabs; undefined without Web Locks. */
export async function openTabs(locks: LocksLike | undefined): Promise<ReadonlySet<string> | undefined> {
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
      // Forbidden, e.g. in a sandboxed frame: the tab works without a lock.
      .catch(() => resolve(false))
  })
}
