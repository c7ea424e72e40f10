/**
 * Small values in local storage, for code outside of components (components use `useLocalStorage`). A private window may
 * forbid storage and a full disk refuses writes: then a value is not kept, which is not worth an error message.
 */
export function readLocal(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    // Storage is forbidden here.
    return undefined
  }
}

export function writeLocal(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Forbidden or full: the value is lost at the next visit.
  }
}

export function localKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    // Storage is forbidden here.
    return []
  }
}
