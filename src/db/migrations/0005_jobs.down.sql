DROP FUNCTION mc_give_back(text, bigint[]);
DROP FUNCTION mc_beat(text, int, bigint[]);
DROP FUNCTION job_counts();
DROP FUNCTION remove_old_jobs(int);
DROP FUNCTION remove_jobs(uuid);
DROP FUNCTION retry_job(uuid, bigint);
DROP FUNCTION failed_jobs(uuid, int, int);
DROP FUNCTION enqueue_jobs(json);
DROP SCHEMA mc_jobs CASCADE;
