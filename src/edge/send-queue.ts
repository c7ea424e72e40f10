import { LIMITS } from '../contracts/limits.ts'

/**
 * Frames that wait for one consumer, bounded by bytes and by number, in front of the runtime's own buffers. Over the
 * bound the consumer is disconnected and no frame is dropped: it resumes by its cursor and loses nothing.
 */
export class SendQueue<Frame extends { length: number }> {
  #frames: Frame[] = []
  #bytes = 0

  get frames(): number {
    return this.#frames.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** False when the frame does not fit. */
  push(frame: Frame): boolean {
    const too_many = this.#frames.length + 1 > LIMITS.send_queue_frames_max
    if (too_many || this.#bytes + frame.length > LIMITS.send_queue_bytes_max) return false
    this.#frames.push(frame)
    this.#bytes += frame.length
    return true
  }

  /** Takes all frames. */
  takeAll(): Frame[] {
    const frames = this.#frames
    this.clear()
    return frames
  }

  shift(): Frame | undefined {
    const frame = this.#frames.shift()
    if (frame) this.#bytes -= frame.length
    return frame
  }

  clear(): void {
    this.#frames = []
    this.#bytes = 0
  }
}
