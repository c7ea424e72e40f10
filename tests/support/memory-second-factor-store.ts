import type { SecondFactorStore, StoredFactor } from '../../src/auth/second-factors.ts'

/** Second factors in memory; second-factor-store-contract.ts says what holds for both stores. */
export class MemorySecondFactorStore implements SecondFactorStore {
  readonly rows = new Map<string, StoredFactor & { last_step: number; codes: Map<string, boolean> }>()

  async find(account_id: string) {
    const row = this.rows.get(account_id)
    return row && { secret: row.secret, confirmed_at: row.confirmed_at }
  }

  async begin(account_id: string, secret: string) {
    if (this.#confirmed(account_id)) return false
    this.rows.set(account_id, { secret, confirmed_at: null, last_step: 0, codes: new Map() })
    return true
  }

  async confirm(account_id: string, secret: string, step: number, code_hashes: readonly string[]) {
    const row = this.rows.get(account_id)
    if (row?.secret !== secret || row.confirmed_at !== null) return false
    Object.assign(row, {
      confirmed_at: new Date().toISOString(),
      last_step: step,
      codes: unused(code_hashes),
    })
    return true
  }

  async takeStep(account_id: string, step: number) {
    const row = this.#confirmed(account_id)
    if (!row || row.last_step >= step) return false
    row.last_step = step
    return true
  }

  async takeRecoveryCode(account_id: string, code_hash: string) {
    const codes = this.rows.get(account_id)?.codes
    if (codes?.get(code_hash) !== false) return false
    codes.set(code_hash, true)
    return true
  }

  async replaceRecoveryCodes(account_id: string, code_hashes: readonly string[]) {
    const row = this.#confirmed(account_id)
    if (row) row.codes = unused(code_hashes)
    return row !== undefined
  }

  async recoveryCodesLeft(account_id: string) {
    return [...(this.rows.get(account_id)?.codes.values() ?? [])].filter((used) => !used).length
  }

  async remove(account_id: string) {
    return this.#confirmed(account_id) !== undefined && this.rows.delete(account_id)
  }

  #confirmed(account_id: string) {
    const row = this.rows.get(account_id)
    return row?.confirmed_at == null ? undefined : row
  }
}

const unused = (hashes: readonly string[]) => new Map(hashes.map((hash) => [hash, false]))
