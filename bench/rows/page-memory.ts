import { slope } from '../lib.ts'
import { metric, openFilled, postMessages } from '../load/page.ts'
import type { Row, Rows } from '../row.ts'

const MESSAGES = 20_000
const SAMPLE_EVERY = 2_000
/** Caches and the compiler settle, and the log reaches its bound. */
const SETTLE = 4_000
const MIB = 2 ** 20

const memory: Row = {
  name: `memory of a page through which 20,000 messages come, after a collection, slope after the first ${SETTLE}`,
  unit: 'MiB of JavaScript heap per 10,000 messages',
  judge: [{ at_most: 2, goal: 0.5 }],
  runs_max: 1,
  async run(product) {
    const opened = await openFilled(product, 200)
    try {
      const samples: { x: number; y: number; nodes: number }[] = []
      for (let sent = SAMPLE_EVERY; sent <= MESSAGES; sent += SAMPLE_EVERY) {
        await postMessages(product, opened.channel_id, SAMPLE_EVERY)
        // Alone at the end: those that are posted together may end in any order, and out of view.
        const last = `the last of ${sent}`
        await product.agent.in('POST', `/channels/${opened.channel_id}/messages`, { content: last })
        await opened.page.getByText(last, { exact: true }).waitFor()
        await opened.debugger.send('HeapProfiler.collectGarbage')
        const y = (await metric(opened.debugger, 'JSHeapUsedSize')) / MIB
        samples.push({ x: sent / 10_000, y, nodes: await metric(opened.debugger, 'Nodes') })
        if (process.env.BENCH_VERBOSE) console.log(samples.at(-1))
      }
      const settled = samples.filter(({ x }) => x * 10_000 >= SETTLE)
      return {
        product: slope(settled),
        [`MiB after ${SETTLE}`]: settled[0]?.y ?? Number.NaN,
        [`MiB after ${MESSAGES}`]: samples.at(-1)?.y ?? Number.NaN,
        [`DOM nodes after ${SETTLE}`]: settled[0]?.nodes ?? Number.NaN,
        [`DOM nodes after ${MESSAGES}`]: samples.at(-1)?.nodes ?? Number.NaN,
      }
    } finally {
      await opened.close()
    }
  },
}

export const pageMemory: Rows = { 'page-memory': memory }
