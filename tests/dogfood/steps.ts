import type { Page } from 'playwright-core'
import type { Task } from '../../src/contracts/resources.ts'
import type { TaskStatus } from '../../src/contracts/vocabulary.ts'
import { OPENCLAW_TASKS } from '../../src/demo/openclaw.ts'
import { say, until } from '../e2e/support/browser.ts'
import { messagesOf, type Stage, spoken, taskOf } from './stage.ts'

/** One thing that has to hold: it waits for it, or throws. */
export interface Step {
  title: string
  run(stage: Stage): Promise<void>
}

const COLUMNS: Record<TaskStatus, string> = {
  backlog: 'Backlog',
  'in-progress': 'In progress',
  'in-review': 'In review',
  complete: 'Complete',
}
/** Of the plan: assigned to the agent already, and to nobody. */
const OWN = 'Comms Bridge'
const FREE = 'Rooms'
const NEW = 'Write the notes of the first release'

const column = (page: Page, status: TaskStatus) =>
  page.getByRole('region', { name: new RegExp(`^${COLUMNS[status]}, `) })
const card = (page: Page, status: TaskStatus, title: string) =>
  column(page, status).locator('.tcard', { hasText: title })
const panel = (page: Page, title: string) => page.getByRole('complementary', { name: `Task: ${title}` })

/** On the server, and on the board in the browser. */
async function stands(stage: Stage, title: string, status: TaskStatus): Promise<Task> {
  const task = await until(
    `"${title}" is ${status}`,
    () => taskOf(stage, title),
    (one) => one?.status === status,
  )
  if (!task) throw new Error(`there is no task "${title}"`)
  await card(stage.board, status, title).waitFor()
  return task
}

/** A turn about it reached the agent's model. */
async function heard({ gateway }: Stage, ...words: string[]): Promise<void> {
  await until(
    `the model is told: ${words.join(', ')}`,
    async () => gateway.prompts().some((prompt) => words.every((word) => prompt.includes(word))),
    (is) => is,
  )
}

async function drag({ board }: Stage, title: string, to: TaskStatus): Promise<void> {
  await board.locator('.board .tcard', { hasText: title }).dragTo(column(board, to))
}

async function assign({ board, claw }: Stage, title: string): Promise<void> {
  await board.getByRole('button', { name: title, exact: true }).click()
  const opened = panel(board, title)
  await opened.getByRole('button', { name: 'Assign', exact: true }).click()
  await board.getByRole('checkbox', { name: claw.display_name }).check()
  await board.keyboard.press('Escape')
  await opened.getByText(`assigned ${claw.display_name}`).waitFor()
  await opened.getByRole('button', { name: 'Close' }).click()
  await opened.waitFor({ state: 'detached' })
}

/** Asks in the browser; the answer is a reply, and the delivery below the question says so. */
async function ask(stage: Stage, text: string): Promise<void> {
  await say(stage.chat, text)
  const question = await until(
    'the question is stored',
    async () => (await messagesOf(stage)).find(({ content }) => content === text),
    (message) => message !== undefined,
  )
  await spoken(stage, `an answer to "${text}"`, ({ reply_to }) => reply_to === question?.id)
  await stage.chat
    .locator('.log article', { hasText: text })
    .locator('.deliv', { hasText: 'answered' })
    .waitFor()
}

export const STEPS: readonly Step[] = [
  {
    title: 'the agent is connected by the bridge, and the server says so',
    async run({ robin, claw }) {
      await until(
        'the client of the agent is ready',
        async () => (await robin.in<typeof claw>('GET', `/users/${claw.id}`)).body.client,
        (client) => client?.state === 'ready' && client.gateway?.connected === true,
      )
    },
  },
  {
    title: 'people see the plan of the product on the board',
    async run({ board }) {
      for (const { title } of OPENCLAW_TASKS) await card(board, 'backlog', title).waitFor()
    },
  },
  {
    title: 'a task that a person assigns in the browser reaches the agent: its turn is at the model',
    async run(stage) {
      await assign(stage, FREE)
      await heard(stage, 'assigned a task to you', FREE)
    },
  },
  {
    title: 'the agent takes it: people see the card move to In progress',
    async run(stage) {
      await stands(stage, FREE, 'in-progress')
    },
  },
  {
    title: "its status is posted in the project's channel, where people see it",
    async run(stage) {
      await spoken(stage, 'a status', ({ content }) => content.includes(FREE))
    },
  },
  ...through([
    ['backlog', 'in-progress'],
    ['in-progress', 'in-review'],
  ]),
  {
    title: 'the agent adds the evidence of the task in review',
    async run(stage) {
      await until(
        'the evidence is there',
        () => taskOf(stage, OWN),
        (task) => task?.evidence.filter(({ added_by }) => added_by === stage.claw.id).length === 2,
      )
    },
  },
  ...through([['in-review', 'complete']]),
  {
    title: 'a person creates a task in the browser',
    async run(stage) {
      const { board, project } = stage
      await board.getByRole('button', { name: 'New task in Backlog' }).click()
      const dialog = board.getByRole('dialog', { name: 'New task' })
      await dialog.getByLabel('Title').fill(NEW)
      await dialog.getByLabel('Project').selectOption({ label: project.name })
      for (const type of ['Pull request', 'Test results'])
        await dialog.getByRole('checkbox', { name: type }).check()
      await dialog.getByRole('button', { name: 'Create task' }).click()
      await stands(stage, NEW, 'backlog')
    },
  },
  {
    title: 'it is assigned to the agent, which takes it',
    async run(stage) {
      await assign(stage, NEW)
      await heard(stage, 'assigned a task to you', NEW)
      await stands(stage, NEW, 'in-progress')
      await spoken(stage, 'that it takes the task', ({ content }) => content.includes(NEW))
    },
  },
  {
    title: 'the agent reports on it in the channel when a person asks',
    run: (stage) => ask(stage, '@claw how far are the notes?'),
  },
  {
    title: 'the agent finishes it when a person asks',
    run: (stage) => ask(stage, '@claw please finish the notes'),
  },
  {
    title: 'its evidence is from the agent, and the task is complete on the board',
    async run(stage) {
      const { evidence } = await stands(stage, NEW, 'complete')
      const by_claw = evidence.filter(({ added_by }) => added_by === stage.claw.id).map(({ type }) => type)
      if (by_claw.toSorted().join() !== 'pr_link,test_results')
        throw new Error(`evidence of the agent: ${by_claw.join(', ') || 'none'}`)
      await panelSays(stage, NEW, [/moved .*In progress/, /moved .*In review/, /moved .*Complete/])
    },
  },
  {
    title: 'nothing is left: no delivery failed, no row waits, no page complained',
    async run(stage) {
      await until(
        'the bridge has nothing left to do',
        async () => (await stage.bridge.health()).body,
        ({ status, state }) => status === 'ok' && (state as { unfinished?: number }).unfinished === 0,
      )
      const deliveries = (await messagesOf(stage)).flatMap((message) => message.deliveries)
      const open = deliveries.filter(({ state }) => state !== 'answered')
      const problems = [...stage.gateway.problems, ...stage.visit.complaints]
      if (open.length > 0) problems.push(`deliveries: ${JSON.stringify(open)}`)
      if (problems.length > 0) throw new Error(problems.join('\n'))
    },
  },
]

/** Each move by a drag; the agent is told of it and says something about it. */
function through(moves: readonly [TaskStatus, TaskStatus][]): Step[] {
  return moves.map(([from, to]) => ({
    title: `a person drags the agent's task from ${COLUMNS[from]} to ${COLUMNS[to]}, and the agent answers to it`,
    async run(stage) {
      await stands(stage, OWN, from)
      const before = (await messagesOf(stage)).at(-1)?.seq ?? 0
      await drag(stage, OWN, to)
      await stands(stage, OWN, to)
      await heard(stage, `from ${from} to ${to}`, OWN)
      await spoken(stage, 'its words', ({ content, seq }) => seq > before && content.includes(OWN))
    },
  }))
}

/** The history of a task in the browser. */
async function panelSays({ board }: Stage, title: string, lines: readonly RegExp[]): Promise<void> {
  await board.getByRole('button', { name: title, exact: true }).click()
  const opened = panel(board, title)
  for (const line of lines) await opened.getByText(line).first().waitFor()
  await opened.getByRole('button', { name: 'Close' }).click()
  await opened.waitFor({ state: 'detached' })
}
