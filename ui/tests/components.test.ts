import './support/dom.ts'
import { afterEach, describe, expect, setSystemTime, test } from 'bun:test'
import type { User } from '../../src/contracts/resources.ts'
import { AGENT, channel, ME, message, user } from './support/samples.ts'

// Compiled by the plugin of the import above, so they come after it.
const { enableAutoUnmount, flushPromises, mount } = await import('@vue/test-utils')
const { createPinia } = await import('pinia')
const { Quasar } = await import('quasar')
const { computed } = await import('vue')
const { default: MarkdownView } = await import('../src/components/markdown/MarkdownView.vue')
const { default: MessageComposer } = await import('../src/components/chat/MessageComposer.vue')
const { default: PendingRow } = await import('../src/components/chat/PendingRow.vue')
const { default: DeliveryList } = await import('../src/components/chat/DeliveryList.vue')
const { default: MembersTable } = await import('../src/components/members/MembersTable.vue')
const { default: TextField } = await import('../src/components/base/TextField.vue')
const { default: Avatar } = await import('../src/components/base/Avatar.vue')

enableAutoUnmount(afterEach)

const members: User[] = [
  user({ id: ME, username: 'ines', display_name: 'Ines Carvalho' }),
  user({ id: AGENT, type: 'agent', username: 'forge', display_name: 'forge' }),
]
const byUsername = new Map(members.map((one) => [one.username, one]))
const people = {
  members: computed(() => members),
  byId: computed(() => new Map(members.map((one) => [one.id, one]))),
  find: () => undefined,
  byUsername: computed(() => byUsername),
  mentionClass: (counts: (one: User) => boolean) => (name: string) => {
    const found = byUsername.get(name)
    return found && counts(found)
      ? found.type === 'agent'
        ? ('m-agent' as const)
        : ('m-human' as const)
      : undefined
  },
}
const global = { plugins: [createPinia(), Quasar] }

describe('MarkdownView', () => {
  const show = (source: string) =>
    mount(MarkdownView, { props: { source, mentionClass: people.mentionClass(() => true) } })

  test('shows markup of an author as text', () => {
    const hostile =
      '<img src=x onerror=alert(1)><script>alert(1)</script> [x](javascript:alert(1)) ![p](https://spy.example/p.png)'
    const view = show(hostile)
    expect(view.findAll('img, script, iframe, svg, style')).toHaveLength(0)
    expect(view.text()).toContain('<img src=x onerror=alert(1)><script>alert(1)</script>')
    expect(view.findAll('a').map((link) => link.attributes('href'))).toEqual(['https://spy.example/p.png'])
  })

  test('opens links elsewhere, without telling where from', () => {
    const link = show('see https://a.example').get('a')
    expect(link.attributes()).toMatchObject({
      target: '_blank',
      rel: 'noopener noreferrer nofollow',
      href: 'https://a.example/',
    })
  })

  test('marks mentions of members only, and not inside code', () => {
    const view = show('@forge and @nobody `@forge`')
    expect(view.findAll('.mention').map((mention) => mention.text())).toEqual(['@forge'])
  })

  test('puts the marks of a list where its words begin', () => {
    const lists = show('- אחת\n- שתיים\n\n1. one').findAll('ul, ol')
    expect(lists.map((list) => list.attributes('dir'))).toEqual(['auto', 'auto'])
  })

  test('folds long code and unfolds it', async () => {
    const view = show(`\`\`\`sh\n${Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n')}\n\`\`\``)
    expect(view.text()).not.toContain('line 29')
    await view.get('button[aria-expanded="false"]').trigger('click')
    expect(view.text()).toContain('line 29')
  })
})

describe('MessageComposer', () => {
  function compose() {
    localStorage.clear()
    const wrapper = mount(MessageComposer, {
      props: {
        channel: channel(),
        people,
        account_id: ME,
        standing: ({ id }: { id: string | null }) => (id === AGENT ? ('on' as const) : ('off' as const)),
        sourceOf: (id: string) => (id === message(1).id ? message(1) : undefined),
      },
      global,
      attachTo: document.body,
    })
    const area = wrapper.get('textarea')
    const type = async (text: string) => {
      await area.setValue(text)
      area.element.setSelectionRange(text.length, text.length)
      await area.trigger('keyup')
    }
    return { wrapper, area, type }
  }

  test('Enter sends and empties the field, Shift Enter does not', async () => {
    const { wrapper, area, type } = compose()
    await type('\n  hello  \n')
    await area.trigger('keydown', { key: 'Enter', shiftKey: true })
    expect(wrapper.emitted('send')).toBeUndefined()
    await area.trigger('keydown', { key: 'Enter' })
    expect(wrapper.emitted('send')).toEqual([[{ content: '  hello  ', reply_to: null }]])
    expect(area.element.value).toBe('')
  })

  test('Enter of an input method sends nothing', async () => {
    const { wrapper, area, type } = compose()
    await type('にほん')
    await area.trigger('keydown', { key: 'Enter', isComposing: true })
    // Safari ends a composition by an Enter that is told as this code, and as no part of it.
    await area.trigger('keydown', { key: 'Enter', keyCode: 229 })
    expect(wrapper.emitted('send')).toBeUndefined()
  })

  test('an empty message and one over the limit are not sent', async () => {
    const { wrapper, area, type } = compose()
    for (const text of ['   ', '😀'.repeat(10_001)]) {
      await type(text)
      await area.trigger('keydown', { key: 'Enter' })
    }
    expect(wrapper.emitted('send')).toBeUndefined()
    expect(wrapper.text()).toContain('1 character over the limit')
  })

  test('a message that is taken back to be changed stands before what is being written', async () => {
    const { wrapper, area, type } = compose()
    await type('another thought')
    wrapper.vm.edit('too long by far', null)
    await flushPromises()
    expect(area.element.value).toBe('too long by far\nanother thought')
  })

  test('an @ offers who can read; Tab inserts the chosen one', async () => {
    const { wrapper, area, type } = compose()
    await type('hi @fo')
    expect(wrapper.findAll('[role="option"]')).toHaveLength(1)
    expect(wrapper.find('[role="option"] .dot-on').exists()).toBe(true)
    expect(area.attributes('aria-activedescendant')).toBe(
      wrapper.get('[role="option"]').attributes('id') ?? '',
    )
    await area.trigger('keydown', { key: 'Tab' })
    await flushPromises()
    expect(area.element.value).toBe('hi @forge ')
    expect(wrapper.find('[role="option"]').exists()).toBe(false)
  })

  test('Escape closes the list and leaves the text', async () => {
    const { wrapper, area, type } = compose()
    await type('@')
    expect(wrapper.findAll('[role="option"]')).toHaveLength(2)
    await area.trigger('keydown', { key: 'Escape' })
    expect(wrapper.find('[role="option"]').exists()).toBe(false)
    expect(area.element.value).toBe('@')
  })

  test('a whole command is sent by Enter although it is still offered', async () => {
    const { wrapper, area, type } = compose()
    await type('/help')
    expect(wrapper.find('[role="option"]').exists()).toBe(true)
    await area.trigger('keydown', { key: 'Enter' })
    expect(wrapper.emitted('send')).toEqual([[{ content: '/help', reply_to: null }]])
  })

  test('a draft and its reply are there again after a reload', async () => {
    const first = compose()
    await first.type('not finished')
    first.wrapper.vm.reply(message(1).id)
    await flushPromises()
    const kept = { ...localStorage }
    first.wrapper.unmount()
    localStorage.clear()
    for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, value)
    const wrapper = mount(MessageComposer, {
      props: {
        channel: channel(),
        people,
        account_id: ME,
        standing: () => undefined,
        sourceOf: () => message(1),
      },
      global,
    })
    expect(wrapper.get('textarea').element.value).toBe('not finished')
    expect(wrapper.get('.replying').text()).toContain('Mei Lindqvist')
  })
})

describe('an own message that is not stored yet', () => {
  const AT = Date.parse('2026-11-19T12:00:00.000Z')
  afterEach(() => {
    setSystemTime()
  })

  /** Its row, so many milliseconds after it was written. */
  function row(after_ms: number, options: { live: boolean; waiting?: number }) {
    setSystemTime(new Date(AT + after_ms))
    const entry = {
      org_id: 'o',
      user_id: ME,
      tab_id: 't',
      client_id: 'c',
      channel_id: channel().id,
      content: 'hello',
      reply_to: null,
      created_at: new Date(AT).toISOString(),
      order: AT,
      failed: null,
      state: 'sending' as const,
    }
    const me = { id: ME, type: 'human' as const, display_name: 'Ines Carvalho' }
    const { live, waiting = 1 } = options
    return mount(PendingRow, { props: { entry, place: 1, waiting, joined: false, live, me, people }, global })
  }

  test('says nothing while that is quicker than reading', () => {
    expect(row(500, { live: true }).text()).not.toContain('Sending')
  })

  test('says after a while that it is on its way, and at once that it waits for the connection', () => {
    expect(row(3_000, { live: true, waiting: 2 }).text()).toContain('Sending, 1 of 2')
    expect(row(0, { live: false }).text()).toContain('Waiting for the connection')
  })
})

test('a delivery says its state in words beside the meter', () => {
  const deliveries = [
    {
      agent_id: AGENT,
      state: 'failed' as const,
      detail: 'gateway unreachable',
      updated_at: '2026-11-19T12:00:00.000Z',
    },
    { agent_id: 'unknown', state: 'queued' as const, detail: null, updated_at: '2026-11-19T12:00:00.000Z' },
  ]
  const list = mount(DeliveryList, { props: { seq: 1, deliveries, people } })
  expect(list.findAll('li').map((row) => row.get('.told').text())).toEqual(['gateway unreachable', 'queued'])
  expect(list.findAll('li')[1]?.get('b').text()).toBe('a former agent')
  expect(list.findAll('li')[0]?.findAll('.trail .on')).toHaveLength(1)
})

describe('MembersTable', () => {
  const show = (admin: boolean) =>
    mount(MembersTable, {
      props: {
        rows: members,
        me_id: ME,
        standing: ({ id }: { id: string | null }) => (id === ME ? ('on' as const) : ('off' as const)),
        admin,
        filtered: false,
        sort: 'name' as const,
        descending: false,
      },
      global,
    })

  test('offers no action to a contributor', () => {
    expect(show(false).findAll('tbody button')).toHaveLength(0)
    expect(show(true).findAll('tbody button')).toHaveLength(members.length)
  })

  test('marks who is connected, and nobody else', () => {
    const marked = show(false)
      .findAll('tbody tr')
      .map((row) => row.find('.dot-on').exists())
    expect(marked).toEqual([true, false])
  })

  test('says how it is sorted, and turns around', async () => {
    const table = show(true)
    const [name] = table.findAll('th')
    expect(name?.attributes('aria-sort')).toBe('ascending')
    await name?.get('button').trigger('click')
    expect(table.emitted('update:descending')).toEqual([[true]])
  })
})

test('a field tells its error to whoever cannot see it', () => {
  const field = mount(TextField, { props: { modelValue: '', label: 'E-mail', error: 'Type an address.' } })
  const input = field.get('input')
  expect(input.attributes('aria-invalid')).toBe('true')
  const note = input.attributes('aria-describedby') ?? ''
  expect(field.find(`[id="${note}"]`).text()).toContain('Type an address.')
})

test('a face is named unless its name stands beside it', () => {
  const face = { id: AGENT, type: 'agent' as const, display_name: 'forge' }
  expect(mount(Avatar, { props: { face } }).attributes()).toMatchObject({
    role: 'img',
    'aria-label': 'forge, agent',
  })
  expect(mount(Avatar, { props: { face, silent: true } }).attributes('aria-hidden')).toBe('true')
  expect(mount(Avatar, { props: { face } }).classes()).toContain('av-agent')
})
