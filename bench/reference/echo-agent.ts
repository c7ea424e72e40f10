/**
 * Reference: the fastest an agent can answer. One event stream and one POST per answer; it keeps nothing, repeats nothing
 * and asks no gateway. Environment: `URL` (of the org's API), `KEY`, `NAME`. Prints `ready` once the stream is open.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'

const { URL = '', KEY = '', NAME = '' } = process.env
const headers = { Authorization: `Bearer ${KEY}` }
const stream = await fetch(`${URL}/events/stream?types=message.created`, { headers })
if (!stream.ok || !stream.body) throw new Error(`no stream: ${stream.status}`)
console.log('ready')

const events = stream.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
for await (const { data } of events) {
  const { type, payload } = JSON.parse(data)
  if (type !== 'message.created') continue
  const { message } = payload
  if (message.content.startsWith(`@${NAME} `)) void answer(message)
}

async function answer({ id, channel_id, content }: Record<'id' | 'channel_id' | 'content', string>) {
  const body = JSON.stringify({
    content: content.slice(content.indexOf('answer')),
    reply_to: id,
    client_id: `echo-${id}`,
  })
  const posted = await fetch(`${URL}/channels/${channel_id}/messages`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body,
  })
  await posted.arrayBuffer()
  if (!posted.ok) throw new Error(`not posted: ${posted.status}`)
}
