import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A Debian in a folder, in which scripts run as root without touching this machine. */
export interface Machine {
  /** Path of a file of it, seen from outside. */
  at(path: string): string
  run(script: string, input?: string): Promise<{ code: number; output: string }>
  remove(): Promise<void>
}

interface Options {
  /** Root of the file system that it begins with; changes go to a layer over it. */
  base?: string
  /** Folders of this machine that are seen in it, read-only, by the same path. */
  shared?: readonly string[]
  files?: Readonly<Record<string, string>>
}

/**
 * Begins one: the file system of this machine or of `base` with an empty layer over it, in a mount namespace of its own.
 * The network is that of this machine, so ports have to be free ones. Files are programs (mode 755).
 */
export async function beginMachine({ base = '/', shared = [], files = {} }: Options): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-machine-'))
  chmodSync(folder, 0o755)
  const [upper, work, merged] = ['upper', 'work', 'merged'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [upper, work, merged]) mkdirSync(path)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(upper, path)), { recursive: true })
    writeFileSync(join(upper, path), text, { mode: 0o755 })
    chmodSync(join(upper, path), 0o755)
  }
  const script = [
    `mount -t overlay overlay -o lowerdir=${base},upperdir=${upper},workdir=${work} ${merged}`,
    `mount --bind /proc ${merged}/proc`,
    `mount --rbind /dev ${merged}/dev`,
    `mount -t tmpfs tmpfs ${merged}/run`,
    `mount -t tmpfs tmpfs ${merged}/tmp`,
    ...shared.flatMap((path) => [`mkdir -p ${merged}${path}`, `mount --bind -o ro ${path} ${merged}${path}`]),
    'echo up',
    'exec cat',
  ].join(' && ')
  const holder = Bun.spawn(['unshare', '--mount', 'sh', '-c', script], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let up = false
  for await (const chunk of holder.stdout) {
    up = new TextDecoder().decode(chunk).includes('up')
    if (up) break
  }
  if (!up) throw new Error('The layers of the machine could not be mounted')
  return {
    // Through the mount namespace of the holder.
    at: (path) => join(`/proc/${holder.pid}/root`, merged, path),
    async run(text, input) {
      const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, 'chroot', merged]
      const clean = ['/usr/bin/env', '-i', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root']
      const child = Bun.spawn([...enter, ...clean, '/bin/bash', '-c', text], {
        stdin: input === undefined ? 'ignore' : new TextEncoder().encode(input),
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ])
      return { code: await child.exited, output: out + err }
    },
    async remove() {
      holder.stdin.end()
      await holder.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
