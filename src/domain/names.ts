import prototypes from 'unhomoglyph/data.json' with { type: 'json' }
import { ApiError } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'

/** Names of the server itself: nobody speaks under them. */
const PRODUCT = 'Mission Control'
const SUB_AGENT = 'Sub-agent'
const RESERVED = [PRODUCT, 'System', SUB_AGENT]

/** The prototype of each character that is drawn like another one (Unicode Technical Standard 39, confusables.txt). */
const PROTOTYPES: ReadonlyMap<string, string> = new Map(Object.entries(prototypes))

/** Without invisible characters, with white space as a single space. */
function visible(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\u2800]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
}

/** UTS 39, section 4: two texts with one skeleton look alike. */
function skeleton(text: string): string {
  let drawn = ''
  for (const character of text.normalize('NFD')) drawn += PROTOTYPES.get(character) ?? character
  return drawn.normalize('NFD').toLowerCase()
}

/**
 * Keys of a name: two names that share one are taken for each other. One is by look (`Al` and `AI`), one by look
 * without case (`Ian` and `ian`).
 */
function nameKeys(name: string): string[] {
  const shown = visible(name)
  return [`look ${skeleton(shown)}`, `case ${skeleton(shown.toLowerCase())}`]
}

/** Names in use by the ids of their holders. Keys are computed at the first question: most readers ask none. */
export class NameIndex {
  readonly #names = new Map<string, readonly string[]>()
  readonly #holders = new Map<string, Set<string>>()
  readonly #pending = new Set<string>()

  /** Replaces the names of a holder. */
  set(id: string, ...names: string[]): void {
    const before = this.#names.get(id)
    if (before?.length === names.length && before.every((name, i) => name === names[i])) return
    this.delete(id)
    this.#names.set(id, names)
    this.#pending.add(id)
  }

  delete(id: string): void {
    const names = this.#names.get(id) ?? []
    this.#names.delete(id)
    if (this.#pending.delete(id)) return
    for (const key of names.flatMap(nameKeys)) {
      const holders = this.#holders.get(key)
      holders?.delete(id)
      if (holders?.size === 0) this.#holders.delete(key)
    }
  }

  clear(): void {
    this.#names.clear()
    this.#holders.clear()
    this.#pending.clear()
  }

  /** Whether somebody other than `except` has a name that is taken for this one. */
  has(name: string, except?: string): boolean {
    this.#complete()
    return nameKeys(name).some((key) => {
      for (const id of this.#holders.get(key) ?? []) if (id !== except) return true
      return false
    })
  }

  #complete(): void {
    for (const id of this.#pending)
      for (const key of (this.#names.get(id) ?? []).flatMap(nameKeys)) {
        const holders = this.#holders.get(key)
        if (holders) holders.add(id)
        else this.#holders.set(key, new Set([id]))
      }
    this.#pending.clear()
  }
}

const reserved = new NameIndex()
for (const name of RESERVED) reserved.set(name, name)

/** Looks like the name of a sub-agent, which has a number. The skeletons of 0 and 1 are the letters. */
const NUMBERED = new RegExp(`^${skeleton(SUB_AGENT.toLowerCase())}\\s*[lo2-9]+$`)

/** Throws 409 for a name that belongs to the server, or to a sub-agent. */
export function checkNotReserved(name: string): void {
  if (reserved.has(name) || NUMBERED.test(skeleton(visible(name).toLowerCase())))
    throw new ApiError('NAME_TAKEN', 'This name belongs to Mission Control itself.')
}

/** Throws 409 for a name that is, or looks like, the name of the server or of another holder than `except`. */
export function checkNameFree(names: NameIndex, name: string, except?: string): void {
  checkNotReserved(name)
  checkNotHeld(names, name, except)
}

/** A name that no other holder than `except` has or looks like: the wanted one, with an addition where it is taken. */
export function freeName(names: NameIndex, wanted: string, addition: string, except?: string): string {
  for (let n = 1; ; n++) {
    const added = n === 1 ? '' : n === 2 && addition !== '' ? ` (${addition})` : ` (${n})`
    const room = LIMITS.display_name_max - added.length
    const name = `${[...wanted].slice(0, Math.max(1, room)).join('').trim()}${added}`
    const free = refusalFree(() => checkNameFree(names, name, except))
    if (free) return name
  }
}

function refusalFree(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}

/** The same for a project, which speaks to nobody: it may have exactly the name of the product, as one that builds it. */
export function checkProjectNameFree(names: NameIndex, name: string, except?: string): void {
  if (name !== PRODUCT) checkNotReserved(name)
  checkNotHeld(names, name, except)
}

function checkNotHeld(names: NameIndex, name: string, except: string | undefined): void {
  if (names.has(name, except))
    throw new ApiError('NAME_TAKEN', 'This name is taken, or looks like one that is.')
}
