import type postgres from 'postgres'

/**
 * Notes for each row of the log which node wrote it and at which epoch, and for each epoch which node took it. A node is
 * known by the name that its lane's connections carry. The notes are taken inside the transactions that they are about.
 */
export async function watchFence(superuser: postgres.Sql): Promise<void> {
  await superuser.unsafe(`
    create schema chaos;
    create table chaos.takes (id bigserial primary key, org_id uuid, epoch bigint, node text);
    create table chaos.writes (org_id uuid, sequence bigint, epoch bigint, node text);
    create function chaos.node() returns text language sql stable set search_path = pg_catalog
      as $$ select split_part(current_setting('application_name'), ' lane ', 2) $$;
    create function chaos.note_take() returns trigger language plpgsql security definer
      set search_path = pg_catalog as $$
      begin
        if chaos.node() <> '' then
          insert into chaos.takes (org_id, epoch, node) values (new.org_id, new.epoch, chaos.node());
        end if;
        return null;
      end $$;
    create function chaos.note_write() returns trigger language plpgsql security definer
      set search_path = pg_catalog as $$
      begin
        if chaos.node() <> '' then
          insert into chaos.writes
            select new.org_id, new.sequence, epoch, chaos.node() from public.org_heads where org_id = new.org_id;
        end if;
        return null;
      end $$;
    create trigger chaos_take after update of epoch on org_heads
      for each row when (old.epoch is distinct from new.epoch) execute function chaos.note_take();
    create trigger chaos_write after insert on events for each row execute function chaos.note_write();`)
}

/** Whether the notes are taken in this database. */
export async function hasFenceWatch(sql: postgres.Sql): Promise<boolean> {
  const [found] = await sql<{ there: boolean }[]>`select to_regclass('chaos.writes') is not null as there`
  return found?.there ?? false
}
