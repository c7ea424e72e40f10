import { type Criteria, short } from '../lib/criteria.ts'
import { Member } from './member.ts'
import { Server, until } from './programs.ts'
import { RawSocket } from './raw.ts'

const KIB = 1024
/** Enough to fill what the kernel takes (some MiB) and the bound behind it. */
const MESSAGES = short ? 12_000 : 30_000
const CONTENT = 'x'.repeat(1_000)

interface Seen {
  seq: number
}

async function flood(server: Server, messages: number): Promise<void> {
  const writer = new Member(server.socket_url, 'writer', [])
  await writer.connect()
  for (let i = 0; i < messages; i++) {
    writer.send('a', CONTENT)
    if (i % 50 === 49) await until('acknowledged', 20_000, () => writer.unacked < 500)
  }
  await until('all acknowledged', 20_000, () => writer.unacked === 0)
  writer.cut()
}

/** First place at which seqs are not contiguous; 0: nowhere. */
function gapIn(texts: readonly string[]): number {
  let last = 0
  for (const text of texts) {
    const { seq } = JSON.parse(text) as Seen
    if (seq !== last + 1) return seq
    last = seq
  }
  return 0
}

/** A reader that stops reading: what it is given in the end, and what the others notice. */
export async function checkSlow(c: Criteria): Promise<void> {
  const server = await Server.start({ BOUND_BYTES: String(1024 * KIB) })
  try {
    const stalled = await RawSocket.open(server.port, 'stalled', { type: 'hello', after: { a: 0 } }, true)
    const reader = new Member(server.socket_url, 'reader', ['a'])
    await reader.connect()
    stalled.pause()
    await flood(server, MESSAGES)
    await until('the reader has everything', 20_000, () => reader.seen.get('a')?.length === MESSAGES)
    c.check(
      'B1',
      `a reader beside a stalled one: messages of ${MESSAGES} missed`,
      reader.gaps + reader.repeated,
      {
        equals: 0,
      },
    )
    const ended = async () => (await server.stats()).ended.find(({ name }) => name === 'stalled')
    await until('the stalled one is ended', 10_000, async () => (await ended()) !== undefined)
    const { rss } = await server.stats()
    c.note('B2', 'memory of the server after that', Math.round(rss / KIB / KIB), 'MiB')
    stalled.resume()
    await until('the stalled one sees its end', 10_000, () => stalled.ended)
    const { texts, close_code } = stalled.frames()
    c.check('B3', `the stalled one got ${texts.length} messages: the first gap in them`, gapIn(texts), {
      equals: 0,
    })
    c.check('B4', 'and was ended before the last', texts.length < MESSAGES, { equals: true })
    c.note('B5', 'close code that reached it', close_code ?? 'none: it was cut')
    const { ns } = await server.get<{ ns: number }>('/look')
    c.note('B6', 'asking a socket what waits for it', ns, 'ns')
    reader.cut()
  } finally {
    await server.stop()
  }
  await showSilentDrop(c)
}

/** Without a bound of our own the runtime drops frames for a stalled subscriber and says nothing. */
async function showSilentDrop(c: Criteria): Promise<void> {
  const server = await Server.start({ BOUND_BYTES: String(1024 * 1024 * KIB), LIMIT_BYTES: String(64 * KIB) })
  try {
    const stalled = await RawSocket.open(server.port, 'stalled', { type: 'hello', after: { a: 0 } }, true)
    stalled.pause()
    await flood(server, MESSAGES)
    stalled.resume()
    let before = -1
    while (stalled.bytes !== before) {
      before = stalled.bytes
      await Bun.sleep(500)
    }
    await server.post('a', 'the last word')
    await Bun.sleep(500)
    const { texts } = stalled.frames()
    c.check(
      'B7',
      'the mistake: a limit of the runtime alone leaves a gap on an open socket',
      gapIn(texts) > 0 && !stalled.ended,
      {
        equals: true,
      },
    )
    stalled.close()
  } finally {
    await server.stop()
  }
}
