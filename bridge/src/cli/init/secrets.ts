import { parseSecrets } from '../../config/credentials/entries.ts'

/** A text that cannot be changed line by line, because it is none of lines. */
export const isLines = (path: string): boolean => !/\.(ya?ml|json)$/i.test(path)

/** The lines of a secrets file with one entry set; all others stay. */
export function withSecret(text: string, name: string, value: string): string {
  if (parseSecrets(text, 'x.env')?.get(name) === value) return text
  const entry = `${name}=${value}`
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const at = lines.findIndex((line) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line))
  if (at < 0) lines.push(entry)
  else lines[at] = entry
  return `${lines.join('\n')}\n`
}
