import { afterEach, expect, test } from 'bun:test'
import { CredentialMissing } from '../../src/config/config.ts'
import { type Source, SourceCredentials } from '../../src/config/credentials/source.ts'
import { TestMeans, until } from './stand-ins/means.ts'

/** A place of credentials under the test's control. */
export interface Place {
  /** The source over the place; `env` of the means may be filled here. */
  source(means: TestMeans): Source
  put(values: Record<string, string>): void | Promise<void>
  /** Makes the place give no answer for a while, and ends that. Left out where a place cannot fail this way. */
  away?(): void
  back?(): void
}

/** What every provider with a place of its own promises. */
export function credentialsContract(open: () => Place | Promise<Place>): void {
  const ends: AbortController[] = []
  afterEach(() => {
    for (const end of ends.splice(0)) end.abort()
  })

  async function start(values: Record<string, string>) {
    const place = await open()
    await place.put(values)
    const means = new TestMeans()
    const credentials = new SourceCredentials(place.source(means), means)
    const watched = () => {
      const end = new AbortController()
      ends.push(end)
      const changes = { count: 0, end }
      credentials.watch(() => changes.count++, end.signal)
      return changes
    }
    return { place, means, credentials, watched }
  }

  test('a value is read by its name', async () => {
    const { credentials } = await start({ MC_KEY_ONE: 'first', MC_KEY_TWO: 'second value' })
    expect(await credentials.get('MC_KEY_TWO')).toBe('second value')
    expect(await credentials.get('MC_KEY_ONE')).toBe('first')
  })

  test('a missing name is named with its place, without any value', async () => {
    const { credentials } = await start({ MC_KEY_ONE: 'hidden-value', EMPTY: '' })
    for (const name of ['MC_KEY_TWO', 'EMPTY', 'toString', '__proto__']) {
      const error = await credentials.get(name).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CredentialMissing)
      expect(String(error)).toContain(`no ${name} in `)
      expect(String(error)).not.toContain('hidden-value')
    }
  })

  test('B80 a changed value is there at the next reading, before any polling', async () => {
    const { place, credentials } = await start({ MC_KEY_ONE: 'first' })
    await credentials.get('MC_KEY_ONE')
    await place.put({ MC_KEY_ONE: 'second' })
    expect(await credentials.get('MC_KEY_ONE')).toBe('second')
  })

  test('B80 a change is told once, also one between the reading and the watch', async () => {
    const { place, means, credentials, watched } = await start({ MC_KEY_ONE: 'first' })
    await credentials.get('MC_KEY_ONE')
    await place.put({ MC_KEY_ONE: 'second' })
    const changes = watched()
    await until(() => changes.count === 1)
    await means.poll()
    await place.put({ MC_KEY_ONE: 'third' })
    await means.poll()
    await until(() => changes.count === 2)
    await means.poll()
    await means.poll()
    expect(changes.count).toBe(2)
    expect(await credentials.get('MC_KEY_ONE')).toBe('third')
  })

  test('nothing is told after the end of the watch', async () => {
    const { place, means, credentials, watched } = await start({ MC_KEY_ONE: 'first' })
    await credentials.get('MC_KEY_ONE')
    const ended = watched()
    const other = watched()
    await means.poll()
    ended.end.abort()
    await place.put({ MC_KEY_ONE: 'second' })
    await means.poll()
    await means.poll()
    await until(() => other.count === 1)
    expect(ended.count).toBe(0)
  })

  test('B81 while the place is away the last values hold, the trouble is reported once, and the watch goes on', async () => {
    const { place, means, credentials, watched } = await start({ MC_KEY_ONE: 'first' })
    if (!place.away || !place.back) return
    await credentials.get('MC_KEY_ONE')
    const changes = watched()
    await means.poll()
    place.away()
    await means.poll()
    await means.poll()
    await until(() => means.reports.length === 1)
    expect(await credentials.get('MC_KEY_ONE')).toBe('first')
    place.back()
    await place.put({ MC_KEY_ONE: 'second' })
    await means.poll()
    await until(() => changes.count === 1)
    expect(means.reports).toHaveLength(1)
  })
}
