/** Commands of people. */
import { expect } from 'bun:test'
import { gateName, type Scenario } from '../world.ts'

export const COMMANDS: Scenario[] = [
  [
    '/status is answered by the gateway as the output of a command, also during a turn',
    async (world) => {
      const channel = await world.channel()
      const gate = gateName()
      const busy = await world.say(channel, `@scout HOLD ${gate} ECHO unharmed`)
      await world.called(gate)
      const asked = await world.say(channel, '/status @scout')
      const output = await world.answer(asked)
      expect(output).toMatchObject({ kind: 'command_output', sender: { id: world.scout.user.id } })
      expect(output.content).toContain(`OpenClaw ${world.gateway.version}`)
      expect(output.content).toContain(`agent:main:mc:${world.admin.org}:org:${channel.id}`)
      await world.delivery(asked, world.scout, 'answered')
      world.open(gate)
      expect((await world.answer(busy)).content).toBe('unharmed')
      expect(world.calls('/status')).toEqual([])
    },
  ],
  [
    '/new begins a session that knows nothing of the old one but what the channel tells',
    async (world) => {
      const channel = await world.channel()
      await world.answer(await world.say(channel, '@scout ECHO the first word'))
      await world.answer(await world.say(channel, '@scout ECHO the second word'))
      const { transcript } = await world.called('the second word')
      expect(transcript.some(({ role, text }) => role === 'assistant' && text === 'the first word')).toBe(
        true,
      )

      const command = await world.say(channel, '/new @scout')
      expect(await world.answer(command)).toMatchObject({ kind: 'command_output' })
      await world.answer(await world.say(channel, '@scout ECHO the third word'))
      const { transcript: anew, user } = await world.called('the third word')
      expect(anew.filter(({ role }) => role === 'assistant')).toEqual([])
      // Its last messages are told, and older ones are not.
      expect(user).toContain('earlier messages, for your information')
      expect(user).toContain('· you · message')
      expect(JSON.stringify(anew)).toContain('the second word')
      expect(JSON.stringify(anew)).not.toContain('the first word')

      const status = await world.answer(await world.say(channel, '/status @scout'))
      expect(status.content).toContain(`org:${channel.id}:g1`)
    },
  ],
  [
    '/stop ends a turn under way, and the next message is answered without a trace of it',
    async (world) => {
      const { scout, admin } = world
      const channel = await world.channel()
      const asked = await world.say(channel, `@scout HOLD ${gateName()} ECHO never to be said`)
      await world.called('never to be said')
      await world.delivery(asked, scout, 'working')
      const command = await world.say(channel, '/stop @scout')
      expect(await world.answer(command)).toMatchObject({ kind: 'command_output', content: 'Stopped.' })
      const { detail } = await world.delivery(asked, scout, 'failed')
      const { body: me } = await admin.in<{ display_name: string }>('GET', `/users/${admin.user_id}`)
      expect(detail).toBe(`Stopped by ${me.display_name}.`)
      expect((await world.answer(await world.say(channel, '@scout ECHO all is well'))).content).toBe(
        'all is well',
      )
      const said = (await world.saidAfter(asked)).map(({ content }) => content)
      expect(said).toEqual(['Stopped.', 'all is well'])
      const idle = await world.say(await world.channel(), '/stop @scout')
      expect((await world.answer(idle)).content).toBe('Nothing is running here.')
    },
  ],
  [
    'a command of the host is no command in a channel: the model reads it as text',
    async (world) => {
      const channel = await world.channel()
      const asked = await world.say(channel, '/exec ls @scout')
      expect(await world.answer(asked)).toMatchObject({ kind: 'text', content: 'echo: > /exec ls @scout' })
      expect(world.calls('/exec ls')).toHaveLength(1)
    },
  ],
]
