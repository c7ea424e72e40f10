import type { ReplyTo } from '../../contracts/calls.ts'
import type { CommandName, Inputs } from '../../contracts/commands.ts'
import type { OrgEdge } from '../../edge/org-edge.ts'
import type { Deps } from '../deps.ts'
import type { ScimQuery } from './query.ts'

/** A request of a provider: authenticated and read. */
export interface ScimCall {
  deps: Deps
  request: Request
  edge: OrgEdge
  /** Address of the service, without a trailing slash. */
  base_url: string
  /** Of the resource in the path; empty without one. */
  id: string
  query: ScimQuery
  body: unknown
  command<N extends CommandName>(name: N, input: Inputs[N]): Promise<ReplyTo<N>>
}
