import type { SearchAnswer } from '../../src/contracts/search.ts'
import { type Agent, addAgent } from '../../tests/support/client.ts'
import { databaseOf } from '../../tests/support/server.ts'
import { percentile } from '../lib.ts'
import { fillLibrary } from '../load/library.ts'
import { anotherOrg, type Product } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

/** A word of every tenth message, rare ones, identifiers, a phrase, exclusion, alternatives, a beginning, Chinese, nothing. */
const FIXED = [
  'deploy',
  'invoice',
  'timezone',
  'AUTH-1234',
  '"upload queue"',
  'deploy -staging',
  'invoice or timezone',
  'repro',
  '部署',
  'quagmire',
]

const WORDS = [
  ...['upload', 'session', 'retry', 'login', 'migration', 'board', 'message', 'rate', 'index', 'webhook'],
  ...['cache', 'permission', 'theme', 'dialog', 'export', 'attachment', 'staging', 'production', 'phone'],
  ...['restart', 'load', 'clients', 'proxy', 'nightly', 'network', 'reproduced', 'fixed', 'measured'],
  ...['deploy', 'invoice', 'timezone', 'customer', 'support', 'PAY-17', 'SYNC-4711', 'UI-90', '上海', '订单'],
]
const GENERATED = 100

/** One to three words, the same in every run. */
const generated = Array.from({ length: GENERATED }, (_, n) =>
  Array.from({ length: 1 + (n % 3) }, (_, i) => WORDS[(n * 7 + i * 11 + n * i) % WORDS.length]).join(' '),
)

interface Library {
  reader: Agent
  project_id: string
}

const SIZES = { '10,000 messages': 10_000, '1,000,000 messages': 1_000_000 }

let libraries: Promise<Map<number, Library>> | undefined

async function makeLibraries(product: Product): Promise<Map<number, Library>> {
  const made = new Map<number, Library>()
  for (const messages of Object.values(SIZES)) made.set(messages, await makeLibrary(product, messages))
  // The server read the orgs before their projects came: it reads them anew.
  await product.server.restart()
  return made
}

async function makeLibrary({ admin, server }: Product, messages: number): Promise<Library> {
  const person = await anotherOrg(admin, `search-${messages}`)
  const agent = await addAgent(person, 'reader')
  const { body } = await person.in<{ id: string }>('GET', '')
  const sql = databaseOf(server)
  const ids = { org_id: body.id, user_id: admin.user_id, reader_id: agent.user.id }
  const { project_ids } = await fillLibrary(sql, ids, messages)
  await sql.end()
  return { reader: agent, project_id: project_ids[0]! }
}

/** Milliseconds of each search, one after another, after one round that warms the caches. */
async function timesOf({ reader }: Library, queries: readonly string[], rest = ''): Promise<number[]> {
  const times: number[] = []
  for (const round of [0, 1, 2])
    for (const q of queries) {
      const started_at = performance.now()
      const { status } = await reader.in<SearchAnswer>('GET', `/search?q=${encodeURIComponent(q)}${rest}`)
      if (status !== 200) throw new Error(`${q}: ${status}`)
      if (round > 0) times.push(performance.now() - started_at)
    }
  return times
}

const search: Row = {
  name: 'search of a contributor in 5 of 20 projects: p95 of ten fixed and 100 generated queries',
  unit: 'ms',
  judge: Object.keys(SIZES).map((size) => {
    const large = size.startsWith('1,000,000')
    return { figure: `${size}, p95`, at_most: large ? 300 : 50, goal: large ? 100 : 15 }
  }),
  runs_max: 3,
  async run(product) {
    const figures: Figures = {}
    libraries ??= makeLibraries(product)
    for (const [size, messages] of Object.entries(SIZES)) {
      const library = (await libraries).get(messages)!
      const all = await timesOf(library, [...FIXED, ...generated])
      figures[`${size}, p95`] = percentile(all, 95)
      figures[`${size}, p50`] = percentile(all, 50)
      const of = async (name: string, queries: string[], rest = '') => {
        figures[`${size}, ${name}, p95`] = percentile(await timesOf(library, queries, rest), 95)
      }
      await of('a word of every tenth', Array(20).fill('deploy'))
      await of('in one project', generated, `&project_id=${library.project_id}`)
      await of('Chinese', ['部署', '上海的网络', '订单', '测试', '服务器'])
      await of('beginnings of two letters', ['re', 'in', 'co', 'th', 'up'])
      await of('another spelling', ['deplpy', 'invoicee', 'timzone', 'qwertzu', 'migraton'])
    }
    const last = Object.keys(SIZES).at(-1) ?? ''
    return { product: figures[`${last}, p95`] ?? Number.NaN, ...figures }
  },
}

export const searching: Rows = { search }
