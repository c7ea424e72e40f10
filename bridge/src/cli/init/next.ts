import { resolve } from 'node:path'
import { configCandidates, type Surroundings } from '../../config/paths.ts'

const RESTART = 'A bridge is running: restart it, so that it takes the changes up.'

/** The commands that follow, as they work from this folder. */
export function nextText(
  config_path: string,
  { leftover, running, around }: { leftover: string | null; running: boolean; around: Surroundings },
): string {
  const found = configCandidates(undefined, around).some((place) => place === resolve(config_path))
  const option = found ? '' : ` --config ${quoted(config_path)}`
  const user = around.platform === 'linux' ? ' --user' : ''
  const commands = [
    ['run', 'connects the agent now; Ctrl-C ends it'],
    [`service install${user}`, 'lets this machine keep it running'],
    ['check', 'tests everything again'],
  ].map(([name, about]) => [`mc-bridge ${name}${option}`, about])
  const width = Math.max(...commands.map(([command = '']) => command.length))
  const lines = commands.map(([command = '', about]) => `${command.padEnd(width)}   ${about}`)
  const first = [...(leftover === null ? [] : [leftover]), ...(running ? [RESTART] : [])]
  return [...first, ...(first.length > 0 ? [''] : []), ...lines].join('\n')
}

const quoted = (path: string) =>
  /^[\w@%+=:,./\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
