/** A gateway that was killed in mid-turn goes on by itself, under a run id that nobody gave. */
import type { Transcript } from './transcript.ts'
import type { Turns } from './turns.ts'

export const recoveryText =
  '[System] Your previous turn was interrupted by a gateway restart. Continue from the existing transcript and finish the interrupted response.'

/** Marks inputs that waited as interrupted, and resumes turns that ran after `after_ms`. Returns the end of the waiting. */
export function recover(transcript: Transcript, turns: Turns, after_ms: number, version: string): () => void {
  const left = transcript.interrupted()
  const timer = setTimeout(() => {
    for (const { session_key, text } of left) resume(session_key, text)
  }, after_ms)
  return () => clearTimeout(timer)

  function resume(session_key: string, prompt: string) {
    const run_id = crypto.randomUUID()
    // Before 2026.9 its message takes the place of the interrupted input, later it follows it.
    if (version < '2026.9') transcript.branch(session_key)
    const key = `${run_id}:user`
    transcript.add(session_key, { role: 'user', key, run_id: null, text: prompt, recovery: true })
    void turns.start({ session_key, run_id, prompt: prompt.replace(/\bSLOW \d+\b/, ''), own: true })
  }
}
