import type { Page } from 'playwright-core'
import { metric, openFilled } from '../load/page.ts'
import type { Row, Rows } from '../row.ts'

const MESSAGES = 10_000
const FRAMES = 400
const STEP_PX = 120

const scroll: Row = {
  name: `layouts a frame while ${FRAMES} frames are scrolled in a channel of 10,000 messages, all loaded`,
  unit: 'layouts/frame',
  judge: [{ at_most: 2, goal: 1 }],
  runs_max: 1,
  async run(product) {
    const opened = await openFilled(product, MESSAGES)
    try {
      const { page } = opened
      await loadAll(page)
      /** Layouts and milliseconds a frame. */
      const pass = async (step_px: number) => {
        const before = await metric(opened.debugger, 'LayoutCount')
        const ms = await scrolled(page, step_px)
        return { layouts: ((await metric(opened.debugger, 'LayoutCount')) - before) / FRAMES, ms }
      }
      const fresh = await pass(STEP_PX)
      const up = await pass(-STEP_PX)
      const down = await pass(STEP_PX)
      return {
        product: fresh.layouts,
        'upwards, measured rows': up.layouts,
        'downwards, measured rows': down.layouts,
        'ms a frame, median': fresh.ms,
      }
    } finally {
      await opened.close()
    }
  },
}

/** Scrolls to the beginning until no older page is left. */
async function loadAll(page: Page): Promise<void> {
  const begin = page.getByText('This is the beginning of the channel.')
  while (!(await begin.isVisible()))
    await page.locator('.log').evaluate(async (log) => {
      log.scrollTop = 0
      await new Promise((resolve) => requestAnimationFrame(resolve))
    })
}

/** Scrolls by a step in each frame; answers the median time of a frame. */
async function scrolled(page: Page, step_px: number): Promise<number> {
  return await page.locator('.log').evaluate(
    async (log, { frames, step }) => {
      const times: number[] = []
      let last = performance.now()
      let top = log.scrollTop
      for (let at = 0; at < frames; at++) {
        // Between frames, as a wheel does: inside of a frame it would force a layout of its own.
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
        top += step
        log.scrollTop = top
        const now = performance.now()
        times.push(now - last)
        last = now
      }
      return times.sort((a, b) => a - b)[frames >> 1] ?? Number.NaN
    },
    { frames: FRAMES, step: step_px },
  )
}

export const scrolling: Rows = { scroll }
