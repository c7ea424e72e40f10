import assert from 'node:assert/strict'
import type { Directory } from '../../src/actors/runtime/directory.ts'
import { Fenced } from '../../src/domain/ownership.ts'

type Rule = [title: string, holds: (a: Directory, b: Directory) => Promise<void>]

let orgs = 0
const anOrg = () => `00000000-0000-7000-8000-${String(++orgs).padStart(12, '0')}`

/** What holds on a single node as well; its id is `a`. */
export const SINGLE_DIRECTORY_RULES: Rule[] = [
  [
    'R10 an org that a node announced is its own, and the node may release it',
    async (a) => {
      const org_id = anOrg()
      await a.announce(org_id, 1)
      assert.equal(await a.ownerOf(org_id), 'a')
      await a.release(org_id, 1)
      await a.release(org_id, 1)
    },
  ],
]

/** The promises of a `Directory` of several nodes, of which two are called `a` and `b`. */
export const DIRECTORY_RULES: Rule[] = [
  ...SINGLE_DIRECTORY_RULES,
  [
    'R10 an org that nobody announced, or that was released, has no owner; every node sees the same',
    async (a, b) => {
      const org_id = anOrg()
      assert.equal(await a.ownerOf(org_id), undefined)
      await a.announce(org_id, 4)
      assert.deepEqual([await a.ownerOf(org_id), await b.ownerOf(org_id)], ['a', 'a'])
      assert.equal(await b.ownerOf(anOrg()), undefined)
      await a.release(org_id, 4)
      assert.deepEqual([await a.ownerOf(org_id), await b.ownerOf(org_id)], [undefined, undefined])
    },
  ],
  [
    'R11 a later epoch replaces an entry, an earlier one is fenced',
    async (a, b) => {
      const org_id = anOrg()
      await a.announce(org_id, 9)
      await b.announce(org_id, 10)
      assert.equal(await b.ownerOf(org_id), 'b')
      await assert.rejects(a.announce(org_id, 9), Fenced)
      assert.deepEqual([await a.ownerOf(org_id), await b.ownerOf(org_id)], ['b', 'b'])
    },
  ],
  [
    'R12 an entry is deleted by its writer only, and not by a release of an earlier epoch',
    async (a, b) => {
      const org_id = anOrg()
      await a.announce(org_id, 1)
      await b.announce(org_id, 2)
      await a.release(org_id, 1)
      assert.equal(await b.ownerOf(org_id), 'b')
      await b.announce(org_id, 3)
      await b.release(org_id, 2)
      assert.equal(await a.ownerOf(org_id), 'b')
      await b.release(org_id, 3)
      assert.equal(await a.ownerOf(org_id), undefined)
    },
  ],
]
