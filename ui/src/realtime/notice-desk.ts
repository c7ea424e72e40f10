import type { Notification } from '@contracts/resources.ts'
import type { LocksLike } from './tabs.ts'
import type { Timers } from './timers.ts'

/** Notifications that ask for attention at once; the others wait in the tray. */
const URGENT: readonly Notification['type'][] = ['message.mention', 'task.assigned']
/** What arrives within this time is shown together; what the reader sees meanwhile is not shown. */
const COLLECT_MS = 500
/** A visible tab without the focus leaves the first try to the one that has it, or shows the thing itself. */
const STEP_BACK_MS = 200
/** For so long a tab keeps the others from showing the same again. */
const HOLD_MS = 10_000
/** More at once are one line: a reader who comes back after a while gets no wall of them. */
export const SHOWN_MAX = 3

export interface NoticeDeskPorts {
  /** Of this org and account in this browser: prefix of the names of locks. */
  scope: string
  tab_id: string
  locks: LocksLike | undefined
  timers: Timers
  attention(): 'focused' | 'visible' | 'hidden'
  /** Read meanwhile, here or elsewhere. */
  isRead(notification: Notification): boolean
  isOnScreen(notification: Notification): boolean
  /** Records that this browser showed it; false if it did so before. */
  record(id: string): boolean
  toast(notifications: readonly Notification[]): void
  /** A notification of the browser. */
  popUp(notification: Notification): void
  failed(stage: string, error: unknown): void
}

/**
 * Decides which tab of a browser shows a new notification: one that is visible, in its page; if none is, any of them by a
 * notification of the browser. Every tab gets the stream, so tabs claim a notification by a lock before they show it.
 */
export class NoticeDesk {
  readonly #ports: NoticeDeskPorts
  #collected: Notification[] = []
  #cancel = () => {}
  #hide = () => {}

  constructor(ports: NoticeDeskPorts) {
    this.#ports = ports
  }

  arrived(notification: Notification): void {
    if (notification.read_at !== null || !URGENT.includes(notification.type)) return
    if (this.#ports.attention() === 'hidden') {
      // At once: timers of hidden tabs may run a minute late.
      this.#whileHidden(notification).catch((error) => this.#ports.failed('show a notification', error))
      return
    }
    this.#collected.push(notification)
    if (this.#collected.length > 1) return
    this.#cancel = this.#ports.timers.after(COLLECT_MS, () => {
      const collected = this.#collected
      this.#collected = []
      this.#show(collected).catch((error) => this.#ports.failed('show notifications', error))
    })
  }

  /** Tells the other tabs whether a reader sees this one. */
  setVisible(visible: boolean): void {
    this.#hide()
    this.#hide = () => {}
    const { locks, scope, tab_id } = this.#ports
    if (!visible || !locks) return
    const gone = new Promise<void>((resolve) => {
      this.#hide = resolve
    })
    locks
      .request(visibleLock(scope, tab_id), { ifAvailable: true }, (lock) => (lock ? gone : undefined))
      .catch(
        () => undefined, // Forbidden, e.g. in a sandboxed frame: this tab counts as hidden.
      )
  }

  stop(): void {
    this.#cancel()
    this.#collected = []
    this.setVisible(false)
  }

  async #whileHidden(notification: Notification): Promise<void> {
    const { locks, scope } = this.#ports
    const { held = [] } = (await locks?.query()) ?? {}
    if (held.some(({ name }) => name?.startsWith(visibleLock(scope, '')))) return
    if (this.#ports.isRead(notification)) return
    if (await this.#claim(notification.id)) this.#ports.popUp(notification)
  }

  async #show(collected: readonly Notification[]): Promise<void> {
    const { attention, isOnScreen, isRead, timers } = this.#ports
    if (attention() === 'visible' && !collected.every(isOnScreen))
      await new Promise<void>((resolve) => timers.after(STEP_BACK_MS, resolve))
    const shown: Notification[] = []
    for (const one of collected) {
      if (isRead(one)) continue
      // A tab that shows the thing itself claims it too, so that no other tab speaks of it.
      const claimed = await this.#claim(one.id)
      if (claimed && !isOnScreen(one)) shown.push(one)
    }
    if (shown.length > 0) this.#ports.toast(shown)
  }

  /** True in one tab. The lock decides between tabs at the same moment, the record against one that comes late. */
  async #claim(id: string): Promise<boolean> {
    const { locks, scope, timers, record } = this.#ports
    if (!locks) return record(id)
    return await new Promise<boolean>((resolve, reject) => {
      locks
        .request(`${scope}:shown:${id}`, { ifAvailable: true }, (lock) => {
          resolve(lock !== null && record(id))
          return lock && new Promise<void>((free) => timers.after(HOLD_MS, free))
        })
        .catch(reject)
    })
  }
}

const visibleLock = (scope: string, tab_id: string) => `${scope}:visible:${tab_id}`
