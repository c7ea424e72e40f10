import type { Org } from './setup.ts'

/** One statement aimed at the rows of `target`. `own` is the org whose setting may be in force. */
export interface Statement {
  name: string
  /** With `$1 …`; the number of rows it returns (or changed) is what it reached. */
  text(target: Org, own: Org): readonly [string, readonly string[]]
  /** Left out of the control that aims at one's own rows: it has no meaning there. */
  foreign_only?: boolean
}

const uuid = () => Bun.randomUUIDv7()

function reads(table: 'projects' | 'tasks', id: 'project_id' | 'task_id'): Statement[] {
  return [
    {
      name: `${table}: select the org's rows`,
      text: (t) => [`SELECT id FROM ${table} WHERE org_id = $1`, [t.org_id]],
    },
    { name: `${table}: select one by id`, text: (t) => [`SELECT id FROM ${table} WHERE id = $1`, [t[id]]] },
    {
      name: `${table}: select everything, look for the org`,
      text: (t) => [`SELECT 1 FROM (SELECT * FROM ${table} OFFSET 0) x WHERE org_id::text = $1`, [t.org_id]],
    },
    {
      name: `${table}: count`,
      text: (t) => [
        `SELECT generate_series(1, (SELECT count(*)::int FROM ${table} WHERE org_id = $1))`,
        [t.org_id],
      ],
    },
    {
      name: `${table}: exists`,
      text: (t) => [`SELECT 1 WHERE EXISTS (SELECT FROM ${table} WHERE id = $1)`, [t[id]]],
    },
    {
      name: `${table}: union and window in a common table expression`,
      text: (t) => [
        `WITH x AS (SELECT org_id, row_number() OVER (ORDER BY id) AS n FROM ${table} UNION ALL SELECT org_id, 0 FROM ${table})
         SELECT * FROM x WHERE org_id = $1`,
        [t.org_id],
      ],
    },
    ...['UPDATE', 'NO KEY UPDATE', 'SHARE', 'KEY SHARE'].map((lock) => ({
      name: `${table}: select for ${lock.toLowerCase()}`,
      text: (t: Org) => [`SELECT id FROM ${table} WHERE id = $1 FOR ${lock}`, [t[id]]] as const,
    })),
  ]
}

function joins(): Statement[] {
  return [
    {
      name: 'join: organization, projects, tasks',
      text: (t) => [
        `SELECT t.id FROM organizations o JOIN projects p ON p.org_id = o.id JOIN tasks t ON t.org_id = p.org_id AND t.project_id = p.id
         WHERE o.id = $1`,
        [t.org_id],
      ],
    },
    {
      name: 'join: on the id alone, without the org',
      text: (t) => [
        `SELECT t.id FROM projects p JOIN tasks t ON t.project_id = p.id WHERE p.id = $1`,
        [t.project_id],
      ],
    },
    {
      name: 'join: own projects with the tasks of the other by slug',
      text: (t) => [
        `SELECT t.id FROM projects p JOIN tasks t ON replace(t.slug, 'task', 'project') = p.slug WHERE t.org_id = $1`,
        [t.org_id],
      ],
    },
    {
      name: 'join: left join that keeps only hits',
      text: (t) => [
        `SELECT t.id FROM (VALUES ($1::uuid)) v (id) LEFT JOIN tasks t ON t.id = v.id WHERE t.id IS NOT NULL`,
        [t.task_id],
      ],
    },
    {
      name: 'join: lateral',
      text: (t) => [
        `SELECT x.id FROM (VALUES ($1::uuid)) v (id), LATERAL (SELECT id FROM tasks WHERE org_id = v.id LIMIT 5) x`,
        [t.org_id],
      ],
    },
    {
      name: 'subquery: any array',
      text: (t) => [
        `SELECT id FROM tasks WHERE project_id = ANY (ARRAY(SELECT id FROM projects WHERE id = $1))`,
        [t.project_id],
      ],
    },
  ]
}

function writes(): Statement[] {
  return [
    {
      name: 'projects: insert',
      text: (t) => [
        `INSERT INTO projects VALUES ($1, $2, $3, 'new') RETURNING id`,
        [t.org_id, uuid(), uuid()],
      ],
    },
    {
      name: 'tasks: insert',
      text: (t) => [
        `INSERT INTO tasks (org_id, id, project_id, slug, title) VALUES ($1, $2, $3, $4, 'new')`,
        [t.org_id, uuid(), t.project_id, uuid()],
      ],
    },
    {
      name: 'tasks: insert into own org, in the project of the other',
      foreign_only: true,
      text: (t, own) => [
        `INSERT INTO tasks (org_id, id, project_id, slug, title) VALUES ($1, $2, $3, $4, 'new')`,
        [own.org_id, uuid(), t.project_id, uuid()],
      ],
    },
    {
      name: 'tasks: insert … select (copies rows)',
      text: (t) => [
        `INSERT INTO tasks (org_id, id, project_id, slug, title)
         SELECT org_id, gen_random_uuid(), project_id, gen_random_uuid()::text, title FROM tasks WHERE org_id = $1 RETURNING title`,
        [t.org_id],
      ],
    },
    {
      name: 'tasks: insert … on conflict (id) do nothing',
      text: (t) => [
        `INSERT INTO tasks (org_id, id, project_id, slug, title) VALUES ($1, $2, $3, $4, 'new') ON CONFLICT (org_id, id) DO NOTHING`,
        [t.org_id, uuid(), t.project_id, uuid()],
      ],
    },
    {
      name: 'tasks: insert … on conflict (id) do update',
      text: (t) => [
        `INSERT INTO tasks (org_id, id, project_id, slug, title) VALUES ($1, $2, $3, $4, 'taken')
         ON CONFLICT (org_id, id) DO UPDATE SET title = excluded.title RETURNING title`,
        [t.org_id, t.task_id, t.project_id, uuid()],
      ],
    },
    {
      name: 'projects: insert … on conflict (slug) do update, returning',
      text: (t) => [
        `INSERT INTO projects VALUES ($1, $2, $3, 'taken') ON CONFLICT (org_id, slug) DO UPDATE SET name = projects.name RETURNING name`,
        [t.org_id, uuid(), t.project_slug],
      ],
    },
    {
      name: 'organizations: insert … on conflict do update',
      text: (t) => [
        `INSERT INTO organizations VALUES ($1, 'taken') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name`,
        [t.org_id],
      ],
    },
    {
      name: 'organizations: select',
      text: (t) => ['SELECT name FROM organizations WHERE id = $1', [t.org_id]],
    },
    {
      name: 'organizations: update',
      text: (t) => [`UPDATE organizations SET name = 'taken' WHERE id = $1`, [t.org_id]],
    },
    {
      name: 'tasks: update by id',
      text: (t) => [`UPDATE tasks SET title = 'taken' WHERE id = $1`, [t.task_id]],
    },
    {
      name: 'tasks: update the whole org',
      text: (t) => [`UPDATE tasks SET title = 'taken' WHERE org_id = $1`, [t.org_id]],
    },
    {
      name: 'tasks: update through a join',
      text: (t) => [
        `UPDATE tasks t SET title = p.name FROM projects p WHERE p.id = t.project_id AND p.org_id = $1 RETURNING t.title`,
        [t.org_id],
      ],
    },
    {
      name: 'tasks: give an own task to the other org',
      foreign_only: true,
      text: (t, own) => [
        'UPDATE tasks SET org_id = $1, project_id = $2 WHERE org_id = $3 AND id = $4',
        [t.org_id, t.project_id, own.org_id, own.task_id],
      ],
    },
    {
      name: 'tasks: take a task of the other org',
      foreign_only: true,
      text: (t, own) => [
        'UPDATE tasks SET org_id = $1, project_id = $2 WHERE org_id = $3 AND id = $4',
        [own.org_id, own.project_id, t.org_id, t.task_id],
      ],
    },
    {
      name: 'tasks: delete by id',
      text: (t) => ['DELETE FROM tasks WHERE id = $1 RETURNING title', [t.task_id]],
    },
    { name: 'tasks: delete the whole org', text: (t) => ['DELETE FROM tasks WHERE org_id = $1', [t.org_id]] },
    {
      name: 'tasks: delete using a join',
      text: (t) => [
        'DELETE FROM tasks t USING projects p WHERE p.id = t.project_id AND p.id = $1',
        [t.project_id],
      ],
    },
    {
      name: 'tasks: merge, update what matches',
      text: (t) => [
        `MERGE INTO tasks t USING (VALUES ($1::uuid)) v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET title = 'taken'`,
        [t.task_id],
      ],
    },
    {
      name: 'tasks: merge, delete what matches',
      text: (t) => [
        `MERGE INTO tasks t USING (VALUES ($1::uuid)) v (id) ON t.id = v.id WHEN MATCHED THEN DELETE`,
        [t.task_id],
      ],
    },
    {
      name: 'projects: merge, insert what does not match',
      text: (t) => [
        `MERGE INTO projects p USING (VALUES ($1::uuid, $2::uuid)) v (org_id, id) ON p.id = v.id
         WHEN NOT MATCHED THEN INSERT VALUES (v.org_id, v.id, v.id::text, 'new')`,
        [t.org_id, uuid()],
      ],
    },
  ]
}

function detours(): Statement[] {
  return [
    {
      name: 'view of the caller: select',
      text: (t) => ['SELECT id FROM tasks_of_caller WHERE org_id = $1', [t.org_id]],
    },
    {
      name: 'view of the owner: select',
      text: (t) => ['SELECT id FROM tasks_of_owner WHERE org_id = $1', [t.org_id]],
    },
    {
      name: 'view with a join: select',
      text: (t) => ['SELECT id FROM tasks_joined WHERE org_id = $1', [t.org_id]],
    },
    ...['tasks_of_caller', 'tasks_of_owner'].flatMap((view): Statement[] => [
      {
        name: `${view}: update`,
        text: (t) => [`UPDATE ${view} SET title = 'taken' WHERE id = $1`, [t.task_id]],
      },
      { name: `${view}: delete`, text: (t) => [`DELETE FROM ${view} WHERE id = $1`, [t.task_id]] },
      {
        name: `${view}: insert`,
        text: (t) => [
          `INSERT INTO ${view} (org_id, id, project_id, slug, title) VALUES ($1, $2, $3, $4, 'new')`,
          [t.org_id, uuid(), t.project_id, uuid()],
        ],
      },
    ]),
    {
      name: 'function as caller',
      text: (t) => ['SELECT id FROM tasks_as_caller() WHERE org_id = $1', [t.org_id]],
    },
    {
      name: 'function as caller, planned once',
      text: (t) => ['SELECT id FROM tasks_as_caller_planned($1)', [t.org_id]],
    },
    { name: 'function as owner', text: (t) => ['SELECT id FROM tasks_as_owner($1)', [t.org_id]] },
    { name: 'function as look-up role', text: (t) => ['SELECT id FROM tasks_as_lookup($1)', [t.org_id]] },
    {
      name: 'function as owner that deletes',
      text: (t) => ['SELECT * FROM remove_task_as_owner($1, $2)', [t.org_id, t.task_id]],
    },
  ]
}

/** Every kind of statement, some fifty, each aimed at one org's rows. */
export const STATEMENTS: readonly Statement[] = [
  ...reads('projects', 'project_id'),
  ...reads('tasks', 'task_id'),
  ...joins(),
  ...writes(),
  ...detours(),
]
