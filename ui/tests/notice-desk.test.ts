import { expect, test } from 'bun:test'
import type { Notification } from '@contracts/resources.ts'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { NoticeDesk } from '../src/realtime/notice-desk.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { turn } from './support/rule.ts'
import { notification } from './support/samples.ts'

type Attention = 'focused' | 'visible' | 'hidden'

/** A browser with tabs, each with what it showed. */
class Browser {
  readonly clock = new FakeClock()
  readonly locks = new FakeLocks()
  readonly recorded = new Set<string>()
  readonly read = new Set<string>()
  readonly shown: string[] = []
  readonly #tabs: { desk: NoticeDesk; state: { attention: Attention } }[] = []

  tab(attention: Attention, options: { on_screen?: boolean; locks?: boolean } = {}) {
    const id = `tab${this.#tabs.length}`
    const state = { attention }
    const desk = new NoticeDesk({
      scope: 'mc-notice:org:account',
      tab_id: id,
      locks: options.locks === false ? undefined : this.locks.ofTab(id),
      timers: this.clock,
      attention: () => state.attention,
      isRead: (one) => this.read.has(one.id),
      isOnScreen: () => options.on_screen ?? false,
      record: (one) => {
        if (this.recorded.has(one)) return false
        this.recorded.add(one)
        return true
      },
      toast: (some) => this.shown.push(`${id} toast ${some.length}`),
      popUp: () => this.shown.push(`${id} pop-up`),
      failed: (stage) => this.shown.push(`${id} failed to ${stage}`),
    })
    desk.setVisible(attention !== 'hidden')
    this.#tabs.push({ desk, state })
    return { desk, state }
  }

  async tell(...notifications: Notification[]): Promise<void> {
    await turn()
    for (const one of notifications) for (const { desk } of this.#tabs) desk.arrived(one)
    for (let i = 0; i < 20; i++) {
      await turn()
      await this.clock.advance(100)
    }
  }
}

const mention = (n = 1, rest: Partial<Notification> = {}) =>
  notification(n, { type: 'message.mention', ...rest })

test('one of eight visible tabs shows it: the focused one', async () => {
  const browser = new Browser()
  for (let i = 0; i < 8; i++) browser.tab(i === 5 ? 'focused' : 'visible')
  await browser.tell(mention())
  expect(browser.shown).toEqual(['tab5 toast 1'])
})

test('one of eight hidden tabs shows it by the browser, none while another is visible', async () => {
  const hidden = new Browser()
  for (let i = 0; i < 8; i++) hidden.tab('hidden')
  await hidden.tell(mention())
  expect(hidden.shown).toEqual(['tab0 pop-up'])
  const mixed = new Browser()
  for (let i = 0; i < 7; i++) mixed.tab('hidden')
  const { desk, state } = mixed.tab('visible')
  await mixed.tell(mention(1))
  expect(mixed.shown).toEqual(['tab7 toast 1'])
  state.attention = 'hidden'
  desk.setVisible(false)
  await mixed.tell(mention(2))
  expect(mixed.shown.map((line) => line.slice(5))).toEqual(['toast 1', 'pop-up'])
})

test('what a tab shows itself, or what was read meanwhile, is shown nowhere', async () => {
  const browser = new Browser()
  browser.tab('focused', { on_screen: true })
  browser.tab('visible')
  await browser.tell(mention(1))
  browser.read.add(mention(2).id)
  await browser.tell(mention(2))
  expect(browser.shown).toEqual([])
})

test('only mentions and assignments, and only while they are unread', async () => {
  const browser = new Browser()
  browser.tab('focused')
  const others = [
    'task.transitioned',
    'task.unblocked',
    'project.transitioned',
    'sub_agent.ended',
    'export.ready',
  ]
  await browser.tell(
    ...others.map((type, i) => notification(i, { type: type as Notification['type'] })),
    mention(8, { read_at: '2026-11-19T12:00:00.000Z' }),
  )
  expect(browser.shown).toEqual([])
  await browser.tell(notification(9, { type: 'task.assigned' }))
  expect(browser.shown).toEqual(['tab0 toast 1'])
})

test('many at once are shown together, and the same one later not again', async () => {
  const browser = new Browser()
  browser.tab('focused')
  const many = Array.from({ length: 12 }, (_, i) => mention(i))
  await browser.tell(...many)
  await browser.clock.advance(60_000)
  await browser.tell(...many)
  expect(browser.shown).toEqual(['tab0 toast 12'])
})

test('without locks the record of the browser decides; a tab that is gone shows nothing', async () => {
  const browser = new Browser()
  for (let i = 0; i < 3; i++) browser.tab('focused', { locks: false })
  const { desk } = browser.tab('focused', { locks: false })
  await browser.tell(mention(1))
  expect(browser.shown).toHaveLength(1)
  desk.arrived(mention(2))
  desk.stop()
  await browser.clock.advance(5_000)
  expect(browser.shown).toHaveLength(1)
})
