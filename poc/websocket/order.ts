import { type Criteria, short } from '../lib/criteria.ts'
import { Member } from './member.ts'
import { Server, until } from './programs.ts'

const CHANNELS = ['a', 'b', 'c']
const MEMBERS = 50
const SENDERS = 10
const EACH = short ? 30 : 200

/** 50 members on three channels each, 10 of them writing, a third of all cut again and again. */
export async function checkOrder(c: Criteria): Promise<void> {
  const server = await Server.start()
  try {
    const members = Array.from(
      { length: MEMBERS },
      (_, i) => new Member(server.socket_url, `m${i}`, CHANNELS),
    )
    await Promise.all(members.map((member) => member.connect()))

    const [first] = members
    const seq = await server.post('a', 'by REST')
    const reached_ms = await until('a REST post reaches the sockets', 5_000, () =>
      members.every((member) => member.seen.get('a')?.length === seq),
    )
    c.check('O1', `a REST post reaches ${MEMBERS} sockets after`, reached_ms, { max: 1_000, unit: 'ms' })

    let running = true
    const cutting = (async () => {
      while (running) {
        for (const member of members.slice(0, MEMBERS / 3)) {
          member.cut()
          await Bun.sleep(5)
          await member.connect()
        }
      }
    })()
    await Promise.all(
      members.slice(0, SENDERS).map(async (member) => {
        for (let i = 0; i < EACH; i++) {
          member.send(CHANNELS[i % CHANNELS.length]!, `${member.name} ${i}`)
          await Bun.sleep(i % 3)
        }
      }),
    )
    running = false
    await cutting
    const total = 1 + SENDERS * EACH
    const got = (member: Member) => [...member.seen.values()].reduce((sum, log) => sum + log.length, 0)
    await until('everybody has everything', 20_000, () =>
      members.every((member) => member.unacked === 0 && got(member) >= total),
    )
    const written = (member: Member) => JSON.stringify([...member.seen.values()])
    c.check(
      'O2',
      `members whose ${total} messages are in another order or not contiguous`,
      members.filter((member) => written(member) !== written(first!)).length,
      {
        equals: 0,
      },
    )
    c.check(
      'O3',
      'repeated frames over all reconnects',
      members.reduce((sum, member) => sum + member.repeated, 0),
      {
        equals: 0,
      },
    )
    c.check(
      'O4',
      'gaps over all reconnects',
      members.reduce((sum, member) => sum + member.gaps, 0),
      { equals: 0 },
    )
    const contents = [...first!.seen.values()].flat().map(({ content }) => content)
    c.check(
      'O5',
      'messages that are there twice, though they were sent again',
      contents.length - new Set(contents).size,
      {
        equals: 0,
      },
    )
    for (const member of members) member.cut()
  } finally {
    await server.stop()
  }
}
