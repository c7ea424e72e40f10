/** GitHub's short codes with their emoji. */
declare module 'markdown-it-emoji/lib/data/full.mjs' {
  const table: Record<string, string>
  export default table
}
