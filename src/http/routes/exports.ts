import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../contracts/errors.ts'
import { PageOf } from '../../contracts/lists.ts'
import { Export } from '../../contracts/resources.ts'
import { listExports, readExport, readExportFile } from '../../db/queries/exports.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

/** Copies of the org as files. */
export function exportRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Exports'
  return new Elysia({ name: 'exports', prefix: '/api/v1/orgs/:org_slug' })
    .post(
      '/exports',
      ...at.org(
        {
          tag,
          action: 'export.manage',
          summary: 'Ask for a copy of the organization',
          description:
            'The file is made in the background: follow `export.progress`, `export.ready` and `export.failed` on the stream, or ask for the export. While one is under way it is the answer, with 200.',
          ok: { status: 201, schema: Export },
          also_ok: 'An export that is under way already.',
          errors: ['IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const reply = await call.command('export.request', null)
          return created(reply, reply.result.export, reply.result.started ? 201 : 200)
        },
      ),
    )

    .get(
      '/exports',
      ...at.org(
        {
          tag,
          action: 'export.manage',
          summary: 'Exports, newest first',
          description:
            'With their progress, and the expired ones too: the list is the history of who took a copy.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Export) },
        },
        async ({ org_id, query }) => ({ body: await listExports(deps.database, org_id, query) }),
      ),
    )

    .get(
      '/exports/:export_id',
      ...at.org(
        {
          tag,
          action: 'export.manage',
          summary: 'An export',
          description: 'Its state, its progress while it is made, and when its file expires.',
          ok: { status: 200, schema: Export },
          errors: ['INVALID_ID', 'EXPORT_NOT_FOUND'],
        },
        async (call) => {
          const found = await readExport(deps.database, call.org_id, idOf(call, 'export_id'))
          if (!found) throw notFound('export')
          return { body: found }
        },
      ),
    )

    .get(
      '/exports/:export_id/download',
      ...at.org(
        {
          tag,
          action: 'export.manage',
          summary: 'The file of an export',
          description:
            'A tar.gz of JSON Lines with a manifest, see docs/exports.md. `Repr-Digest` has its SHA-256. 404 until it is ready, and again when it has expired.',
          ok: { status: 200, content_type: 'application/gzip', description: 'The file.' },
          errors: ['INVALID_ID', 'EXPORT_NOT_FOUND'],
        },
        async (call) => {
          const found = await readExportFile(deps.database, call.org_id, idOf(call, 'export_id'))
          const file = found && (await deps.files.read(found.path))
          if (!found || !file) throw notFound('export')
          // At the pace of the reader, who may pause.
          deps.keepOpen(call.request)
          return {
            response: new Response(file.body, {
              headers: {
                ...deps.replier.headersFor(call.request_id),
                'Content-Type': 'application/gzip',
                'Content-Length': String(file.size_bytes),
                'Content-Disposition': `attachment; filename="${nameOf(call.params.org_slug ?? '', found.created_at)}"`,
                'Cache-Control': 'no-store',
                'Repr-Digest': `sha-256=:${Buffer.from(found.sha256, 'hex').toString('base64')}:`,
              },
            }),
          }
        },
      ),
    )
}

/** A slug has only letters, digits and dashes. */
function nameOf(slug: string, created_at: string): string {
  return `${slug}-${created_at.slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}.tar.gz`
}
