/** Beginnings that a spreadsheet takes for a formula, also in full width. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
/** Where the list separator is another one, a new cell begins after it, inside quotes, too. */
const FORMULA_AFTER_SEPARATOR = /([;\t|\r\n] ?)(?=[=+\-@＝＋－＠])/g

/** A cell of a CSV file (RFC 4180), which no spreadsheet runs: an apostrophe makes a formula a text. */
function cellOf(text: string): string {
  const inside = text.replace(FORMULA_AFTER_SEPARATOR, "$1'")
  const safe = FORMULA.test(text) ? `'${inside}` : inside
  return /[",;\t|\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Lines of cells as a CSV file. */
export function csvOf(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}
