import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '..', '..')

/** One process of the suite: a set of test files, or a program that tests something itself. */
export interface Job {
  /** Printed before its lines, and the name of a job that was ended. */
  name: string
  command: string[]
  /** How its output is counted. */
  output: 'bun' | 'deno' | 'program'
  /** Needs the PostgreSQL that test servers share. */
  cluster?: boolean
}

/** A job without output for this long is killed; a shorter limit would only detect a slow machine. */
export const SILENCE_MS = 5 * 60_000

/** Jobs that are reported together. */
export interface Group {
  name: string
  jobs: Job[]
  /** Jobs at the same time; a group of measurements has 1. */
  at_once: number
}

const bun = process.execPath

export function bunTest(name: string, paths: readonly string[], cluster = false): Job {
  return {
    name,
    command: [bun, '--no-orphans', 'test', '--timeout', String(SILENCE_MS), ...paths],
    output: 'bun',
    cluster,
  }
}

function program(name: string, ...command: string[]): Job {
  return { name, command: [bun, ...command], output: 'program' }
}

/** A process per file, the longest first: a file that hangs or crashes takes no other with it. */
function perFile(folder: string, leave_out?: string): Job[] {
  const files = [...new Bun.Glob(`${folder}/**/*.test.ts`).scanSync({ cwd: ROOT })].filter(
    (file) => leave_out === undefined || !file.startsWith(`${leave_out}/`),
  )
  const place = (file: string) => {
    const at = LONGEST.findIndex((part) => file.endsWith(part))
    return at < 0 ? LONGEST.length : at
  }
  return files
    .toSorted((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((file) => bunTest(file, [`./${file}`], true))
}

/** Files that take long, so that none of them is the last one running. */
const LONGEST: readonly string[] = [
  'integration/db/plans.test.ts',
  'integration/ship/installer.test.ts',
  'integration/ship/release.test.ts',
  'integration/ship/proxies.test.ts',
  'integration/backup/external.test.ts',
  'integration/start/killed-install.test.ts',
  'integration/db/embedded.test.ts',
  'integration/start/killed-database.test.ts',
  'integration/backup/commands.test.ts',
  'integration/ship/containers.test.ts',
  'integration/reliability/fencing.test.ts',
  'integration/authorization/matrix.test.ts',
  'integration/commands.test.ts',
  'integration/reliability/postgres-restart.test.ts',
  'e2e/views.test.ts',
  'e2e/task-board.test.ts',
  'e2e/overlays.test.ts',
  'e2e/tabs.test.ts',
  'e2e/restart.test.ts',
  'e2e/large-org.test.ts',
  'e2e/offline.test.ts',
  'e2e/blocked-socket.test.ts',
]

const PROOFS = ['rls', 'search', 'sse', 'websocket', 'sub-agents', 'bridge']

/** Against real releases of OpenClaw, which are installed into the user's cache: a gigabyte each. */
const OPENCLAW_TESTS = 'tests/integration/openclaw'

/** On a fresh Debian, made with debootstrap: root and the network are needed. */
const MACHINE_TESTS = 'tests/machine'

/** Groups that run by their name only: `npm test openclaw`, `npm test machine`. */
export function namedGroups(): Group[] {
  return [
    { name: 'openclaw', jobs: perFile(OPENCLAW_TESTS), at_once: 1 },
    { name: 'machine', jobs: perFile(MACHINE_TESTS), at_once: 1 },
  ]
}

/** Everything that `npm test` runs, in this order. `jobs_max` is about independent test files. */
export function allGroups(jobs_max: number): Group[] {
  return [
    {
      name: 'unit',
      jobs: [
        // Filters, not folders: each matches any path that contains it.
        bunTest('unit', ['tests/unit', 'tests/architecture', 'tests/chaos', 'bridge/tests']),
        // A process of its own: components are tested with the globals of a browser.
        bunTest('unit of the app', ['ui/tests']),
      ],
      at_once: jobs_max,
    },
    {
      name: 'actors under Deno',
      jobs: [
        {
          name: 'actors under Deno',
          command: [
            'node_modules/.bin/deno',
            'test',
            '--no-check',
            '--allow-all',
            '--quiet',
            'tests/unit/actors',
          ],
          output: 'deno',
        },
      ],
      at_once: 1,
    },
    { name: 'integration', jobs: perFile('tests/integration', OPENCLAW_TESTS), at_once: jobs_max },
    // One process, because its files attack one server.
    { name: 'security', jobs: [bunTest('security', ['./tests/security'], true)], at_once: 1 },
    { name: 'end to end', jobs: perFile('tests/e2e'), at_once: jobs_max },
    {
      name: 'chaos, short form',
      jobs: [
        program('soak of the bridge', 'tests/soak/run.ts', '--minutes', '3', '--fault-seconds', '15'),
        program('chaos', 'tests/chaos/run.ts', '--seed', '1'),
        program('chaos --fencing', 'tests/chaos/run.ts', '--fencing', '--rounds', '3', '--seed', '1'),
        program('chaos --single', 'tests/chaos/run.ts', '--single', '--kills', '10'),
        program('chaos --inside', 'tests/chaos/run.ts', '--inside', '--minutes', '0.33'),
      ],
      at_once: jobs_max,
    },
    {
      name: 'proofs, short form',
      jobs: PROOFS.map((proof) => program(`proof ${proof}`, 'poc/run.ts', '--short', proof)),
      at_once: 1,
    },
  ]
}
