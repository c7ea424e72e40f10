import type { CommandName } from './arguments.ts'

/** What people are told about a command. */
interface About {
  /** One line for the overview. */
  summary: string
  /** Options as the usage shows them. */
  usage: string
  details: string[]
}

const CONFIG_LINE = '  -c, --config PATH   the configuration; without it the usual places are searched'

const ABOUT: Readonly<Record<CommandName, About>> = {
  run: {
    summary: 'connect the agents, until SIGTERM',
    usage: '[--config PATH]',
    details: [CONFIG_LINE],
  },
  init: {
    summary: 'ask for the addresses and the key, pair with the gateway, send a test message',
    usage: '[--config PATH] [--force] [--yes]',
    details: [
      '  -c, --config PATH   where the configuration is written; without it, your configuration folder',
      '      --force         begin anew and replace what is there, without asking',
      '  -y, --yes           ask nothing: take the variables and the defaults',
      '',
      'Variables: MC_URL, MC_ORG and MC_API_KEY, as "Connect an agent" in the app shows them, and',
      'OPENCLAW_GATEWAY_TOKEN, which is used once for pairing and not kept. What they set is not asked.',
      'OPENCLAW_GATEWAY_URL is offered as the address of the gateway.',
    ],
  },
  check: {
    summary: 'test the configuration, the server and the gateway, and say what is wrong',
    usage: '[--config PATH] [--json] [--post]',
    details: [
      CONFIG_LINE,
      '      --json          print the steps as JSON',
      '      --post          also post the answer of the test turn, where all in the organization read it',
      '',
      'Each agent of the gateway is asked to say hello. Exit code 0: nothing failed. 1: something did.',
    ],
  },
  status: {
    summary: 'show what a running bridge does',
    usage: '[--config PATH] [--json]',
    details: [
      CONFIG_LINE,
      '      --json          print the health report as it is',
      '',
      'Exit code 0: all is well. 1: it is not, or no bridge runs.',
    ],
  },
  'service install': {
    summary: 'start the bridge with this machine (systemd, launchd) or print how (Windows)',
    usage: '[--config PATH] [--user] [--print]',
    details: [
      CONFIG_LINE,
      '      --user          for this person, not for the machine (always so on macOS)',
      '      --print         show what would be written, write nothing',
    ],
  },
  version: { summary: 'print the version', usage: '', details: [] },
}

export const usageOf = (name: CommandName): string =>
  `Usage: mc-bridge ${name} ${ABOUT[name].usage}`.trimEnd()

/** The help of one command. */
export function helpOf(name: CommandName): string {
  const { summary, details } = ABOUT[name]
  const about = `${summary[0]?.toUpperCase()}${summary.slice(1)}.`
  return [usageOf(name), '', about, ...(details.length > 0 ? ['', ...details] : [])].join('\n')
}

/** The help of the program. */
export function overview(): string {
  const width = Math.max(...Object.keys(ABOUT).map((name) => name.length))
  return [
    'mc-bridge connects the agents of an OpenClaw Gateway to Mission Control.',
    '',
    'Usage: mc-bridge <command> [options]',
    '',
    ...Object.entries(ABOUT).map(([name, { summary }]) => `  ${name.padEnd(width)}   ${summary}`),
    '',
    'The configuration is --config, $MC_BRIDGE_CONFIG, ./comms-bridge.yaml, the file of that name in your',
    'configuration folder, or /etc/mission-control/comms-bridge.yaml. Begin with: mc-bridge init',
    '',
    'Help for one command: mc-bridge <command> --help',
    'Exit codes: 0 done, 1 failed, 2 a mistake in the command line or in the configuration.',
  ].join('\n')
}
