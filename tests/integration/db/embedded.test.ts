import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { generalChannel, type Message, setUp } from '../../support/client.ts'
import { expectNoPostgres, postgresProcesses } from '../../support/postgres-processes.ts'
import { freePort, startServer } from '../../support/server.ts'

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    // No such process.
    return false
  }
}

const postmaster = (data_dir: string) =>
  Number(readFileSync(join(data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

/** PostgreSQL writes the folder of its socket into the fifth line. */
const socketFolder = (data_dir: string) =>
  readFileSync(join(data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8')
    .split('\n')[4]!
    .trim()

test('a clean stop leaves no process, and the data is there the next time', async () => {
  const server = await startServer({ cluster: 'own' })
  const admin = await setUp(server)
  const general = (await generalChannel(admin)).id
  await admin.in('POST', `/channels/${general}/messages`, { content: 'kept' })
  const pid = postmaster(server.data_dir)
  await server.kill('SIGTERM')
  expect(alive(pid)).toBe(false)
  await server.restart()
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages`)
  expect(body.data.map((m) => m.content)).toEqual(['kept'])
  await server.stop()
})

test('after kill -9 of the server, and of PostgreSQL too, committed rows are there', async () => {
  const server = await startServer({ cluster: 'own' })
  const admin = await setUp(server)
  const general = (await generalChannel(admin)).id
  for (const both of [false, true]) {
    await admin.in('POST', `/channels/${general}/messages`, { content: `before ${both}` })
    const pid = postmaster(server.data_dir)
    await server.kill('SIGKILL')
    expect(alive(pid)).toBe(true)
    if (both) process.kill(pid, 'SIGKILL')
    await server.restart()
    expect(postmaster(server.data_dir)).not.toBe(pid)
  }
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages`)
  expect(body.data.map((m) => m.content)).toEqual(['before true', 'before false'])
  await server.stop()
})

test('a PostgreSQL that dies under the server is started again', async () => {
  const server = await startServer({ cluster: 'own' })
  const admin = await setUp(server)
  const pid = postmaster(server.data_dir)
  process.kill(pid, 'SIGKILL')
  let status = 0
  for (let i = 0; i < 400 && status !== 200; i++) {
    await Bun.sleep(25)
    status = (await admin.in('GET', '/channels')).status
  }
  expect(status).toBe(200)
  expect(postmaster(server.data_dir)).not.toBe(pid)
  await server.stop()
})

test('a second start on the same data folder is refused with one clear sentence', async () => {
  const server = await startServer({ cluster: 'own' })
  const second = Bun.spawn([process.execPath, 'src/main.ts', 'serve'], {
    cwd: join(import.meta.dir, '../../..'),
    env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: server.data_dir, MC_PORT: String(freePort()) },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  expect(await second.exited).toBe(1)
  const complaint = await new Response(second.stderr).text()
  expect(complaint).toContain('uses this data folder')
  expect(complaint).not.toContain('    at ')
  expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  await server.stop()
})

test('credentials are for the server alone, and PostgreSQL does not run as root', async () => {
  const server = await startServer({ cluster: 'own' })
  for (const file of [
    'postgres/superuser-password',
    'postgres/role-passwords.json',
    'secrets/jwt-secret',
    'secrets/key-pepper',
  ])
    expect(statSync(join(server.data_dir, file)).mode & 0o077, file).toBe(0)
  const status = readFileSync(`/proc/${postmaster(server.data_dir)}/status`, 'utf8')
  expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0')
  await server.stop()
  expect(existsSync(server.data_dir)).toBe(false)
})

describe('I-61 a stop while PostgreSQL is started again leaves no process', () => {
  const moments: [string, (data_dir: string, dead: number) => Promise<void>][] = [
    ['right after the death', async () => undefined],
    [
      'when the new process is there',
      async (data_dir, dead) => {
        while (!postgresProcesses(data_dir).some((pid) => pid !== dead)) await Bun.sleep(1)
      },
    ],
  ]
  const signals: NodeJS.Signals[][] = [['SIGTERM'], ['SIGINT', 'SIGINT']]

  test.each(moments)('%s', async (_, moment) => {
    const server = await startServer({ cluster: 'own' })
    const socket_folder = socketFolder(server.data_dir)
    for (const [i, sent] of signals.entries()) {
      if (i > 0) await server.restart()
      const pid = postmaster(server.data_dir)
      process.kill(pid, 'SIGKILL')
      await moment(server.data_dir, pid)
      for (const signal of sent) process.kill(server.pid, signal)
      await server.ended()
      await expectNoPostgres(server.data_dir)
    }
    expect(existsSync(socket_folder)).toBe(false)
    await server.stop()
  })
})

test('I-61 a signal at any moment of a start leaves no process', async () => {
  const server = await startServer({ cluster: 'own' })
  await server.kill('SIGTERM')
  for (const delay_ms of [50, 150, 300, 600]) {
    const child = Bun.spawn([process.execPath, 'src/main.ts', 'serve'], {
      cwd: join(import.meta.dir, '../../..'),
      env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: server.data_dir, MC_PORT: String(server.port) },
      stdout: 'ignore',
      stderr: 'ignore',
    })
    await Bun.sleep(delay_ms)
    child.kill('SIGTERM')
    await child.exited
    await expectNoPostgres(server.data_dir)
  }
  await server.stop()
})

test('a process of an earlier run that has not written its process id yet is ended, too', async () => {
  const server = await startServer({ cluster: 'own' })
  const pid = postmaster(server.data_dir)
  await server.kill('SIGKILL')
  rmSync(join(server.data_dir, 'postgres', 'data', 'postmaster.pid'))
  await server.restart()
  expect(alive(pid)).toBe(false)
  await server.stop()
})
