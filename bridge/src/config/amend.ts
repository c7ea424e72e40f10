import { isMap, isSeq, parseDocument } from 'yaml'
import type { Answers } from './write.ts'

/** What `init` changes in a configuration that is there. */
export type Amendment = Pick<Answers, 'server_url' | 'verify_tls' | 'gateway_url'> & {
  agent: Answers['agents'][number]
}

/**
 * A valid configuration with its server, its gateway and one agent as given: the agent of that name is replaced, or a new
 * one added. Everything else, comments included, stays. What is so already is not touched.
 */
export function amendedText(text: string, { server_url, verify_tls, gateway_url, agent }: Amendment): string {
  const document = parseDocument(text)
  let changed = false
  const set = (path: readonly (string | number)[], value: string | boolean) => {
    if (document.getIn(path) === value) return
    document.setIn(path, value)
    changed = true
  }
  set(['mission_control', 'url'], server_url)
  if (!verify_tls || document.hasIn(['mission_control', 'verify_tls']))
    set(['mission_control', 'verify_tls'], verify_tls)
  set(['gateway', 'url'], gateway_url)
  // Init pairs a device: a token of before would go first.
  if (document.hasIn(['gateway', 'token_env'])) {
    document.deleteIn(['gateway', 'token_env'])
    changed = true
  }
  const agents = document.get('agents')
  const list = isSeq(agents) ? agents.items : []
  const at = list.findIndex((item) => isMap(item) && item.get('name') === agent.name)
  for (const [name, value] of Object.entries(agent)) {
    if (at >= 0) set(['agents', at, name], value)
  }
  if (at < 0) {
    document.addIn(['agents'], document.createNode(agent))
    changed = true
  }
  return changed ? document.toString({ lineWidth: 0 }) : text
}
