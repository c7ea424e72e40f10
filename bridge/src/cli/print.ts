/** Where a command writes: results to `out`, everything else to `err`. */
export interface Print {
  out(text: string): void
  err(text: string): void
}

export const PROCESS_PRINT: Print = {
  out: (text) => console.log(text),
  err: (text) => console.error(text),
}
