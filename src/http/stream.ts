import type { Cursor } from '../contracts/events.ts'
import type { Replay, SseSink, WriteOut } from '../edge/sse-sink.ts'

/** The controller of a `type: 'direct'` stream: writes go to the socket, flush waits for a slow reader. */
interface DirectController {
  write(chunk: Uint8Array): number | Promise<number>
  flush(): number | Promise<number>
  end(): void
  close(error?: Error): void
}

/**
 * The body of an SSE response. Bun's direct stream is used because it alone has back-pressure that can be awaited:
 * `enqueue` from outside would let one stuck reader fill the memory.
 */
export function sseBody(
  sink: SseSink,
  cursor: Cursor | undefined,
  replay: Replay,
  request: Request,
): ReadableStream {
  // A client that has left already does not abort again.
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
      await sink.run(cursor, replay, writeOut)
      controller.close()
    },
    cancel: () => sink.end('gone'),
  }
  return new ReadableStream(source as unknown as UnderlyingDefaultSource<Uint8Array>)
}
