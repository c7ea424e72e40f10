/** Reference: SSE fan-out on this runtime with one write per stream and event. Nothing stored, nothing checked. */
interface Stream {
  write(chunk: Uint8Array): void
}
const topics = new Map<string, Set<Stream>>()
const encoder = new TextEncoder()
let n = 0

const server = Bun.serve({
  port: 0,
  idleTimeout: 0,
  fetch(request, self) {
    const url = new URL(request.url)
    if (url.pathname === '/ws') return self.upgrade(request) ? undefined : new Response('no', { status: 400 })
    const topic = url.searchParams.get('topic') ?? '0'
    const body = new ReadableStream({
      type: 'direct',
      async pull(controller: { write(chunk: Uint8Array): void; flush(): void }) {
        const stream: Stream = {
          write(chunk) {
            controller.write(chunk)
            controller.flush()
          },
        }
        const streams = topics.get(topic) ?? new Set()
        topics.set(topic, streams.add(stream))
        stream.write(encoder.encode(': opened\n\n'))
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
        streams.delete(stream)
      },
    } as unknown as UnderlyingDefaultSource)
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  },
  websocket: {
    message(ws, data) {
      const { topic, content } = JSON.parse(String(data))
      const frame = encoder.encode(`id: ${++n}\ndata: ${JSON.stringify({ sequence: n, content })}\n\n`)
      for (const stream of topics.get(topic) ?? []) stream.write(frame)
      ws.send(JSON.stringify({ type: 'ack' }))
    },
  },
})
console.log(`port ${server.port}`)
