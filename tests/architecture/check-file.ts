import { posix } from 'node:path'
import { COMPOSITION, HOMES, OUTSIDE, ROOMS, type Room, SEALED } from './rules.ts'
import { factsOf } from './source.ts'

/** The room a file of the house is in; undefined when the house has no such room. */
export function roomOf(path: string): Room | undefined {
  const found = ROOMS.find((room) =>
    room.at.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place)),
  )
  if (found) return found
  return COMPOSITION.test(path) ? ROOMS.find((room) => room.name === 'composition') : undefined
}

/** Everything in one file that goes against the table, as sentences. `path` is relative to the checkout. */
export function violations(path: string, text: string): string[] {
  const room = roomOf(path)
  if (!room) return [`${path}: the house has no such room; see tests/architecture/rules.ts`]
  const facts = factsOf(path, text)
  const found: string[] = []
  for (const specifier of new Set(facts.imports)) {
    const problem = importProblem(path, room, specifier)
    if (problem) found.push(`${path}: ${problem}`)
  }
  for (const { use, text: name } of facts.globals)
    if (room.without?.includes(use)) found.push(`${path}: ${room.name} uses ${name} (${use})`)
  return [...new Set(found)]
}

function importProblem(path: string, room: Room, specifier: string): string | undefined {
  const target = fileOf(path, specifier)
  if (target === undefined) return libraryProblem(room, specifier)
  const other = roomOf(target)
  if (!other)
    return /\.(json|css|sass|svg|sql|md(\?raw)?|d\.ts)$/.test(target)
      ? undefined
      : `imports ${target}, which is in no room`
  if (other.name === room.name)
    return room.name === 'poc' && question(path) !== question(target)
      ? `imports another question, ${target}`
      : undefined
  if (room.imports !== 'anything' && room.imports.includes(other.name)) return undefined
  if (SEALED.includes(other.name)) return `nothing imports ${other.name}, but this imports ${target}`
  if (room.imports === 'anything') return undefined
  return `${room.name} does not import ${other.name} (${target})`
}

function libraryProblem(room: Room, specifier: string): string | undefined {
  if (/^(node:|bun$|bun:|virtual:)/.test(specifier) || OUTSIDE.includes(room.name)) return undefined
  const home = HOMES.find(({ library }) => library.test(specifier))
  if (home && !home.rooms.includes(room.name))
    return `${specifier} belongs to ${home.rooms.join(' and ')}, not to ${room.name}`
  if (room.libraries && !room.libraries.some((library) => library.test(specifier)))
    return `${room.name} does not import ${specifier}`
  return undefined
}

/** Path from the checkout that a specifier means; undefined for a package. */
function fileOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('@contracts/')) return `src/contracts/${specifier.slice('@contracts/'.length)}`
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier))
  return undefined
}

const question = (path: string) => path.split('/')[1]
