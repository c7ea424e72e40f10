/** A deployment as its plan describes it. Commands are lists of words, without a shell; `{version}` in a word is the version. */
export interface Plan {
  /** Where people reach the service, through the proxy. */
  address: string
  /** Brings the schema up to date, with the program of the new version. */
  migrate: string[]
  nodes: Node[]
  /** Account of the smoke test at the end; without it only what anybody may do is tried. */
  smoke: { email: string; org: string | undefined } | undefined
}

export interface Node {
  name: string
  /** The node itself, past the proxy. */
  address: string
  /** Replaces its program and restarts it; the server drains on SIGTERM. */
  update: string[]
}

/** Throws all problems of a plan, a line each. */
export function parsePlan(text: string): Plan {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw new Error('The plan is not JSON.')
  }
  const problems: string[] = []
  const plan = record(given)
  const string = (at: string, value: unknown, fits = (_: string) => true, what = 'a text'): string => {
    if (typeof value === 'string' && value !== '' && fits(value)) return value
    problems.push(`${at} must be ${what}.`)
    return ''
  }
  const address = (at: string, value: unknown) =>
    string(
      at,
      value,
      (one) => /^https?:\/\//.test(one) && URL.canParse(one),
      'an address with http:// or https://',
    ).replace(/\/+$/, '')
  const words = (at: string, value: unknown): string[] => {
    if (Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string'))
      return value
    problems.push(`${at} must be a list of words, such as ["ssh", "node-a", "update"].`)
    return []
  }
  const given_nodes = Array.isArray(plan.nodes) ? plan.nodes.map(record) : []
  if (given_nodes.length === 0) problems.push('nodes must be a list with at least one node.')
  const nodes = given_nodes.map((node, i) => ({
    name: string(`nodes[${i}].name`, node.name),
    address: address(`nodes[${i}].address`, node.address),
    update: words(`nodes[${i}].update`, node.update),
  }))
  const names = nodes.map(({ name }) => name)
  if (new Set(names).size < names.length) problems.push('Names of nodes must differ.')
  const smoke = plan.smoke === undefined ? undefined : record(plan.smoke)
  const result: Plan = {
    address: address('address', plan.address),
    migrate: words('migrate', plan.migrate),
    nodes,
    smoke: smoke && {
      email: string('smoke.email', smoke.email),
      org: smoke.org === undefined ? undefined : string('smoke.org', smoke.org),
    },
  }
  const known = ['address', 'migrate', 'nodes', 'smoke']
  for (const name of Object.keys(plan))
    if (!known.includes(name)) problems.push(`There is no "${name}" in a plan.`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return result
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
