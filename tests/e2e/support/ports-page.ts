/** What the page of the contract suites offers; the page itself is ui/tests/support/ports-page.ts. */
export interface PortsPage {
  titles: string[]
  /** Runs one rule; resolves with its failure, null when it holds. */
  run(title: string): Promise<string | null>
}
