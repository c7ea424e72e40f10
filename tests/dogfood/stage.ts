import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Message, Project, Task } from '../../src/contracts/resources.ts'
import { composer, launch, until, type Visit, visit } from '../e2e/support/browser.ts'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { Agent, Person, type User } from '../support/client.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { Access, AgentGateway } from './gateways.ts'

const ROOT = join(import.meta.dir, '..', '..')
const ORG = 'openclaw'
const EMAIL = 'robin@openclaw.example'

type Listed<T> = { data: T[] }

/** A fresh server with the plan of this product, its agent behind a bridge and a gateway, and a person in a browser. */
export interface Stage {
  server: TestServer
  mail: MailServer
  gateway: AgentGateway
  bridge: BridgeProcess
  robin: Person
  claw: User
  /** The same agent, by its key. */
  agent: Agent
  project: Project
  /** Two windows of one person: the board of the project, and its channel. */
  visit: Visit
  board: Page
  chat: Page
  close(): Promise<void>
}

export async function openStage(makeGateway: (access: Access) => Promise<AgentGateway>): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-dogfood-'))
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const end of closers.toReversed()) await end()
  }
  try {
    const data_dir = join(folder, 'data')
    const { password, key } = await seed(data_dir)
    const mail = await startMailServer()
    closers.push(() => mail.stop())
    const env = { MC_SMTP_URL: mail.url, MC_EMAIL_FROM: 'mc@openclaw.example', MC_EMAIL_DELAY_SECONDS: '1' }
    const server = await startServer({ data_dir, cluster: 'own', env })
    closers.push(() => server.stop())
    const robin = await new Person(server.url).signIn(EMAIL, password)
    robin.org = ORG
    const { body: users } = await robin.in<Listed<User>>('GET', '/users')
    const { body: projects } = await robin.in<Listed<Project>>('GET', '/projects')
    const claw = users.data.find(({ username }) => username === 'claw')
    const [project] = projects.data
    if (!claw || !project) throw new Error('the organization has no agent or no project')
    const gateway = await makeGateway({ MC_URL: server.url, MC_ORG: ORG, MC_API_KEY: key })
    closers.push(() => gateway.stop())
    const bridge = await startBridge({
      folder: join(folder, 'bridge'),
      server_url: server.url,
      gateway,
      agents: [{ name: 'claw', key, org: ORG }],
    })
    closers.push(() => bridge.stop())
    const browser = await launch()
    closers.push(() => browser.close())
    const windows = await openWindows(browser, server.url, password, project)
    const agent = new Agent(server.url, ORG, key, claw)
    return { server, mail, gateway, bridge, robin, claw, agent, project, ...windows, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** `db seed --openclaw` on an empty database, as a person would run it. */
async function seed(data_dir: string): Promise<{ password: string; key: string }> {
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'db', 'seed', '--openclaw'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', MC_DATA_DIR: data_dir },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, problems] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const [, password] = new RegExp(`${EMAIL}, password (\\S+)`).exec(out) ?? []
  const [, key] = /agent claw: key (\S+)/.exec(out) ?? []
  if (password === undefined || key === undefined)
    throw new Error(`db seed --openclaw said nothing to sign in with: ${problems}`)
  return { password, key }
}

async function openWindows(browser: Browser, url: string, password: string, project: Project) {
  const made = await visit(browser, { viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  const board = made.page
  await board.goto(`${url}/login`)
  await board.getByLabel('E-mail').fill(EMAIL)
  await board.getByLabel('Password', { exact: true }).fill(password)
  await board.getByRole('button', { name: 'Sign in' }).click()
  await board.waitForURL(/\/o\//)
  await board.goto(`${url}/o/${ORG}/tasks`)
  await board.getByText('Events live').waitFor()
  const chat = await made.context.newPage()
  chat.on('pageerror', (error) => made.complaints.push(String(error)))
  await chat.goto(`${url}/o/${ORG}/channels/${project.channel_id}`)
  await composer(chat).waitFor()
  await chat.getByText('Chat live').waitFor()
  return { visit: made, board, chat }
}

/** Undefined while there is no task of that title. */
export async function taskOf({ robin }: Stage, title: string): Promise<Task | undefined> {
  const { body } = await robin.in<Listed<Task>>('GET', `/tasks?q=${encodeURIComponent(title)}`)
  const found = body.data.find((task) => task.title === title)
  return found && (await robin.in<Task>('GET', `/tasks/${found.id}`)).body
}

/** Messages in the project's channel, oldest first. */
export async function messagesOf({ robin, project }: Stage): Promise<Message[]> {
  const path = `/channels/${project.channel_id}/messages?limit=200`
  const { body } = await robin.in<Listed<Message>>('GET', path)
  return body.data.toReversed()
}

/** Waits for a message of the agent in the project's channel, and until people see it in the browser. */
export async function spoken(
  stage: Stage,
  what: string,
  fits: (message: Message) => boolean,
): Promise<Message> {
  const found = await until(
    what,
    async () => (await messagesOf(stage)).filter(({ sender }) => sender.id === stage.claw.id).find(fits),
    (message) => message !== undefined,
  )
  if (!found) throw new Error(what)
  await stage.chat.locator(`.log article .when[href$="${found.seq}"]`).waitFor()
  return found
}
