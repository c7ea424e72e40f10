import type { Page } from 'playwright-core'
import { launch, signIn, visit } from '../tests/e2e/support/browser.ts'
import { startEmpty } from '../tests/e2e/support/server.ts'
import { setUp } from '../tests/support/client.ts'

/**
 * Frames of the board with 1,000 cards and of the table with 10,000 rows in headless Chromium, while they scroll and while a
 * card is dragged: `bun bench/browser.ts`. Needs a built app. A frame takes 16.7 ms at best.
 */
const CARDS = 1_000
const ROWS = 10_000
const FRAMES = 300
const PX_PER_FRAME = 120
const SENDERS = 16
const PRIORITIES = ['low', 'medium', 'high', 'critical']
const TYPES = ['bug', 'feature', 'chore']
const STATUSES = ['backlog', 'in-progress', 'in-review', 'complete']

interface Frames {
  median_ms: number
  p95_ms: number
  long_tasks_ms: number[]
}

/** Records frames and long tasks while `step`, code of the page, runs once per frame. */
async function measure(page: Page, step: string): Promise<Frames> {
  return await page.evaluate<Frames>(`new Promise((done) => {
    const long_tasks_ms = []
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long_tasks_ms.push(Math.round(duration))
    })
    observer.observe({ type: 'longtask' })
    const frames = []
    let last = performance.now()
    const next = () => {
      const now = performance.now()
      frames.push(now - last)
      last = now
      if (frames.length < ${FRAMES}) {
        ${step}
        return requestAnimationFrame(next)
      }
      observer.disconnect()
      frames.sort((a, b) => a - b)
      const at = (share) => Math.round(frames[Math.floor(share * frames.length)] * 10) / 10
      done({ median_ms: at(0.5), p95_ms: at(0.95), long_tasks_ms })
    }
    requestAnimationFrame(next)
  })`)
}

/** Down and up again, so that rows are rendered in both directions. */
const scroll = (selector: string) => `
  const list = document.querySelector('${selector}')
  list.scrollBy(0, frames.length < ${FRAMES / 2} ? ${PX_PER_FRAME} : ${-PX_PER_FRAME})`

/** What the load of the page left to do is not what is measured. */
const SETTLE_MS = 3_000

function report(what: string, { median_ms, p95_ms, long_tasks_ms }: Frames) {
  const longest_ms = Math.max(0, ...long_tasks_ms)
  console.log(
    `${what}: median ${median_ms} ms, p95 ${p95_ms} ms, ${long_tasks_ms.length} long tasks, longest ${longest_ms} ms`,
  )
}

const server = await startEmpty()
const admin = await setUp(server)
async function create(from: number, to: number) {
  let next = from
  const send = async () => {
    for (let i = next++; i < to; i = next++) {
      const [priority, type, status] = [PRIORITIES[i % 4], TYPES[i % 3], STATUSES[i % 4]]
      const { body } = await admin.in<{ id: string }>('POST', '/tasks', {
        title: `Task ${i}`,
        priority,
        type,
      })
      if (status !== 'backlog' && i < CARDS)
        await admin.in('POST', `/tasks/${body.id}/transition`, { to_status: status })
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, send))
}

const browser = await launch()
try {
  await create(0, CARDS)
  const { page } = await visit(browser, { viewport: { width: 1440, height: 900 } })
  await signIn(page, server.url, 'ines@example.com')
  await page.goto(`${server.url}/o/fieldnote/tasks?view=board`)
  await page.locator('.board .tcard').first().waitFor()
  for (const button of await page.getByRole('button', { name: /^Show \d+ more$/ }).all())
    for (let pages = 0; pages < 4 && (await button.isVisible()); pages++) await button.click()
  await Bun.sleep(SETTLE_MS)
  report(`board of ${CARDS} cards, scroll`, await measure(page, scroll('.bcol .cards')))

  await page.locator('.board .tcard').first().hover()
  await page.mouse.down()
  const drag = measure(page, '')
  for (let i = 0; i < 60; i++) await page.mouse.move(400 + i * 14, 300 + (i % 10) * 20)
  report(`board of ${CARDS} cards, drag`, await drag)
  await page.mouse.up()

  await create(CARDS, ROWS)
  await page.goto(`${server.url}/o/fieldnote/tasks?view=table`)
  await page.getByText(`${ROWS} tasks`).waitFor()
  await page.locator('.ttitle').first().waitFor()
  await Bun.sleep(SETTLE_MS)
  report(`table of ${ROWS} rows, scroll`, await measure(page, scroll('.tbl-scroll')))
} finally {
  await browser.close()
  await server.stop()
}
