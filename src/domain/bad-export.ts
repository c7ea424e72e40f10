/** A file that is not a sound export. The message is one sentence for the operator; nothing was stored. */
export class BadExport extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadExport'
  }
}
