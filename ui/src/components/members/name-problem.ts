import { nameFault } from '@contracts/names.ts'
import { t } from '../../i18n/index.ts'

/** Why a name would show nothing, or something else than it is; undefined for a good one. */
export function nameProblem(name: string): string | undefined {
  const fault = nameFault(name)
  return fault && t(`members.name_fault.${fault}`)
}
