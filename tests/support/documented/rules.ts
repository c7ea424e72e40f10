import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import manifest from '../../../package.json'
import { ROOT } from './commands.ts'

/**
 * What becomes of a command of the documents:
 * `run`      it is executed as it stands, in one shell with the others of its document;
 * `stays`    it is started, and runs beside what follows once it has said `until`; `look` tries what it does;
 * `ends`     it is started, and ended like by Ctrl-C once it has said `until`;
 * `short`    `as` is executed instead, because of `why`;
 * `elsewhere` it needs another machine: `check` returns what is wrong with it, because of `why`.
 */
export type Rule = { at: RegExp; in?: RegExp } & (
  | { how: 'run'; env?: string }
  | { how: 'stays'; until: string; look?: string }
  | { how: 'ends'; until: string }
  | { how: 'short'; as: string; why: string }
  | { how: 'elsewhere'; check(command: string): string | undefined; why: string }
)

const MINUTES = 'it takes minutes'

/** The first one that fits is that of a command. A command that none fits fails the test. */
export const RULES: readonly Rule[] = [
  // The programs themselves
  { at: /^npm start$/, how: 'stays', until: 'listens on' },
  { at: /^npm run demo$/, how: 'ends', until: 'Sign in as Ines' },
  {
    at: /^npm run dev$/,
    how: 'short',
    as: 'npm run dev -- --help',
    why: 'it takes two ports of the machine',
  },
  { at: /^npm test(?: -- --changed)?$/, how: 'short', as: 'npm test -- --help', why: 'it is what runs this' },
  {
    at: /^npm test (?:openclaw|unit|integration|e2e|chaos)$/,
    how: 'short',
    as: 'npm test -- --help',
    why: MINUTES,
  },
  { at: /^npm test tests\/\S+$/, how: 'run' },
  { at: /^npm start -- restore \S+ --check$/, how: 'run' },
  {
    at: /^(?:SOURCE_DATE_EPOCH=\S+ \S+ -1 --format=%ct\) )?bun (?:bridge\/)?scripts\/compile(?:-server)?\.ts /,
    how: 'elsewhere',
    check: file,
    why: `${MINUTES}; tests/integration/ship/release.test.ts builds them twice`,
  },
  {
    at: /^bun scripts\/release\/cut\.ts /,
    how: 'elsewhere',
    check: file,
    why: 'it changes this checkout; tests/unit/release cuts releases of a copy',
  },
  {
    at: /^MC_SMOKE_PASSWORD=\S+ bun scripts\/deploy\.ts /,
    how: 'elsewhere',
    check: file,
    why: 'it needs nodes; tests/integration/ship/deploy.test.ts rolls two',
  },
  { at: /^npm start -- /, how: 'run' },
  {
    at: /^mission-control restore \S+$/,
    how: 'run',
    // An empty installation.
    env: 'TO="$SCRATCH/restored"',
  },
  {
    at: /^mission-control upgrade-database/,
    how: 'short',
    as: 'mission-control upgrade-database --help',
    why: 'it needs a PostgreSQL of another version',
  },
  {
    at: /^mission-control archive restore/,
    how: 'short',
    as: 'mission-control archive restore --help',
    why: 'it needs messages that retention has removed',
  },
  {
    at: /^mission-control import/,
    how: 'short',
    as: 'mission-control import --help',
    why: 'it needs the file of an export',
  },
  { at: /^mission-control /, how: 'run' },
  { at: /^mc-bridge run$/, how: 'stays', until: 'The bridge runs' },
  { at: /^mc-bridge /, how: 'run' },
  { at: /^(?:MC_SMOKE_PASSWORD=\S+ )?bun run smoke /, how: 'run' },
  {
    at: /^bun test tests\/unit\/domain$/,
    how: 'short',
    as: 'bun test tests/unit/domain/names.test.ts',
    why: MINUTES,
  },
  {
    at: /^(?:MC_APP_HOSTS=\S+ )?bun run (?:check|format|mobile|bench|chaos|dogfood|soak:bridge|soak|build:bridge|build)\b/,
    how: 'elsewhere',
    check: script,
    why: MINUTES,
  },

  // What a reader's shell does
  { at: /^bash agent\.sh$/, how: 'stays', until: '', look: 'curl -fsS "$CONTROL/answered"' },
  { at: /events\/stream/, how: 'run' },
  { at: /^(?:export |cat |for |grep |rm -r data\/demo$|[A-Z_]+=|curl (?!-fsSL ADDRESS))/, how: 'run' },
  { at: /^cd mission-control$/, how: 'elsewhere', check: () => undefined, why: 'the test is in that folder' },
  {
    at: /^git (?:clone ADDRESS mission-control(?: && cd mission-control)?|pull --ff-only)$/,
    how: 'elsewhere',
    check: () => undefined,
    why: 'it needs the address of a repository',
  },

  {
    at: /^git (?:commit -am|tag -s|push origin) /,
    how: 'elsewhere',
    check: () => undefined,
    why: 'it changes the repository',
  },

  // Other machines
  {
    at: /^(?:sha256sum --check --ignore-missing SHA256SUMS|gh attestation verify )/,
    how: 'elsewhere',
    check: () => undefined,
    why: 'it needs the files of a release',
  },
  {
    at: /^(?:cd ui\/mobile\/android|\.\/gradlew )/,
    how: 'elsewhere',
    check: () => undefined,
    why: "it needs Android's SDK",
  },
  {
    at: /^curl -fsSL ADDRESS\/install\.sh \| sudo bash -s -- /,
    how: 'elsewhere',
    check: installer,
    why: 'it changes the machine; tests/machine/installer.test.ts runs it in one of its own',
  },
  {
    at: /^docker (?:build|compose) /,
    how: 'elsewhere',
    check: containers,
    why: 'there is no container engine; tests/integration/ship/containers.test.ts assembles the images',
  },
  {
    at: /^cd \/opt\/mission-control\/docker$/,
    how: 'elsewhere',
    check: () => (installs('/opt/mission-control') ? undefined : 'install.sh does not use this folder'),
    why: 'the installer makes it',
  },
  {
    at: /^sudo install dist\/mc-bridge-linux-x64 \/usr\/local\/bin\/mc-bridge$/,
    how: 'elsewhere',
    check: () => undefined,
    why: 'it changes the machine',
  },
  {
    at: /^(?:systemctl|loginctl) /,
    how: 'elsewhere',
    check: unit,
    why: 'it needs systemd, and the session of a user',
  },
]

/** The file of a command is there. */
function file(command: string): string | undefined {
  const path = /\bbun (\S+\.ts)/.exec(command)?.[1]
  return path !== undefined && existsSync(join(ROOT, path)) ? undefined : `there is no ${path}`
}

/** The script of a command is there, and knows its options. */
function script(command: string): string | undefined {
  const [, name = '', rest = ''] = /\bbun run (\S+)(.*)$/.exec(command) ?? []
  const runs = (manifest.scripts as Record<string, string>)[name]
  if (runs === undefined) return `there is no script ${name}`
  const file = /(\S+\.ts)/.exec(runs)?.[1]
  const folder = file === undefined ? undefined : join(ROOT, dirname(file))
  for (const [option] of rest.matchAll(/--[a-z-]+/g)) {
    const names = folder === undefined ? [] : [...new Bun.Glob('**/*.ts').scanSync({ cwd: folder })]
    const known = names.some((one) => mentions(join(folder ?? '', one), option.slice(2)))
    if (!known) return `${name} does not know ${option}`
  }
  return undefined
}

function mentions(file: string, option: string): boolean {
  const text = readFileSync(file, 'utf8')
  return text.includes(`--${option}`) || text.includes(`'${option}'`) || text.includes(`${option}:`)
}

const INSTALL = join(ROOT, 'scripts', 'install.sh')
const installs = (text: string) => readFileSync(INSTALL, 'utf8').includes(text)

function installer(command: string): string | undefined {
  const help = Bun.spawnSync(['bash', INSTALL, '--help']).stdout.toString()
  for (const [option] of command.split('bash -s -- ')[1]?.matchAll(/--[a-z-]+/g) ?? [])
    if (!help.includes(option)) return `install.sh does not know ${option}`
  return undefined
}

function containers(command: string): string | undefined {
  for (const [, file = ''] of command.matchAll(/ (?:-f|--file) (\S+)/g))
    if (!existsSync(join(ROOT, file))) return `there is no ${file}`
  const service = /^docker compose (?:logs|exec) (\S+)/.exec(command)?.[1]
  if (service === undefined) return undefined
  const composed = readFileSync(join(ROOT, 'docker', 'docker-compose.selfhost.yml'), 'utf8')
  return new RegExp(`^  ${service}:$`, 'm').test(composed) ? undefined : `there is no service ${service}`
}

/** The unit that a command names is the one that the program installs. */
function unit(command: string): string | undefined {
  const name = /\b(mission-control\S*)/.exec(command)?.[1]
  if (name === undefined) return undefined
  const known = name.includes('bridge')
    ? [...new Bun.Glob('bridge/src/cli/**/*.ts').scanSync({ cwd: ROOT })].some((file) =>
        readFileSync(join(ROOT, file), 'utf8').includes(name),
      )
    : installs(name)
  return known ? undefined : `nothing installs ${name}`
}
