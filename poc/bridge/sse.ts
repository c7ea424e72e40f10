/** Reading a stream of server-sent events, as its specification says: lines, `data`, `id`, an empty line ends a frame. */
import type { StreamFrame } from './wire.ts'

export interface SseFrame {
  /** The last `id` that was sent; a comment's frame may carry one alone. */
  id: string | null
  data: StreamFrame | undefined
}

/** The frames of one response, in order; ends when the stream does. Throws what the connection throws. */
export async function* readFrames(response: Response): AsyncGenerator<SseFrame> {
  if (!response.body) return
  let rest = ''
  let data = ''
  let id: string | null = null
  let touched = false
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    rest += text
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end)
      rest = rest.slice(end + 1)
      if (line === '') {
        if (touched) yield { id, data: data === '' ? undefined : JSON.parse(data) }
        data = ''
        touched = false
      } else if (line.startsWith('data: ')) {
        data += line.slice(6)
        touched = true
      } else if (line.startsWith('id: ')) {
        id = line.slice(4)
        touched = true
      }
    }
  }
}
