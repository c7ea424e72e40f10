import { startServer } from '../../tests/support/server.ts'
import type { Row, Rows } from '../row.ts'

const startTime: Row = {
  name: 'process start to /ready, existing data',
  unit: 's',
  judge: [{ at_most: 3, goal: 1 }],
  async run() {
    const server = await startServer({ cluster: 'own' })
    try {
      await server.kill('SIGTERM')
      const started_at = performance.now()
      await server.restart()
      return { product: (performance.now() - started_at) / 1000 }
    } finally {
      await server.stop()
    }
  },
}

export const start: Rows = { start: startTime }
