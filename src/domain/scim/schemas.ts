/** What the protocol tells of itself (RFC 7643, sections 5 to 7): only what is kept here. */
import type { Json } from './json.ts'
import { GROUP_SCHEMA } from './role-groups.ts'
import { USER_SCHEMA } from './user.ts'

/** Resources of one answer. */
export const RESULTS_MAX = 200

interface Attribute {
  name: string
  description: string
  type?: 'string' | 'boolean' | 'complex' | 'reference'
  multiValued?: boolean
  required?: boolean
  caseExact?: boolean
  mutability?: 'readOnly' | 'readWrite' | 'immutable'
  uniqueness?: 'none' | 'server'
  referenceTypes?: string[]
  canonicalValues?: string[]
  subAttributes?: Json[]
}

function attribute({ name, type = 'string', description, multiValued = false, ...more }: Attribute): Json {
  const { required = false, mutability = 'readWrite', uniqueness = 'none', caseExact = false, ...rest } = more
  const of_text = type === 'string' || type === 'reference' ? { caseExact, uniqueness } : {}
  return {
    name,
    type,
    multiValued,
    description,
    required,
    mutability,
    returned: 'default',
    ...of_text,
    ...rest,
  }
}

const readOnly = (name: string, description: string, more: Partial<Attribute> = {}) =>
  attribute({ name, description, mutability: 'readOnly', ...more })

const USER: Json = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id: USER_SCHEMA,
  name: 'User',
  description: 'A person who is a member of the organization. Agents are not provisioned.',
  attributes: [
    attribute({
      name: 'userName',
      description: 'Name of the person at the provider. An e-mail address where "emails" is left out.',
      required: true,
      uniqueness: 'server',
    }),
    attribute({
      name: 'name',
      type: 'complex',
      description: 'Kept as it was sent; shown where "displayName" is left out.',
      subAttributes: [
        attribute({ name: 'formatted', description: 'The whole name.' }),
        attribute({ name: 'familyName', description: 'The family name.' }),
        attribute({ name: 'givenName', description: 'The given name.' }),
      ],
    }),
    attribute({
      name: 'displayName',
      description: 'Name that others see. One that another member has is made unlike it.',
    }),
    attribute({
      name: 'active',
      type: 'boolean',
      description:
        'False: the person does not enter the organization, and its keys, links and streams have ended.',
    }),
    attribute({
      name: 'emails',
      type: 'complex',
      multiValued: true,
      mutability: 'immutable',
      description:
        'The primary address, or that of work, is invited when the User is created, and stays: afterwards the address belongs to the person.',
      subAttributes: [
        attribute({ name: 'value', description: 'The address.', mutability: 'immutable' }),
        attribute({
          name: 'type',
          description: 'What it is for.',
          mutability: 'immutable',
          canonicalValues: ['work'],
        }),
        attribute({
          name: 'primary',
          type: 'boolean',
          description: 'The first one.',
          mutability: 'immutable',
        }),
      ],
    }),
    readOnly('groups', 'The group of the person’s role; changed at the group.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        readOnly('value', 'Id of the group.', { caseExact: true }),
        readOnly('$ref', 'Address of the group.', {
          type: 'reference',
          referenceTypes: ['Group'],
          caseExact: true,
        }),
        readOnly('display', 'Name of the group.'),
        readOnly('type', 'Always direct.', { canonicalValues: ['direct'] }),
      ],
    }),
  ],
}

const GROUP: Json = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id: GROUP_SCHEMA,
  name: 'Group',
  description: 'A role: there are two of them, and every person is in one.',
  attributes: [
    attribute({
      name: 'displayName',
      description: 'Administrators or Contributors.',
      required: true,
      mutability: 'immutable',
    }),
    attribute({
      name: 'members',
      type: 'complex',
      multiValued: true,
      description: 'The people with this role. Whoever leaves the administrators is a contributor.',
      subAttributes: [
        attribute({
          name: 'value',
          description: 'Id of the User.',
          mutability: 'immutable',
          caseExact: true,
        }),
        attribute({
          name: '$ref',
          type: 'reference',
          description: 'Address of the User.',
          mutability: 'immutable',
          referenceTypes: ['User'],
          caseExact: true,
        }),
        readOnly('display', 'Name of the person.'),
        attribute({
          name: 'type',
          description: 'Always User.',
          mutability: 'immutable',
          canonicalValues: ['User'],
        }),
      ],
    }),
  ],
}

const located = (resource: Json, type: string, location: string): Json => ({
  ...resource,
  meta: { resourceType: type, location },
})

export function schemaResources(base_url: string): Json[] {
  return [USER, GROUP].map((schema) => located(schema, 'Schema', `${base_url}/Schemas/${schema.id}`))
}

export function resourceTypes(base_url: string): Json[] {
  const type = (name: string, endpoint: string, schema: string, description: string) =>
    located(
      {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
        id: name,
        name,
        endpoint,
        description,
        schema,
        schemaExtensions: [],
      },
      'ResourceType',
      `${base_url}/ResourceTypes/${name}`,
    )
  return [
    type('User', '/Users', USER_SCHEMA, 'People of the organization'),
    type('Group', '/Groups', GROUP_SCHEMA, 'Roles of the organization'),
  ]
}

export function serviceProviderConfig(base_url: string, documentation_url: string): Json {
  return located(
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      documentationUri: documentation_url,
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: RESULTS_MAX },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Bearer token',
          description: 'A token that an administrator made in the settings of the organization.',
          specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        },
      ],
    },
    'ServiceProviderConfig',
    `${base_url}/ServiceProviderConfig`,
  )
}
