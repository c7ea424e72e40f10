/** Where a client of a run connects. */
export interface Target {
  /** Address of the node that the next connection or request goes to. */
  url(): string
  org_id: string
  /** Slug. */
  org: string
  headers: Record<string, string>
}
