import { stringify } from 'yaml'
import type { WakeRule } from './config.ts'
import { DEFAULTS } from './defaults.ts'

/** What `init` asks for; everything else begins with its default. */
export interface Answers {
  server_url: string
  /** Only for plain HTTP to another machine, or a certificate of one's own. */
  verify_tls: boolean
  gateway_url: string
  /** Null: the device is paired with the gateway. */
  token_env: string | null
  agents: { name: string; api_key_env: string; org_slug: string; gateway_agent: string; wake: WakeRule }[]
  /** Path of the secrets file; null: environment variables. */
  secrets_path: string | null
  /** The usual one when left out. */
  health_port?: number
}

/** A configuration with comments, as a person goes on editing it. Reading it gives the answers back. */
export function configText(answers: Answers): string {
  return `# Configuration of the Comms Bridge. Check it with: mc-bridge check
# Keys and tokens do not belong in this file: it names the credentials that hold them.

mission_control:
  url: ${scalar(answers.server_url)}
${
  answers.verify_tls
    ? '  # false accepts plain HTTP and certificates that nobody vouches for.\n  # verify_tls: true'
    : '  # Accepts plain HTTP and certificates that nobody vouches for.\n  verify_tls: false'
}
  # request_timeout_seconds: ${DEFAULTS.request_timeout_seconds}

gateway:
  url: ${scalar(answers.gateway_url)}
${
  answers.token_env === null
    ? '  # This device is paired with the gateway. With its shared token instead, name the credential:\n  # token_env: OPENCLAW_GATEWAY_TOKEN'
    : `  # Name of the credential that holds the gateway's shared token. Without it, this device is paired.\n  token_env: ${scalar(answers.token_env)}`
}

agents:
${answers.agents.map(agentText).join('\n')}
credentials:
${credentialsText(answers.secrets_path)}

# state:
#   db_path: state.db

${healthText(answers.health_port ?? DEFAULTS.health_port)}

# logging:
#   level: info      # debug, info, warn, error
#   format: json     # json, text
`
}

function agentText(agent: Answers['agents'][number]): string {
  return `  - name: ${scalar(agent.name)}
    # Name of the credential that holds the API key.
    api_key_env: ${scalar(agent.api_key_env)}
    org_slug: ${scalar(agent.org_slug)}
    gateway_agent: ${scalar(agent.gateway_agent)}
    # mention: mentioned, assigned or replied to. project: also messages of people in its projects. all: all of people.
    wake: ${agent.wake}
    # auto_subscribe: true
    # history_fetch_count: ${DEFAULTS.history_fetch_count}
`
}

const credentialsText = (path: string | null) =>
  path === null
    ? '  # env, file, aws_secrets_manager or vault.\n  provider: env'
    : `  # env, file, aws_secrets_manager or vault. The file must have mode 0600; changes are picked up.\n  provider: file\n  path: ${scalar(path)}`

const healthText = (port: number) =>
  port === DEFAULTS.health_port
    ? `# health:\n#   host: ${DEFAULTS.health_host}\n#   port: ${port}`
    : `health:\n  # ${DEFAULTS.health_port} was taken when this was written.\n  # host: ${DEFAULTS.health_host}\n  port: ${port}`

/** One value in the notation that reads back as the same text. */
const scalar = (text: string): string => stringify(text, { lineWidth: 0 }).trimEnd()
