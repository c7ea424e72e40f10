/**
 * A node without HTTP as a test drives it: `serveActors`, and a call of a channel of each line of standard input, as JSON
 * `{"id","org_id","channel_id","request"}`; the outcome is a line of standard output. Runs under Bun and under Deno, and
 * ends with its standard input.
 */

import process from 'node:process'
import { createInterface } from 'node:readline'
import { ApiError } from '../../src/contracts/errors.ts'
import { serveActors } from '../../src/serve-actors.ts'

const node = await serveActors(process.env)
for await (const line of createInterface({ input: process.stdin })) {
  const { id, org_id, channel_id, request } = JSON.parse(line)
  node.core.channel(org_id, channel_id, request).then(
    (reply: unknown) => console.log(JSON.stringify({ id, reply })),
    (error: unknown) => {
      const status = error instanceof ApiError ? error.status : 500
      console.log(JSON.stringify({ id, error: { status, text: String(error) } }))
    },
  )
}
process.kill(process.pid, 'SIGTERM')
