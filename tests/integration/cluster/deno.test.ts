import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import type { Message, User } from '../../../src/contracts/resources.ts'
import { urlOf } from '../../support/cluster.ts'
import { type DenoNode, startDenoNode } from '../../support/deno-node.ts'
import {
  expectWhole,
  makeOrgAt,
  personAt,
  postSurely,
  SECRET,
  signal,
  startNodes,
  type TestNodes,
} from '../../support/nodes.ts'
import { runJob } from '../../support/run-job.ts'
import { SseJournal, until } from '../../support/streams.ts'

let cluster: TestNodes
let deno: DenoNode

beforeAll(async () => {
  cluster = await startNodes(2)
  deno = await startDenoNode({
    MC_DATABASE_URL: urlOf(cluster.app),
    MC_REDIS_URL: cluster.redis.url,
    MC_JWT_SECRET: SECRET,
    MC_KEY_PEPPER: SECRET,
    MC_NODE_ID: 'deno',
    DEPLOYMENT_MODE: 'multi-tenant',
  })
})
afterAll(async () => {
  await deno?.stop()
  await cluster?.stop()
})

/** Posts through the node under Deno; undefined when it refused, which is retryable. */
async function post(
  { org_id, channel_id, user }: { org_id: string; channel_id: string; user: User },
  content: string,
): Promise<Message | undefined> {
  const id = newId()
  const posted = await deno.call(org_id, channel_id, {
    type: 'post',
    command_id: id,
    posting: { channel_id, content, client_id: id, content_hash: id },
    principal: { kind: 'human', id: user.id, display_name: user.display_name, org_id, role: user.role },
  })
  return posted && 'reply' in posted ? posted.reply.result.message : undefined
}

const owner = async (org_id: string) => (await cluster.redis.cli('get', `mc:owner:${org_id}`)).split('.')[0]

test('R40 a node under Deno is a node: it calls, owns, publishes, is fenced, and drains', async () => {
  const { id, person, channel_id } = await makeOrgAt(cluster.admin, 'under-deno')
  const [a, b] = cluster.nodes.map((node) => personAt(person, node)) as [typeof person, typeof person]
  const { body: user } = await a.in<User>('GET', '/users/me')
  const to = { org_id: id, channel_id, user }
  const acked: Message[] = []
  const surely = async (content: string) => {
    for (;;) {
      const message = await post(to, content)
      if (message) return message
      await Bun.sleep(50)
    }
  }

  // An owner elsewhere: the call goes there and its answer comes back.
  acked.push(await postSurely(a, channel_id, 'from a'))
  expect(await owner(id)).toBe('a')
  acked.push(await surely('deno at the owner a'))
  expect(await owner(id)).toBe('a')

  // The owner dies: the node under Deno takes over, and the other node and its streams follow it.
  const headers = { Cookie: b.cookieHeader }
  const stream = await SseJournal.open(
    `${b.url}/api/v1/orgs/${b.org}/events/stream?types=message.created`,
    headers,
  )
  await cluster.nodes[0]!.kill()
  acked.push(await surely('deno after a died'))
  await until(async () => (await owner(id)) === 'deno', 'the node under Deno in the directory')
  acked.push(await postSurely(b, channel_id, 'b at the owner under Deno'))
  expect(await owner(id)).toBe('deno')
  await until(() => stream.messages.length === 2, 'both messages on a stream of b')
  expect(stream.messages.map(({ content }) => content)).toEqual([
    'deno after a died',
    'b at the owner under Deno',
  ])

  // Paused past its lease, it is replaced; what it writes afterwards goes through the new owner.
  signal(deno.pid, 'SIGSTOP')
  const late = post(to, 'sent to the paused owner')
  acked.push(await postSurely(b, channel_id, 'b while the owner is paused'))
  signal(deno.pid, 'SIGCONT')
  const answered = await late
  if (answered) acked.push(answered)
  acked.push(await surely('deno after the pause'))

  await cluster.nodes[0]!.restart()
  acked.push(await postSurely(a, channel_id, 'a again'))
  expect(await deno.kill('SIGTERM')).toBe(0)
  acked.push(await postSurely(a, channel_id, 'without the node under Deno'))
  await until(() => stream.messages.at(-1)?.content === 'without the node under Deno', 'the last message')
  await stream.close()
  await expectWhole(cluster.sql, id, channel_id, acked)
})

test('D19 a node under Deno ends its actors of an org that is deleted elsewhere', async () => {
  await deno.restart()
  const { id, person, channel_id } = await makeOrgAt(cluster.admin, 'deleted-under-deno')
  const { body: user } = await person.in<User>('GET', '/users/me')
  const to = { org_id: id, channel_id, user }
  // Without an entry the org goes to the node that calls it next.
  await cluster.redis.cli('del', `mc:owner:${id}`)
  await until(async () => (await post(to, 'from Deno')) !== undefined, 'a post through Deno')
  await until(async () => (await owner(id)) === 'deno', 'the node under Deno in the directory')
  const b = personAt(person, cluster.nodes[1]!)
  expect((await b.in('DELETE', '', { confirm: 'deleted-under-deno' })).status).toBeLessThan(300)
  await cluster.sql`update organizations set deletion_at = now() - interval '1 second' where id = ${id}`
  await runJob(cluster.sql, 'delete_orgs')
  // An owner that goes on would renew its entry.
  await until(async () => (await owner(id))?.trim() === '', 'no owner')
  const refused = await deno.call(id, channel_id, { type: 'read', user_id: user.id, seq: 0, now: true })
  expect(refused).toMatchObject({ error: { status: 404 } })
  expect((await b.in('GET', '/channels')).status).toBe(404)
})
