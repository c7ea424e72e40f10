DROP FUNCTION lane_write_together(json, json, json, json, json);
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'orgs_of_lane' LOOP
    EXECUTE format('DROP POLICY orgs_of_lane ON %I', t.tablename);
  END LOOP;
END $$;
REVOKE ALL ON org_heads, channels, channel_reads, messages, events, message_client_ids, recent_commands FROM mc_lane;
REVOKE USAGE ON SCHEMA public FROM mc_lane;
