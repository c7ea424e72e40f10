/** Detail keywords of RFC 7644, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness'

/** A refusal of the provisioning protocol (RFC 7644, section 3.12), answered as it is. */
export class ScimRefusal extends Error {
  override name = 'ScimRefusal'
  readonly status: number
  readonly scim_type: ScimType | undefined

  constructor(status: number, message: string, scim_type?: ScimType) {
    super(message)
    this.status = status
    this.scim_type = scim_type
  }
}

export const badRequest = (scim_type: ScimType, message: string) => new ScimRefusal(400, message, scim_type)
