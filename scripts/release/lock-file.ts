/** Packages of a `bun.lock`, and which of them a workspace needs to run. */

export interface LockedPackage {
  /** Its place in the lock file: the name, below the package that needs a version of its own. */
  key: string
  name: string
  version: string
  /** As the registry has it, e.g. `sha512-…`. */
  integrity: string | undefined
  /** For some systems only, or not needed where it cannot be had. */
  optional: boolean
  /** Keys of packages. */
  needs: string[]
}

type Names = Record<string, string>
interface Entry {
  dependencies?: Names
  optionalDependencies?: Names
  peerDependencies?: Names
  optionalPeers?: string[]
}
interface Lock {
  workspaces: Record<string, Entry & { name: string; devDependencies?: Names }>
  packages: Record<string, [string, ...unknown[]]>
}

export function parseLock(text: string): Lock {
  return Bun.JSONC.parse(text) as Lock
}

/** What the workspaces need to run, themselves left out, in the order of names; development dependencies are not followed. */
export function runtimePackages(lock: Lock, workspaces: readonly string[]): LockedPackage[] {
  const found = new Map<string, LockedPackage>()
  const visit = (above: readonly string[], entry: Entry, optional: boolean): string[] => {
    const keys: string[] = []
    for (const [name, is_optional] of namesIn(entry)) {
      const key = resolve(lock, above, name)
      if (key === undefined) {
        if (is_optional) continue
        throw new Error(`bun.lock has no ${name}, which ${above.at(-1) ?? 'a workspace'} needs.`)
      }
      const locked = lock.packages[key]!
      // Packages of this repository are not of somebody else.
      if (locked[0].includes('@workspace:')) continue
      keys.push(key)
      const known = found.get(key)
      const now_optional = optional || is_optional
      if (known && (!known.optional || now_optional)) continue
      const at = locked[0].lastIndexOf('@')
      const integrity = locked.at(-1)
      const one: LockedPackage = {
        key,
        name: locked[0].slice(0, at),
        version: locked[0].slice(at + 1),
        integrity: typeof integrity === 'string' && integrity.includes('-') ? integrity : undefined,
        optional: now_optional,
        needs: [],
      }
      found.set(key, one)
      const more = locked.find((part): part is Entry => typeof part === 'object' && part !== null)
      one.needs = visit(namesOfKey(key), more ?? {}, now_optional)
    }
    return [...new Set(keys)].toSorted()
  }
  for (const workspace of workspaces) {
    const entry = lock.workspaces[workspace]
    if (!entry) throw new Error(`bun.lock has no workspace "${workspace}".`)
    visit(workspace === '' ? [] : [entry.name], entry, false)
  }
  return [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** Needed packages by name, each with whether it may be missing. */
function namesIn({ dependencies, optionalDependencies, peerDependencies, optionalPeers = [] }: Entry) {
  const names = new Map<string, boolean>()
  for (const name of Object.keys(peerDependencies ?? {}))
    if (!optionalPeers.includes(name)) names.set(name, false)
  for (const name of Object.keys(dependencies ?? {})) names.set(name, false)
  for (const name of Object.keys(optionalDependencies ?? {})) names.set(name, true)
  return names
}

/** The nearest one, as a module is resolved: below the package itself, then below each one above it. */
function resolve(lock: Lock, above: readonly string[], name: string): string | undefined {
  for (let length = above.length; length >= 0; length--) {
    const key = [...above.slice(0, length), name].join('/')
    if (key in lock.packages) return key
  }
  return undefined
}

/** `a/@b/c` is c of `@b` below a. */
function namesOfKey(key: string): string[] {
  const names: string[] = []
  for (const part of key.split('/')) {
    if (names.at(-1)?.startsWith('@') && !names.at(-1)?.includes('/')) names[names.length - 1] += `/${part}`
    else names.push(part)
  }
  return names
}
