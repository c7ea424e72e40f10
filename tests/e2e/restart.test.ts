import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { SseJournal } from '../support/streams.ts'
import { buildApp } from './support/app.ts'
import {
  hasBrowser,
  launch,
  openChannel,
  said,
  say,
  session,
  until,
  type Visit,
  visit,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

/** Between two messages of one writer: somebody very quick. */
const PACE_MS = 60

describe.skipIf(!hasBrowser)('a server that is killed in the middle of a conversation', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let forge: Agent
  let visits: Visit[] = []
  let channel_id: string

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Mei Lindqvist')
    forge = await addAgent(admin, 'forge')
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
    const tall = { viewport: { width: 1280, height: 9000 } }
    visits = [
      await visit(browser, { ...tall, serviceWorkers: 'allow' }),
      await visit(browser, { ...tall, serviceWorkers: 'allow' }),
    ]
    for (const [at, email] of ['ines@example.com', 'mei.lindqvist@example.com'].entries()) {
      const page = visits[at]?.page
      if (!page) continue
      await session(page, server.url, email)
      await openChannel(page, server.url, 'fieldnote', channel_id)
    }
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('loses nothing, doubles nothing, shows one order, and the pages recover by themselves', async () => {
    const written: string[] = []
    let stop = false
    const heard = new AgentEars(server.url, forge)
    await heard.listen()
    const answered: string[] = []
    // The agent answers by REST, and like every careful client sends the same again until it is acknowledged.
    const answers = (async () => {
      for (let at = 0; !stop; await Bun.sleep(PACE_MS)) {
        // No more than the people write: they are slower on a slow machine, and all of it has to fit the window.
        if (answered.length >= written.length) continue
        const content = `forge says ${at++}`
        const body = { content, client_id: crypto.randomUUID() }
        await until(
          'the answer is acknowledged',
          () => forge.in('POST', `/channels/${channel_id}/messages`, body).catch(() => undefined),
          (answer) => answer?.status === 201 || answer?.status === 200,
        )
        answered.push(content)
      }
    })()
    /** How many messages are written in all before the writers wait for what comes next. */
    let written_max = Number.POSITIVE_INFINITY
    const writers = visits.map(async ({ page }, who) => {
      for (let at = 0; !stop; await Bun.sleep(PACE_MS)) {
        if (written.length >= written_max) continue
        const text = `${who === 0 ? 'ines' : 'mei'} says ${at++}`
        written.push(text)
        await say(page, text)
      }
    })
    const wroteAll = async (count: number) =>
      await until(
        'more is written',
        async () => written.length,
        (length) => length >= count,
      )
    await wroteAll(12)
    await until(
      'a few answers are given',
      async () => answered.length,
      (count) => count >= 3,
    )
    await server.kill('SIGKILL')
    const answered_at_kill = answered.length
    // Both go on writing while nobody listens, long enough that the pages say so.
    written_max = written.length + 10
    for (const { page } of visits) await page.getByText('No connection since').waitFor()
    await wroteAll(written_max)
    await server.restart()
    written_max += 10
    await wroteAll(written_max)
    await until(
      'the agent answers again',
      async () => answered.length,
      (count) => count >= answered_at_kill + 3,
    )
    stop = true
    await Promise.all([...writers, answers])
    written.push(...answered)

    for (const { page } of visits) {
      await page.getByText('Chat live').waitFor()
      await until(
        'everything is on the page',
        () => said(page),
        (texts) => texts.length >= written.length,
      )
    }
    const stored = await history()
    expect([...stored].sort()).toEqual([...written].sort())
    for (const { page } of visits) expect(await said(page)).toEqual(stored)
    for (const name of ['ines', 'mei', 'forge']) {
      const own = stored.filter((text) => text.startsWith(name))
      expect(own).toEqual(written.filter((text) => text.startsWith(name)))
    }
    for (const { page } of visits) expect(await page.locator('.own').count()).toBe(0)
    // The agent's stream was cut once; resumed at its cursor it has heard everything once, in the same order.
    await until(
      'the agent has heard everything',
      async () => heard.texts,
      (texts) => texts.length >= stored.length,
    )
    expect(heard.texts).toEqual(stored)
    expect(heard.cuts).toBeGreaterThan(0)
    await heard.stop()
    expect(visits.flatMap(({ complaints }) => complaints)).toEqual([])
  })

  test('goes on after it as if nothing had been', async () => {
    const [ines, mei] = visits
    if (!ines || !mei) throw new Error('nobody is there')
    await say(ines.page, 'after all that')
    await until(
      'the other reads it',
      () => said(mei.page),
      (texts) => texts.at(-1) === 'after all that',
    )
    for (const { page } of visits) await page.getByText('Events live').waitFor()
  })

  async function history(): Promise<string[]> {
    const texts: string[] = []
    for (let cursor: string | null | undefined = ''; cursor !== null && cursor !== undefined; ) {
      const page: { data: Message[]; next_cursor: string | null } = (
        await admin.in<{ data: Message[]; next_cursor: string | null }>(
          'GET',
          `/channels/${channel_id}/messages?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
        )
      ).body
      texts.unshift(...page.data.map(({ content }) => content).reverse())
      cursor = page.next_cursor
    }
    return texts
  }
})

/** An agent's event stream that comes back after a cut with the id it saw last, as `EventSource` does. */
class AgentEars {
  readonly #url: string
  readonly #agent: Agent
  readonly #journals: SseJournal[] = []
  #stopped = false
  #running: Promise<void> = Promise.resolve()

  constructor(url: string, agent: Agent) {
    this.#url = `${url}/api/v1/orgs/fieldnote/events/stream?types=message.created`
    this.#agent = agent
  }

  get cuts(): number {
    return this.#journals.length - 1
  }

  get texts(): string[] {
    return this.#journals.flatMap((journal) =>
      journal.ofType('message.created').map(({ payload }) => (payload.message as Message).content),
    )
  }

  async listen(): Promise<void> {
    await this.#open(undefined)
    this.#running = this.#stayOpen()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#journals.at(-1)?.close()
    await this.#running
  }

  async #open(last_id: string | undefined): Promise<void> {
    const cursor: Record<string, string> = last_id === undefined ? {} : { 'Last-Event-ID': last_id }
    const journal = await SseJournal.open(this.#url, { ...this.#agent.headers, ...cursor })
    // A proxy answers in place of a server that is away: no stream, and no cursor to go on from.
    if (journal.status !== 200) throw new Error(`the stream answered ${journal.status}`)
    this.#journals.push(journal)
  }

  async #stayOpen(): Promise<void> {
    while (!this.#stopped) {
      const journal = this.#journals.at(-1)
      // A poll, because the journal says that it has ended and tells nobody.
      if (journal?.ended) await this.#open(journal.last_id).catch(() => undefined)
      await Bun.sleep(50)
    }
  }
}
