import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Message, Task } from '../../src/contracts/resources.ts'
import type { SearchAnswer } from '../../src/contracts/search.ts'
import {
  type Agent,
  type Answer,
  addAgent,
  generalChannel,
  join,
  type Person,
  setUp,
} from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { spawnSubAgent } from '../support/sub-agent.ts'

let server: TestServer
let admin: Person
let ana: Person
let forge: Agent
let general_id: string
let open: { id: string; channel_id: string }
let closed: { id: string; channel_id: string }
let task: Task
const said = new Map<string, string>()

const TEXTS = {
  stem: 'Uploads were resumed after the restart.',
  identifier: 'See AUTH-123 and v1.2.3-rc.4 in src/db/flush.ts, function read_marker_of.',
  cve: 'Patched CVE-2026-12345 today.',
  address: 'Docs at https://example.com/guide/start, ask ops@example.com.',
  german: 'Die Häuser am Fluss wurden geprüft, Straße gesperrt.',
  russian: 'Проверка завершена успешно.',
  chinese: '我家在上海东边。',
  japanese: 'お客様の注文を確認する',
  korean: '한국어검색 기능',
  thai: 'ทดสอบการค้นหาข้อความ',
  arabic: 'مُحَمَّد كتب الرسالة',
  accent: 'Cafe\u0301 menu',
  emoji: 'Ready for 🙂 launch',
  frequent: 'Who are they?',
  markup: 'A <b>bold</b> & "quoted" claim',
  numbers: 'Exit code 137 after 4096 retries',
  staging: 'We deploy to staging on Monday',
  organization: 'Every organization has its own log',
}

type Finder = { in: Person['in'] | Agent['in'] }
async function ask(who: Finder, q: string, rest = ''): Promise<Answer<SearchAnswer>> {
  return await who.in<SearchAnswer>('GET', `/search?q=${encodeURIComponent(q)}${rest}`)
}
async function search(who: Finder, q: string, rest = ''): Promise<SearchAnswer> {
  const { status, body } = await ask(who, q, rest)
  if (status !== 200) throw new Error(`${q}: ${JSON.stringify(body)}\n${server.log().slice(-3_000)}`)
  return body
}
/** Names of the texts that are found. */
async function names(q: string, rest = '&types=messages') {
  const { data } = await search(admin, q, rest)
  return data.map(({ id }) => said.get(id) ?? '?').toSorted()
}

async function say(who: Person, channel_id: string, content: string): Promise<Message> {
  return (await who.in<Message>('POST', `/channels/${channel_id}/messages`, { content })).body
}

beforeAll(async () => {
  server = await startServer({
    env: { MC_RATE_LIMITS: 'off' },
  })
  admin = await setUp(server)
  ana = await join(admin, 'Ana Duarte')
  forge = await addAgent(admin, 'forge')
  general_id = (await generalChannel(admin)).id
  const project = async (name: string, description: string) =>
    (await admin.in<typeof open>('POST', '/projects', { name, type: 'software', description })).body
  open = await project('Deploy pipeline', 'Builds and staging')
  closed = await project('Vault', 'Nothing to see')
  await admin.in('PUT', `/projects/${open.id}/users/${ana.user_id}`)
  for (const [name, content] of Object.entries(TEXTS))
    said.set((await say(admin, general_id, content)).id, name)
  task = (
    await admin.in<Task>('POST', '/tasks', {
      title: 'Automate the deploy to staging',
      project_ids: [open.id],
    })
  ).body
  await admin.in('POST', '/tasks', {
    title: 'Write the guide',
    description: 'How we deploy to staging: deploy, deploy and deploy again to staging.',
  })
  await say(admin, closed.channel_id, 'The xylophone stays in the vault')
})
afterAll(() => server.stop())

describe('what is found', () => {
  test.each([
    ['uploading', ['stem']],
    ['uploads resumed', ['stem']],
    ['"after the restart"', ['stem']],
    ['"restart resumed"', []],
    ['AUTH-123', ['identifier']],
    ['auth-123', ['identifier']],
    ['123', ['cve', 'identifier']],
    ['src/db/flush.ts', ['identifier']],
    ['flush.ts', ['identifier']],
    ['db/flush', ['identifier']],
    ['v1.2.3', ['identifier']],
    ['1.2.3', ['identifier']],
    ['read_marker_of', ['identifier']],
    ['read_marker', ['identifier']],
    ['marker_of', ['identifier']],
    ['CVE-2026-12345', ['cve']],
    ['12345', ['cve']],
    ['2026-12345', ['cve']],
    ['example.com', ['address']],
    ['ops@example.com', ['address']],
    ['https://example.com/guide/start', ['address']],
    ['Häuser', ['german']],
    ['hauser', ['german']],
    ['HÄUSER', ['german']],
    ['geprüft Fluss', ['german']],
    ['gepruft', ['german']],
    ['strasse', ['german']],
    ['проверка', ['russian']],
    ['заверш', ['russian']],
    ['上海', ['chinese']],
    ['上海东边', ['chinese']],
    ['東京', []],
    ['注文', ['japanese']],
    ['注文を確認', ['japanese']],
    ['검색', ['korean']],
    ['ค้นหา', ['thai']],
    ['محمد', ['arabic']],
    ['café', ['accent']],
    ['cafe', ['accent']],
    ['🙂 launch', ['emoji']],
    ['they', ['frequent']],
    ['who are they', ['frequent']],
    ['137', ['numbers']],
    ['nothing of the kind', []],
    ['stagin', ['staging']],
    ['stagi', ['staging']],
    ['uplo resu', []],
    ['uploads resu', ['stem']],
    ['organiza', ['organization']],
    ['organ', ['organization']],
    ['uploads -flush', ['stem']],
    ['uploads -restart', []],
    ['flush or fluss', ['german', 'identifier']],
    ['AUTH-123 or fluss', ['german', 'identifier']],
    ['uploads -"after the restart"', []],
  ])('a message by %s', async (q, found) => {
    expect(await names(q)).toEqual(found)
  })

  test('words that are left out in English do not hide what the others find', async () => {
    expect(await names('the uploading of they')).toEqual([])
    expect(await names('the restart')).toEqual(['stem'])
  })

  test('deploy staging: tasks, messages and projects, titles first', async () => {
    const { data, counts } = await search(admin, 'deploy staging')
    expect(counts).toEqual({ projects: 1, tasks: 2, messages: 1 })
    expect(data.map(({ resource_type }) => resource_type)).toEqual(['task', 'task', 'project', 'message'])
    expect(data[0]).toMatchObject({ id: task.id, title: task.title, project_ids: [open.id] })
    expect(data[0]?.snippet).toBe('Automate the <mark>deploy</mark> to <mark>staging</mark>')
    expect(data[3]).toMatchObject({ channel_id: general_id, project_ids: [] })
    expect(data[3]?.seq).toBeGreaterThan(0)
    expect(data.map(({ rank }) => rank)).toEqual(data.map(({ rank }) => rank).toSorted((a, b) => b - a))
    // A whole title comes before all that have its words.
    expect((await search(admin, 'deploy pipeline')).data[0]?.id).toBe(open.id)
  })

  test('newer messages first', async () => {
    const first = await say(admin, general_id, 'The zeppelin lands')
    const second = await say(admin, general_id, 'The zeppelin lands')
    const { data } = await search(admin, 'zeppelin')
    expect(data.map(({ id }) => id)).toEqual([second.id, first.id])
  })

  test('the snippet is escaped, and marks are its only markup', async () => {
    const [found] = (await search(admin, 'bold claim')).data
    expect(found?.snippet).toBe(
      'A &lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; &quot;quoted&quot; <mark>claim</mark>',
    )
  })
})

describe('filters', () => {
  test('by type, with the counts of all', async () => {
    const { data, counts, pagination } = await search(admin, 'deploy staging', '&types=tasks')
    expect(new Set(data.map(({ resource_type }) => resource_type))).toEqual(new Set(['task']))
    expect(counts).toEqual({ projects: 1, tasks: 2, messages: 1 })
    expect(pagination.total).toBe(2)
    expect((await ask(admin, 'deploy', '&types=tasks,people')).status).toBe(400)
    expect((await search(admin, 'deploy staging', '&types=projects,messages')).data).toHaveLength(2)
  })

  test('by project', async () => {
    await say(admin, open.channel_id, 'deploy to staging here')
    const { data } = await search(admin, 'deploy staging', `&project_id=${open.id}`)
    expect(data.map(({ resource_type }) => resource_type)).toEqual(['task', 'project', 'message'])
    expect(data.every(({ project_ids }) => project_ids.includes(open.id))).toBe(true)
    expect((await search(admin, 'deploy staging', `&project_id=${crypto.randomUUID()}`)).data).toEqual([])
  })

  test('by time', async () => {
    const now = new Date(Date.now() + 1_000).toISOString()
    expect((await search(admin, 'deploy staging', `&to=${now}`)).data.length).toBeGreaterThan(0)
    expect((await search(admin, 'deploy staging', `&from=${now}`)).data).toEqual([])
    expect((await search(admin, 'deploy staging', '&to=2020-01-01')).data).toEqual([])
    expect((await ask(admin, 'deploy', '&from=2026-02-30')).status).toBe(400)
  })

  test('archived ones when asked for', async () => {
    const { body: old } = await admin.in<Task>('POST', '/tasks', { title: 'Quokka census' })
    const gone = await admin.in<{ id: string }>('POST', '/projects', { name: 'Quokka trail', type: 'docs' })
    await admin.in('DELETE', `/projects/${gone.body.id}`)
    const superuser = databaseOf(server)
    await superuser`update tasks set archived_at = now() where id = ${old.id}`
    await superuser.end()
    expect((await search(admin, 'quokka')).data).toEqual([])
    const { data } = await search(admin, 'quokka', '&include_archived=true')
    expect(data.map(({ id }) => id).toSorted()).toEqual([old.id, gone.body.id].toSorted())
  })
})

describe('pages', () => {
  test('neither repeat nor skip while people write, and an overview has some of each', async () => {
    for (let i = 0; i < 12; i++) await say(admin, general_id, `narwhal ${i}`)
    for (let i = 0; i < 5; i++) await admin.in('POST', '/tasks', { title: `Narwhal ${i}` })
    const whole = await search(admin, 'narwhal')
    const seen: string[] = []
    let as_of = ''
    for (let page = 1; page <= 4; page++) {
      const answer = await search(admin, 'narwhal', `&per_page=5&page=${page}${as_of}`)
      expect(answer.pagination).toEqual({ page, per_page: 5, total: 17, total_pages: 4 })
      seen.push(...answer.data.map(({ id }) => id))
      as_of = `&as_of=${answer.as_of}`
      await say(admin, general_id, 'narwhal again')
      await admin.in('POST', '/tasks', { title: 'Narwhal again' })
    }
    expect(seen).toEqual(whole.data.map(({ id }) => id))
    const overview = await search(admin, 'narwhal', `&per_type=3${as_of}`)
    expect(overview.data.map(({ resource_type }) => resource_type)).toEqual([
      ...['task', 'task', 'task', 'message', 'message', 'message'],
    ] as SearchAnswer['data'][number]['resource_type'][])
    expect(overview).toMatchObject({ counts: { tasks: 5, messages: 12 }, pagination: { total: 6 } })
    expect((await search(admin, 'narwhal', '&page=900')).data).toEqual([])
  })
})

describe('access', () => {
  test('messages of channels that the caller may read, and no word of others', async () => {
    expect((await search(admin, 'xylophone')).counts.messages).toBe(1)
    for (const who of [ana, forge]) {
      const hidden = await search(who, 'xylophone')
      expect(hidden).toEqual({ ...(await search(who, 'gramophone')) })
      // The word is one letter away from one that only others may read.
      expect((await search(who, 'xylophon3')).did_you_mean).toBeNull()
      expect((await search(who, 'xyl')).counts.messages).toBe(0)
    }
    expect((await search(admin, 'xylophon3')).did_you_mean).toBe('xylophone')
    await admin.in('PUT', `/projects/${closed.id}/users/${ana.user_id}`)
    expect((await search(ana, 'xylophone')).counts.messages).toBe(1)
    await admin.in('DELETE', `/projects/${closed.id}/users/${ana.user_id}`)
    expect((await search(ana, 'xylophone')).counts.messages).toBe(0)
  })

  test('a sub-agent finds its task, its projects and their channels', async () => {
    const { agent: helper } = await spawnSubAgent(admin, { task_id: task.id })
    const { data } = await search(helper, 'deploy staging')
    expect(data.map(({ id }) => id)).toContain(task.id)
    expect(data.every(({ id, project_ids }) => id === task.id || project_ids.includes(open.id))).toBe(true)
    expect(data.some(({ channel_id }) => channel_id === general_id)).toBe(false)
    expect((await search(helper, 'guide')).data).toEqual([])
    expect((await search(helper, 'vault')).data).toEqual([])
    expect((await search(helper, 'deploy', `&project_id=${closed.id}`)).data).toEqual([])
    expect((await search(helper, 'vaulr')).did_you_mean).toBeNull()
  })

  test('messages beyond the retention of the org are not found', async () => {
    const superuser = databaseOf(server)
    const { id } = await say(admin, general_id, 'A brontosaurus walked by')
    // Kept are twelve months and what the month that they begin in has before them.
    await superuser`update messages set created_at = now() - interval '14 months' where id = ${id}`
    await superuser.end()
    expect((await search(admin, 'brontosaurus')).counts.messages).toBe(0)
    await admin.in('PATCH', '', { settings: { retention: { message_months: 24 } } })
    expect((await search(admin, 'brontosaurus')).counts.messages).toBe(1)
    await admin.in('PATCH', '', { settings: { retention: { message_months: 12 } } })
  })
})

test.each([
  ['uploasd', 'uploads'],
  ['pipline', 'pipeline'],
  ['we deplpy', 'we deploy'],
  ['geprufft', 'geprüft'],
  ['проверкп', 'проверка'],
  ['"pipline"', null],
  ['qwzxkj', null],
])('did you mean, for %s: %p', async (q, other) => {
  const answer = await search(admin, q)
  expect(answer.data).toEqual([])
  expect(answer.did_you_mean).toBe(other)
  if (other) expect((await search(admin, other)).data.length).toBeGreaterThan(0)
})

describe('hostile searches', () => {
  test.each([
    ['one character', 'a', 400],
    ['nothing', '', 400],
    ['a space', ' ', 400],
    ['a space and a letter', '   a ', 400],
    ['too long', 'x'.repeat(201), 400],
    ['10 kB', 'deploy '.repeat(1_500), 400],
    ['1,000 quotes', '"'.repeat(1_000), 400],
    ['a NUL', 'dep\0loy', 400],
    ['200 quotes', '"'.repeat(200), 200],
    ['operators', '- or -', 200],
    ['only or', 'or or or', 200],
    ['only exclusions', '-deploy -staging', 200],
    ['signs', '&&&!!!|||()', 200],
    ['tsquery', "'deploy':*A & !(foo <-> bar)", 200],
    ['tsquery operators', '<-> <2> :* ! & |', 200],
    ['backslashes', "\\\\\\' \\", 200],
    ['markup', '<script>alert(1)</script>', 200],
    ['percent and underscore', '%_%_', 200],
    ['dollar quoting', '$$; drop table messages; $$', 200],
    ['a single long word', 'y'.repeat(200), 200],
    ['many words', 'ab '.repeat(66), 200],
    ['many exclusions', `deploy ${'-ab '.repeat(48)}`, 200],
    ['many alternatives', 'ab or '.repeat(33), 200],
    ['many characters without spaces', '上海'.repeat(100), 200],
    ['emoji', '👨‍👩‍👧‍👦'.repeat(20), 200],
    ['marks', `a${'\u0301'.repeat(199)}`, 200],
    ['directions', '\u202edeploy\u202c', 200],
    ['dashes', '-'.repeat(200), 200],
    ['paths', '/'.repeat(100), 200],
    ['dots between letters', 'a.'.repeat(100), 200],
  ])('%s', async (_, q, status) => {
    const answer = await ask(admin, q)
    expect(answer.status).toBe(status)
    if (status === 200)
      expect(Object.keys(answer.body).toSorted()).toEqual([
        ...['as_of', 'counts', 'data', 'did_you_mean', 'pagination'],
      ])
  })

  test('only operators find nothing', async () => {
    for (const q of ['- or -', '-deploy', '&&&', '""', 'or or'])
      expect(await search(admin, q)).toMatchObject({
        data: [],
        counts: { projects: 0, tasks: 0, messages: 0 },
        as_of: null,
        did_you_mean: null,
      })
  })
})
