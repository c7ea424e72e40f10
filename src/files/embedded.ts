const files = new Map<string, string>()

/**
 * Names files inside this program, when it is a single file: `ui/index.html` and so on, with the path by which the runtime
 * reads each. Called by the entry that `scripts/compile-server.ts` generates, before anything reads them.
 */
export function embed(all: Readonly<Record<string, string>>): void {
  for (const [name, path] of Object.entries(all)) files.set(name, path)
}

/** Path of one of them; undefined in a program that is no single file. */
export function embeddedFile(name: string): string | undefined {
  return files.get(name)
}

/** Those below a folder by their names there; empty in a program that is no single file. */
export function embeddedBelow(folder: string): ReadonlyMap<string, string> {
  const prefix = `${folder}/`
  return new Map(
    [...files]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, path]) => [name.slice(prefix.length), path]),
  )
}
