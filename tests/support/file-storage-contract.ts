import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash, randomBytes } from 'node:crypto'
import type { FileStorage, StoredFile } from '../../src/files/storage.ts'

interface Place {
  storage: FileStorage
  /** Everything that is stored, parts of unfinished files included. */
  stored(): Promise<string[]>
  close(): Promise<void>
}

async function* pieces(bytes: Uint8Array, size = 300_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Rules of every storage of files; held by the folder and by a bucket. */
export function fileStorageContract(name: string, open: () => Promise<Place>): void {
  describe(`${name} keeps the contract of a storage`, () => {
    let place: Place
    beforeAll(async () => {
      place = await open()
    })
    afterAll(() => place.close())

    const content = async (found: StoredFile | undefined) =>
      found && new Uint8Array(await new Response(found.body).arrayBuffer())

    test('a file is read as it was written, whatever its size', async () => {
      for (const size of [0, 1, 300_000, 7_000_000, 12_000_001]) {
        const bytes = randomBytes(size)
        await place.storage.write(`a/${size}.bin`, pieces(bytes))
        const found = await place.storage.read(`a/${size}.bin`)
        expect(found?.size_bytes).toBe(size)
        expect(sum((await content(found))!), String(size)).toBe(sum(bytes))
      }
    })

    test('a file is replaced whole', async () => {
      await place.storage.write('a/again.bin', pieces(randomBytes(500_000)))
      await place.storage.write('a/again.bin', pieces(Buffer.from('new')))
      expect(String(Buffer.from((await content(await place.storage.read('a/again.bin')))!))).toBe('new')
    })

    test('a source that fails, at once or after megabytes, leaves nothing', async () => {
      const before = await place.stored()
      for (const size of [0, 100, 11_000_000]) {
        async function* broken() {
          yield* pieces(randomBytes(size))
          throw new Error('the source broke')
        }
        await expect(place.storage.write('a/broken.bin', broken())).rejects.toThrow('the source broke')
        expect(await place.storage.read('a/broken.bin')).toBeUndefined()
      }
      expect(await place.stored()).toEqual(before)
    })

    test('a write that is called off leaves nothing, and ends its source', async () => {
      const before = await place.stored()
      const off = new AbortController()
      let ended = false
      async function* endless() {
        try {
          for (let i = 0; ; i++) {
            if (i === 40) off.abort(new Error('called off'))
            yield randomBytes(300_000)
          }
        } finally {
          ended = true
        }
      }
      await expect(place.storage.write('a/off.bin', endless(), off.signal)).rejects.toThrow('called off')
      expect(ended).toBe(true)
      expect(await place.stored()).toEqual(before)
    })

    test('nothing is found under an unknown key', async () => {
      expect(await place.storage.read('a/unknown.bin')).toBeUndefined()
      expect(await place.storage.read('a')).toBeUndefined()
      expect(await place.storage.read('a/1.bin/b')).toBeUndefined()
    })

    test('a removed file is gone, and removing may be repeated', async () => {
      await place.storage.write('b/gone.bin', pieces(randomBytes(6_000_000)))
      await place.storage.remove('b/gone.bin')
      await place.storage.remove('b/gone.bin')
      await place.storage.remove('c/never.bin')
      expect(await place.storage.read('b/gone.bin')).toBeUndefined()
      expect((await place.stored()).filter((name) => name.includes('gone'))).toEqual([])
    })

    test('what lies below a folder goes as a whole, and nothing else', async () => {
      const keys = ['d/e/one.bin', 'd/e/two.bin', 'd/e/f/three.bin', 'd/eg.bin', 'd/e.bin']
      for (const key of keys) await place.storage.write(key, pieces(Buffer.from(key)))
      await place.storage.removeBelow('d/e')
      await place.storage.removeBelow('d/never')
      const left = await Promise.all(keys.map(async (key) => (await place.storage.read(key)) !== undefined))
      expect(left).toEqual([false, false, false, true, true])
    })

    test('a reader may stop early', async () => {
      await place.storage.write('a/long.bin', pieces(randomBytes(9_000_000)))
      const reader = new Response((await place.storage.read('a/long.bin'))!.body).body!.getReader()
      expect((await reader.read()).value?.length).toBeGreaterThan(0)
      await reader.cancel()
      expect((await place.storage.read('a/long.bin'))?.size_bytes).toBe(9_000_000)
    })

    test('a key that leads elsewhere is refused', async () => {
      for (const key of ['../a', '/a', 'a/../b', 'a//b', '', 'a/', 'A', 'a b', 'a?b', '.hidden', 'a\0b']) {
        await expect(place.storage.write(key, pieces(Buffer.from('x')))).rejects.toThrow('Not a key')
        await expect(place.storage.read(key)).rejects.toThrow('Not a key')
        await expect(place.storage.remove(key)).rejects.toThrow('Not a key')
        await expect(place.storage.removeBelow(key)).rejects.toThrow('Not a key')
      }
    })
  })
}
