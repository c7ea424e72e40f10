/**
 * A node without HTTP as a test drives it: `serveActors`, and a command of each line of standard input, as JSON
 * `{"org_id","call"}`; the outcome is a line of standard output. Runs under Bun and under Deno.
 */

import process from 'node:process'
import { createInterface } from 'node:readline'
import { serveActors } from '../../src/serve-actors.ts'

const node = await serveActors(process.env)
for await (const line of createInterface({ input: process.stdin })) {
  const { id, org_id, channel_id, request } = JSON.parse(line)
  node.core.channel(org_id, channel_id, request).then(
    (reply: unknown) => console.log(JSON.stringify({ id, reply })),
    (error: unknown) => console.log(JSON.stringify({ id, error: String(error) })),
  )
}
