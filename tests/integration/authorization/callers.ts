import { ERROR_STATUS, type ErrorCode } from '../../../src/contracts/errors.ts'

/** Who asks, in the order of the table's columns, with the head of the column. */
export const CALLERS = {
  anonymous: 'nobody',
  outsider: 'administrator of another org',
  outsider_agent: 'agent of another org',
  unassigned: 'contributor',
  assigned: 'contributor, assigned',
  owner: 'contributor, owner',
  administrator: 'administrator',
  agent_unassigned: 'agent',
  agent_assigned: 'agent, assigned',
  sub_agent: 'sub-agent',
  suspended: 'administrator, org suspended',
  pending: 'administrator, org to be deleted',
} as const

export type CallerName = keyof typeof CALLERS
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[]

/** What a caller is answered: a good status, or a refusal's status and code. */
export type Cell = `${number}` | `${number} ${ErrorCode}`
export type Cells = Record<CallerName, Cell>

/** One line of the table. An operation has several when it matters what it is about. */
export interface Row {
  /** Method and path, as in the API document. */
  operation: string
  about: string
  cells: Cells
}

/** A refusal as the table says it. */
export const refusal = (code: ErrorCode): Cell => `${ERROR_STATUS[code]} ${code}`

const UNAUTHENTICATED = refusal('UNAUTHENTICATED')

/** The same for whoever asks. */
export function anybody(cell: Cell): Cells {
  return Object.fromEntries(CALLER_NAMES.map((name) => [name, cell])) as Cells
}

/** For people who are signed in, whatever their org; agents get `agent`. */
export function people(person: Cell, agent: Cell, sub_agent = agent): Cells {
  return {
    ...anybody(person),
    anonymous: UNAUTHENTICATED,
    outsider_agent: agent,
    agent_unassigned: agent,
    agent_assigned: agent,
    sub_agent,
  }
}

export interface Members extends Partial<Cells> {
  administrator: Cell
  /** All contributors, people and agents. As the administrator when left out. */
  contributor?: Cell
  /** Those whom the project is hidden from or closed to: contributors that are not assigned to it. */
  outside_project?: Cell
  /** Both kinds of a read-only org. Reading goes on, writing is refused when left out. */
  read_only?: Cell
}

/** For members of the org in the path: all others learn nothing, a sub-agent only what is said here. */
export function members(operation: string, row: Members): Cells {
  const { administrator, contributor = administrator, outside_project = contributor, ...rest } = row
  const reading = operation.startsWith('GET ')
  const { read_only = reading ? administrator : refusal('ORG_READ_ONLY'), ...exceptions } = rest
  return {
    anonymous: UNAUTHENTICATED,
    outsider: refusal('ORG_NOT_FOUND'),
    outsider_agent: refusal('ORG_NOT_FOUND'),
    unassigned: outside_project,
    assigned: contributor,
    owner: contributor,
    administrator,
    agent_unassigned: outside_project,
    agent_assigned: contributor,
    sub_agent: refusal('NOT_FOUND'),
    suspended: read_only,
    pending: read_only,
    ...exceptions,
  }
}
