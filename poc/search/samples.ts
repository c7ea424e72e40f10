import type { Criteria } from '../lib/criteria.ts'
import type { Hit, Library } from './library.ts'

/** Documents that sample queries must find, put among all the others. */
const PLANTED = [
  ['project', 'offline', 'Offline sync', 'Entries of the last session must be uploaded after a restart.'],
  [
    'project',
    'anmeldung',
    'Anmeldung mit Schlüssel',
    'Die Anmeldung schlägt fehl, wenn der Schlüssel abläuft.',
  ],
  ['task', 'resume', 'Resume uploads after an app kill', 'The queue forgets what it has not sent.'],
  ['task', 'kubernetes', 'Move to Kubernetes', 'Helm chart, probes, and a rolling restart without gaps.'],
  ['message', 'auth', '', 'The token of AUTH-90123 has expired again, please look at it.'],
  ['message', 'pt', '', 'A sincronização falhou: não há ligação à rede desde ontem.'],
  ['message', 'path', '', 'It is in src/actors/runtime/lane.ts, in the function settleDoubt.'],
  ['message', 'mail', '', 'Ask ops@fieldnote.example about the certificate for status.fieldnote.example.'],
  ['message', 'html', '', 'The <script>alert(1)</script> zebrafish is shown as text & nothing else.'],
  [
    'message',
    'kube',
    '',
    'Kubernetes said kubernetes and again kubernetes, so kubernetes it is, kubernetes.',
  ],
] as const

/** What a person types, and which planted document comes first (or none at all). */
const SAMPLES: readonly [q: string, first: string | null, why: string][] = [
  ['offline sync', 'offline', 'words of a title'],
  ['uploading kill', 'resume', 'other forms of the words (english)'],
  ['AUTH-90123', 'auth', 'an identifier'],
  ['auth-90123', 'auth', 'an identifier, in small letters'],
  ['"rolling restart"', 'kubernetes', 'a phrase'],
  ['kubernetes', 'kubernetes', 'a title before a text that says the word five times'],
  ['Anmeldung schlägt fehl', 'anmeldung', 'German, as it is written'],
  ['sincronização', 'pt', 'Portuguese, as it is written'],
  ['settleDoubt', 'path', 'a name of a program'],
  ['zebrafish -text', null, 'a word that must not be there'],
]

/** What works and what does not, told by what is found. */
const LANGUAGES: readonly [q: string, found: string, works: boolean, what: string][] = [
  ['resumed uploading', 'resume', true, 'english: other forms of a word'],
  ['Anmeldungen', 'anmeldung', false, 'German plural: no German stems'],
  ['schlagt', 'anmeldung', false, 'without the umlaut'],
  ['sincronizacao', 'pt', false, 'without accents'],
  ['lane.ts', 'path', false, 'the end of a path'],
  ['src/actors/runtime/lane.ts', 'path', true, 'a whole path'],
  ['ops@fieldnote.example', 'mail', true, 'an address'],
  ['90123', 'auth', false, 'the number of an identifier alone'],
  ['AUTH 90123', 'auth', false, 'an identifier without its hyphen'],
  ['kuberntes', 'kubernetes', false, 'a typing error'],
  ['kube', 'kubernetes', false, 'the beginning of a word'],
]

/** Ten sample queries with the result that has to be first, and a table of what can be found how. */
export async function checkSamples(c: Criteria, library: Library): Promise<void> {
  const ids = await plant(library)
  let right = 0
  for (const [q, first, why] of SAMPLES) {
    const [hit] = await library.search(q)
    if (first === null ? !hit : hit?.id === ids.get(first)) right++
    else c.note('S1', `wrong: ${why}: ${q}`, describe(hit))
  }
  c.check('S1', 'sample queries whose first result is the expected one', right, { equals: SAMPLES.length })

  const [html] = await library.search('zebrafish')
  c.check(
    'S2',
    'a snippet has <mark> as its only markup',
    html?.snippet.replaceAll(/<\/?mark>/g, '').includes('<') === false &&
      html.snippet.includes('<mark>zebrafish</mark>'),
    { equals: true },
  )

  let as_known = 0
  for (const [q, document, works, what] of LANGUAGES) {
    const hits = await library.search(q)
    const found = hits.some(({ id }) => id === ids.get(document))
    if (found === works) as_known++
    c.note('S3', `${works ? 'works' : 'does not'}: ${what} (${q})`, found ? 'found' : 'not found')
  }
  c.check('S3', 'languages, forms, identifiers and errors that behave as the table says', as_known, {
    equals: LANGUAGES.length,
  })
}

async function plant({ root, org_id, project_ids }: Library): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const [type, name, title, text] of PLANTED) {
    const id = Bun.randomUUIDv7()
    ids.set(name, id)
    if (type === 'project')
      await root`INSERT INTO projects (org_id, id, name, description, created_at) VALUES (${org_id}, ${id}, ${title}, ${text}, now())`
    if (type === 'task')
      await root`INSERT INTO tasks (org_id, id, project_id, title, description, created_at) VALUES (${org_id}, ${id}, ${project_ids[0]!}, ${title}, ${text}, now())`
    if (type === 'message')
      await root`INSERT INTO messages (org_id, id, project_id, seq, content, created_at) VALUES (${org_id}, ${id}, ${project_ids[0]!}, 0, ${text}, now())`
    if (type === 'project') project_ids.push(id)
  }
  return ids
}

function describe(hit: Hit | undefined): string {
  return hit ? `${hit.type} ${hit.title || hit.snippet}`.slice(0, 80) : 'nothing'
}
