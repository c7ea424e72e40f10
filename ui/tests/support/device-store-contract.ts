import assert from 'node:assert/strict'
import type { DeviceStore, KeptEntry } from '../../src/device/device-store.ts'
import type { Rule } from './rule.ts'
import { ME, OTHER } from './samples.ts'

export interface DeviceStoreUnderTest {
  store: DeviceStore
}

export const keptEntry = (key: string, rest: Partial<KeptEntry> = {}): KeptEntry => ({
  user_id: ME,
  key,
  data: { text: key },
  kept_at: 1_000,
  ...rest,
})

const keysOf = async (store: DeviceStore, user_id = ME) =>
  (await store.list(user_id)).map(({ key }) => key).sort()

/** Users before and after the own id in every order of texts. */
const NEIGHBOURS = ['', 'a', `${ME}0`, ME.slice(0, -1), OTHER, '\uffff']

export const DEVICE_STORE_RULES: Rule<DeviceStoreUnderTest>[] = [
  [
    'an entry is replaced under the same user and key',
    async (make) => {
      const { store } = await make()
      await store.put([keptEntry('a'), keptEntry('b')])
      await store.put([keptEntry('a', { data: [1], kept_at: 2_000 })])
      assert.deepEqual(await keysOf(store), ['a', 'b'])
      const [first] = (await store.list(ME)).filter(({ key }) => key === 'a')
      assert.deepEqual(first, keptEntry('a', { data: [1], kept_at: 2_000 }))
    },
  ],
  [
    'entries belong to one user',
    async (make) => {
      const { store } = await make()
      await store.put([keptEntry('a'), keptEntry('a', { user_id: OTHER, data: 'theirs' })])
      assert.deepEqual(await store.list(ME), [keptEntry('a')])
      assert.deepEqual(await store.list('nobody'), [])
    },
  ],
  [
    'entries can be removed, a second time without effect',
    async (make) => {
      const { store } = await make()
      await store.put([keptEntry('a'), keptEntry('b'), keptEntry('a', { user_id: OTHER })])
      await store.remove(ME, ['a', 'missing'])
      await store.remove(ME, ['a'])
      assert.deepEqual(await keysOf(store), ['b'])
      assert.deepEqual(await keysOf(store, OTHER), ['a'])
    },
  ],
  [
    'clear removes all entries of a user, and no others',
    async (make) => {
      const { store } = await make()
      for (const user_id of [ME, ...NEIGHBOURS]) await store.put([keptEntry('a', { user_id })])
      await store.clear(ME)
      assert.deepEqual(await keysOf(store), [])
      for (const user_id of NEIGHBOURS)
        assert.deepEqual([user_id, await keysOf(store, user_id)], [user_id, ['a']])
    },
  ],
  [
    'keepOnly removes the entries of everybody else',
    async (make) => {
      const { store } = await make()
      for (const user_id of [ME, ...NEIGHBOURS])
        await store.put([keptEntry('', { user_id }), keptEntry('["a"]', { user_id })])
      await store.keepOnly(ME)
      assert.deepEqual(await keysOf(store), ['', '["a"]'])
      for (const user_id of NEIGHBOURS)
        assert.deepEqual([user_id, await keysOf(store, user_id)], [user_id, []])
    },
  ],
  [
    'what is stored is a copy of the entry at the time of the call, and so is what is listed',
    async (make) => {
      const { store } = await make()
      const data = { text: 'first' }
      const stored = store.put([keptEntry('a', { data })])
      data.text = 'changed after put'
      await stored
      const [listed] = await store.list(ME)
      assert.ok(listed)
      listed.key = 'changed after list'
      assert.deepEqual(await store.list(ME), [keptEntry('a', { data: { text: 'first' } })])
    },
  ],
  [
    'calls that are not awaited take effect in their order',
    async (make) => {
      const { store } = await make()
      await Promise.all([
        store.put([keptEntry('a'), keptEntry('b')]),
        store.remove(ME, ['a']),
        store.clear(ME),
        store.put([keptEntry('c'), keptEntry('d', { user_id: OTHER })]),
        store.keepOnly(ME),
      ])
      assert.deepEqual([await keysOf(store), await keysOf(store, OTHER)], [['c'], []])
    },
  ],
  [
    'entries of which one cannot be stored reject together and leave the others alone',
    async (make) => {
      const { store } = await make()
      await store.put([keptEntry('a')])
      const broken = [keptEntry('b'), keptEntry('c', { data: () => {} })]
      await assert.rejects(store.put(broken), { name: 'DataCloneError' })
      assert.deepEqual(await keysOf(store), ['a'])
    },
  ],
]
