import type { Criteria } from '../../lib/criteria.ts'
import type { Stage } from './stage.ts'

const ANSWER_MS = 30_000

/** Times of round trips one after another, each the worst of all. `gateway` looks up when the gateway had and answered it. */
export async function roundTrips(
  c: Criteria,
  stage: Stage,
  rounds: number,
  name: string,
  gateway: (content: string) => Promise<{ received_ms: number; final_ms: number } | undefined>,
): Promise<void> {
  const channel_id = `speed-${name}`
  // The first turn and the first command of a session are the gateway's cold path, not the bridge's.
  await stage.answer((await stage.say(channel_id, 'warm up')).message, ANSWER_MS)
  await stage.answer((await stage.say(channel_id, '/status')).message, ANSWER_MS)

  const to_gateway: number[] = []
  const to_channel: number[] = []
  const commands: number[] = []
  for (let i = 0; i < rounds; i++) {
    const content = `round ${i} ${crypto.randomUUID()}`
    const said = await stage.say(channel_id, content)
    const answer = await stage.answer(said.message, ANSWER_MS)
    const turn = await gateway(content)
    if (!answer || !turn) throw new Error(`${name}: round ${i} was not answered`)
    if (!answer.message.content.includes(content)) throw new Error(`${name}: another answer came`)
    to_gateway.push(turn.received_ms - said.at_ms)
    to_channel.push(answer.at_ms - turn.final_ms)

    const asked = await stage.say(channel_id, '/status')
    const status = await stage.answer(asked.message, ANSWER_MS)
    if (status?.message.kind !== 'command_output' || !/OpenClaw/.test(status.message.content))
      throw new Error(`${name}: /status was not answered`)
    commands.push(status.at_ms - asked.at_ms)
  }
  const worst = (times: number[]) => Math.max(...times)
  const middle = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const id = name === 'mock' ? '' : 'R'
  c.check(`${id}B1`, `message → ${name} gateway, worst of ${rounds}`, worst(to_gateway), {
    max: 2_000,
    unit: 'ms',
  })
  c.note(`${id}B1`, 'the middle one', middle(to_gateway), 'ms')
  c.check(`${id}B2`, `${name} gateway’s answer → channel, worst of ${rounds}`, worst(to_channel), {
    max: 2_000,
    unit: 'ms',
  })
  c.note(`${id}B2`, 'the middle one', middle(to_channel), 'ms')
  c.check(`${id}B3`, `/status, there and back, worst of ${rounds}`, worst(commands), {
    max: 3_000,
    unit: 'ms',
  })
  c.note(`${id}B3`, 'the middle one', middle(commands), 'ms')
}
