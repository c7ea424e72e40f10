import assert from 'node:assert/strict'
import type { SourceLike } from '../../src/realtime/event-stream.ts'
import { type Rule, turn, until } from './rule.ts'

/** An event source that is connecting, and the server's side of it. */
export interface SourceUnderTest {
  source: SourceLike
  server: {
    /** Answers the request that waits, or the next one. */
    accept(): Promise<void>
    /** Answers it with an HTTP error. */
    refuse(): Promise<void>
    /** Sends an event; a field that is undefined is left out. */
    say(data: string | undefined, id?: string): Promise<void>
    /** Ends the response. */
    lose(): Promise<void>
    /** The header `Last-Event-ID` of the latest request. */
    lastEventId(): Promise<string>
  }
}

function heardBy(source: SourceLike): string[] {
  const heard: string[] = []
  source.onopen = () => heard.push(`open ${source.readyState}`)
  source.onmessage = ({ data, lastEventId }) => heard.push(`${data} ${lastEventId} ${source.readyState}`)
  source.onerror = () => heard.push(`error ${source.readyState}`)
  return heard
}

async function opened(make: () => Promise<SourceUnderTest>) {
  const made = await make()
  const heard = heardBy(made.source)
  await made.server.accept()
  await until(() => heard.length === 1)
  return { ...made, heard }
}

export const SOURCE_RULES: Rule<SourceUnderTest>[] = [
  [
    'it opens when the server answers, and events come in order',
    async (make) => {
      const { source, server } = await make()
      const heard = heardBy(source)
      await turn()
      assert.deepEqual([source.readyState, heard], [0, []])
      await server.accept()
      // What is said before the server has the request is lost.
      await until(() => heard.length === 1)
      for (const n of [1, 2, 3]) await server.say(`event${n}`, `log.${n}`)
      await until(() => heard.length === 4)
      assert.deepEqual(heard, ['open 1', 'event1 log.1 1', 'event2 log.2 1', 'event3 log.3 1'])
    },
  ],
  [
    'an id holds for the events after it, also one that came without data',
    async (make) => {
      const { server, heard } = await opened(make)
      await server.say('a', 'log.1')
      await server.say('b')
      await server.say(undefined, 'log.5')
      await server.say('c')
      await server.say('')
      await until(() => heard.length === 5)
      assert.deepEqual(heard.slice(1), ['a log.1 1', 'b log.1 1', 'c log.5 1', ' log.5 1'])
    },
  ],
  [
    'a lost connection is an error in state 0, and comes back by itself after the last id',
    async (make) => {
      const { source, server, heard } = await opened(make)
      await server.say('a', 'log.7')
      await until(() => heard.length === 2)
      await server.lose()
      await until(() => heard.length === 3)
      assert.equal(source.readyState, 0)
      await server.accept()
      await until(() => heard.length === 4)
      assert.equal(await server.lastEventId(), 'log.7')
      await server.say('b')
      await until(() => heard.length === 5)
      assert.deepEqual(heard, ['open 1', 'a log.7 1', 'error 0', 'open 1', 'b log.7 1'])
    },
  ],
  [
    'bytes that hold no event are activity',
    async (make) => {
      const { source, server, heard } = await opened(make)
      await server.say('a', 'log.1')
      await until(() => heard.length === 2)
      let active = false
      source.onactivity = () => {
        active = true
      }
      await server.say(undefined)
      await until(() => active)
      active = false
      await server.say(undefined, 'log.3')
      await until(() => active)
      active = false
      source.close()
      await server.say('late')
      await turn()
      assert.deepEqual([heard, active], [['open 1', 'a log.1 1'], false])
    },
  ],
  [
    'an HTTP error ends it for good',
    async (make) => {
      const { source, server } = await make()
      const heard = heardBy(source)
      await server.refuse()
      await until(() => heard.length > 0)
      await turn()
      assert.deepEqual([source.readyState, heard], [2, ['error 2']])
    },
  ],
  [
    'after a close nothing is heard, not even the end of the connection; a second close has no effect',
    async (make) => {
      const { source, server, heard } = await opened(make)
      source.close()
      source.close()
      assert.equal(source.readyState, 2)
      await server.say('late', 'log.9')
      await server.lose()
      await turn()
      assert.deepEqual([source.readyState, heard], [2, ['open 1']])
    },
  ],
  [
    'a close in a handler stops the events behind it',
    async (make) => {
      const { source, server, heard } = await opened(make)
      source.onmessage = ({ data }) => {
        heard.push(String(data))
        source.close()
      }
      await server.say('a', 'log.1')
      await server.say('b', 'log.2')
      await until(() => heard.length > 1)
      await turn()
      assert.deepEqual(heard, ['open 1', 'a'])
    },
  ],
]
