import { dlopen, ptr } from 'bun:ffi'
import { expect, test } from 'bun:test'
import { readdirSync, readlinkSync } from 'node:fs'
import { endDeadPeers } from '../../../src/serve/dead-peers.ts'

const isSocket = (fd: string) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
  } catch {
    return false
  }
}

/** TCP_USER_TIMEOUT of every socket of this process, ms. */
function timeouts(): number[] {
  const { symbols } = dlopen('libc.so.6', {
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
  })
  return readdirSync('/proc/self/fd')
    .filter(isSocket)
    .flatMap((fd) => {
      const [value, length] = [new Uint32Array(1), new Uint32Array([4])]
      return symbols.getsockopt(Number(fd), 6, 18, ptr(value), ptr(length)) === 0 ? [...value] : []
    })
}

test('C69 connections to the port end when their peer acknowledges nothing; others are left alone', async () => {
  if (process.platform !== 'linux') return expect(endDeadPeers(1, 1_000)).toBe(false)
  const server = Bun.serve({ port: 0, fetch: () => new Response('here') })
  const other = Bun.serve({ port: 0, fetch: () => new Response('here') })
  expect(endDeadPeers(server.port ?? 0, 41_000)).toBe(true)
  const open = [server, other].map(({ port }) =>
    Bun.connect({
      hostname: '127.0.0.1',
      port: port ?? 0,
      socket: {
        data() {},
        open: (socket) => void socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n'),
      },
    }),
  )
  const sockets = await Promise.all(open)
  for (const { port } of [server, other]) await fetch(`http://127.0.0.1:${port}/`)
  // The listening socket, and at least the connection that is open.
  expect(timeouts().filter((ms) => ms === 41_000).length).toBeGreaterThan(1)
  expect(timeouts().filter((ms) => ms === 0).length).toBeGreaterThan(3)
  for (const socket of sockets) socket.end()
  await Promise.all([server.stop(true), other.stop(true)])
  expect(endDeadPeers(server.port ?? 0, 1_000)).toBe(false)
})
