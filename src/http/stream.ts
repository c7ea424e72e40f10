import type { OrgEdge } from '../edge/org-edge.ts'
import type { SseSink, Start, WriteOut } from '../edge/sse-sink.ts'

/** The controller of a `type: 'direct'` stream: what is written goes to the socket, flush waits for a slow reader. */
interface DirectController {
  write(chunk: Uint8Array): number | Promise<number>
  flush(): number | Promise<number>
  end(): void
  close(error?: Error): void
}

/**
 * The body of an SSE response. Bun's direct stream is used because it alone has backpressure that can be awaited:
 * `enqueue` from outside would let one stuck reader fill the memory.
 */
export function sseBody(sink: SseSink, start: Start, edge: OrgEdge, request: Request): ReadableStream {
  // Whoever left while the start was looked up aborts no more.
  if (request.signal.aborted) sink.end('gone')
  request.signal.addEventListener('abort', () => sink.end('gone'), { once: true })
  const source = {
    type: 'direct' as const,
    async pull(controller: DirectController) {
      const writeOut: WriteOut = (chunk) => {
        const written = controller.write(chunk)
        const flushed = controller.flush()
        if (written instanceof Promise || flushed instanceof Promise) return Promise.all([written, flushed])
        return undefined
      }
      await sink.run(start, edge, writeOut)
      controller.close()
    },
    cancel: () => sink.end('gone'),
  }
  return new ReadableStream(source as unknown as UnderlyingDefaultSource<Uint8Array>)
}
