import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Copy, DockerfileParser } from 'dockerfile-ast'

/** An image's file layout and settings, made by the steps of its Dockerfile without a container engine. */
export interface Image {
  user: string
  env: Readonly<Record<string, string>>
  workdir: string
  volumes: readonly string[]
  entrypoint: readonly string[]
  command: readonly string[]
  health: readonly string[]
  /** Runs a program in it as its user: a read-only root, `/tmp` in memory, volumes in folders of their own. */
  spawn(command: readonly string[], env?: Record<string, string>): ReturnType<typeof spawnPiped>
  remove(): Promise<void>
}

interface Options {
  /** Folder that COPY reads. */
  context: string
  /** Steps that need the network: what they would make is put there from what this machine has. */
  replaced?: Readonly<Record<string, (root: string) => void>>
}

/** Folders of the machine that hold tools which no image has. */
const HIDDEN = ['/work', '/root', '/home', '/usr/local', '/opt']

/** Whether this machine lets this user mount folders over each other and change the root. */
export function canAssemble(): boolean {
  if (process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'mc-mount-'))
  try {
    for (const name of ['u', 'w', 'm']) mkdirSync(join(folder, name))
    const script = `mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/u,workdir=${folder}/w ${folder}/m && chroot ${folder}/m true`
    return Bun.spawnSync(['unshare', '--mount', 'sh', '-c', script], { stdout: 'ignore', stderr: 'ignore' })
      .success
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Carries out a Dockerfile. The base images are the file system of this machine, a Debian, with an empty layer over it; in
 * the finished image the folders with tools of this machine are hidden.
 */
export async function assemble(file: string, { context, replaced = {} }: Options): Promise<Image> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-image-'))
  const stages = new Map<string, string>()
  let stage = ''
  let workdir = '/'
  let user = '0:0'
  let env: Record<string, string> = {}
  let volumes: string[] = []
  const lists = { ENTRYPOINT: [] as string[], CMD: [] as string[], HEALTHCHECK: [] as string[] }
  const parsed = DockerfileParser.parse(readFileSync(file, 'utf8'))
  for (const instruction of parsed.getInstructions()) {
    const keyword = instruction.getKeyword()
    const text = instruction.getArgumentsContent() ?? ''
    const words = instruction.getArguments().map((argument) => argument.getValue())
    switch (keyword) {
      case 'FROM': {
        const name = words[2] ?? `stage-${stages.size}`
        stage = join(folder, name)
        stages.set(name, stage)
        for (const part of ['upper', 'work', 'merged']) mkdirSync(join(stage, part), { recursive: true })
        workdir = '/'
        user = '0:0'
        env = {}
        volumes = []
        break
      }
      case 'WORKDIR':
        workdir = words[0]!
        mkdirSync(join(stage, 'upper', workdir), { recursive: true })
        break
      case 'COPY':
        copy(words, fromOf(instruction), { stages, stage, workdir, context })
        break
      case 'RUN': {
        const replacement = replaced[text]
        if (replacement) replacement(join(stage, 'upper'))
        else runIn(stage, `cd ${workdir} && ${text}`, env)
        break
      }
      case 'ENV':
        for (const [, name, value] of text.replaceAll('\\\n', ' ').matchAll(/(\w+)=(\S+)/g))
          env[name!] = value!
        break
      case 'USER':
        user = words[0]!
        break
      case 'VOLUME':
        volumes.push(...words)
        break
      case 'ENTRYPOINT':
      case 'CMD':
        lists[keyword] = JSON.parse(text)
        break
      case 'HEALTHCHECK':
        lists.HEALTHCHECK = JSON.parse(text.slice(text.indexOf('[')))
        break
      case 'EXPOSE':
      case 'STOPSIGNAL':
        break
      default:
        throw new Error(`The assembly of images does not know ${keyword}`)
    }
  }
  const layer = join(stage, 'upper')
  const mounts = volumes.map((volume) => {
    const at = join(folder, 'volumes', volume)
    // As an engine does: a new volume has the owner and the mode of the folder in the image.
    mkdirSync(at, { recursive: true })
    const { uid, gid, mode } = statSync(join(layer, volume))
    Bun.spawnSync(['chown', `${uid}:${gid}`, at])
    Bun.spawnSync(['chmod', (mode & 0o777).toString(8), at])
    return { at, volume }
  })
  const merged = join(stage, 'merged')
  const holder = await hold(stage, mounts)
  return {
    user,
    env,
    workdir,
    volumes,
    entrypoint: lists.ENTRYPOINT,
    command: lists.CMD,
    health: lists.HEALTHCHECK,
    spawn(command, more = {}) {
      const settings = Object.entries({ ...env, ...more }).map(([name, value]) => `${name}=${value}`)
      const inside = ['chroot', `--userspec=${user}`, merged, '/usr/bin/env', '-i', '-C', workdir]
      const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`]
      return spawnPiped([...enter, ...inside, ...settings, ...command])
    },
    async remove() {
      holder.stdin.end()
      await holder.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A process in whose mount namespace the image lies, read-only, as long as it lives. It ends with this process. */
async function hold(stage: string, mounts: readonly { at: string; volume: string }[]) {
  const [upper, work, merged, empty] = ['upper', 'work', 'merged', 'empty'].map((name) => join(stage, name))
  mkdirSync(empty!, { recursive: true })
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const script = [
    `mount -t overlay overlay -o lowerdir=/,upperdir=${upper},workdir=${work} ${merged}`,
    ...HIDDEN.filter(isFolder).map((path) => {
      const own = join(upper!, path)
      return `mount --bind -o ro ${isFolder(own) ? own : empty} ${merged}${path}`
    }),
    `mount -t tmpfs tmpfs ${merged}/tmp`,
    `mount --bind /proc ${merged}/proc`,
    `mount --rbind /dev ${merged}/dev`,
    ...mounts.map(({ at, volume }) => `mount --bind ${at} ${merged}${volume}`),
    `mount -o remount,ro ${merged}`,
    'echo up',
    'exec cat',
  ].join(' && ')
  const holder = Bun.spawn(['unshare', '--mount', 'sh', '-c', script], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  for await (const chunk of holder.stdout) if (new TextDecoder().decode(chunk).includes('up')) return holder
  throw new Error('The layers of the image could not be mounted')
}

function spawnPiped(command: string[]) {
  return Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
}

/** The stage that a COPY reads; undefined: the context. */
function fromOf(instruction: unknown): string | undefined {
  return instruction instanceof Copy ? (instruction.getFromFlag()?.getValue() ?? undefined) : undefined
}

interface Place {
  stages: ReadonlyMap<string, string>
  stage: string
  workdir: string
  context: string
}

function copy(
  words: readonly string[],
  from: string | undefined,
  { stages, stage, workdir, context }: Place,
): void {
  const sources = [...words]
  const target = sources.pop()!
  const root = from === undefined ? context : join(stages.get(from)!, 'upper')
  const to = join(stage, 'upper', target.startsWith('/') ? '' : workdir, target)
  for (const source of sources) {
    const path = join(root, source)
    if (source === '.') copyContext(context, to)
    else if (statSync(path).isDirectory()) cpSync(path, to, { recursive: true, verbatimSymlinks: true })
    else cpSync(path, target.endsWith('/') ? join(to, basename(source)) : to)
  }
}

/** The files that `.dockerignore` lets through: it forbids everything and allows names of the root. */
function copyContext(context: string, to: string): void {
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n')
  const denied = new Set(lines.filter((line) => line.startsWith('**/')).map((line) => line.slice(3)))
  if (!lines.includes('*')) throw new Error('.dockerignore lets everything through')
  for (const line of lines)
    if (line.startsWith('!'))
      cpSync(join(context, line.slice(1)), join(to, line.slice(1)), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => !denied.has(basename(path)),
      })
}

function runIn(stage: string, text: string, env: Readonly<Record<string, string>>): void {
  const [upper, work, merged] = ['upper', 'work', 'merged'].map((name) => join(stage, name))
  writeFileSync(join(upper!, '.run.sh'), text)
  const script = [
    `mount -t overlay overlay -o lowerdir=/,upperdir=${upper},workdir=${work} ${merged}`,
    `mount --bind /proc ${merged}/proc`,
    `mount --rbind /dev ${merged}/dev`,
    `exec chroot ${merged} /bin/sh -e /.run.sh`,
  ].join(' && ')
  const done = Bun.spawnSync(['unshare', '--mount', 'sh', '-c', script], {
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: process.env.HOME ?? '/root',
      ...env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  rmSync(join(upper!, '.run.sh'))
  if (!done.success) throw new Error(`RUN ${text} failed:\n${done.stdout}${done.stderr}`)
}
