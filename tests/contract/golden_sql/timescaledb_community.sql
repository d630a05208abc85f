CREATE TABLE IF NOT EXISTS metrics.sample_sets (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    session text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL,
    stream_sequence bigint NOT NULL,
    UNIQUE (host, source, session, seq, time)
);

CREATE INDEX IF NOT EXISTS sample_sets_host_time ON metrics.sample_sets (host, time DESC);

CREATE INDEX IF NOT EXISTS sample_sets_time ON metrics.sample_sets USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE IF NOT EXISTS metrics.sessions (
    host text NOT NULL,
    source text NOT NULL,
    session text NOT NULL,
    first_time timestamptz NOT NULL,
    first_received_at timestamptz NOT NULL,
    previous_session text,
    previous_seq_last bigint,
    PRIMARY KEY (host, source, session)
);

CREATE INDEX IF NOT EXISTS sessions_first_time ON metrics.sessions (host, source, first_time);

CREATE INDEX IF NOT EXISTS sessions_oldest ON metrics.sessions (first_time);

CREATE TABLE IF NOT EXISTS metrics.delivery_exceptions (
    host text NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    minute timestamptz NOT NULL,
    sample_sets bigint NOT NULL,
    offset_seconds double precision,
    PRIMARY KEY (host, minute, source, kind)
);

CREATE INDEX IF NOT EXISTS delivery_exceptions_oldest ON metrics.delivery_exceptions (minute);

CREATE TABLE IF NOT EXISTS metrics.stream_watch (
    stream text PRIMARY KEY,
    created text NOT NULL,
    acked_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    watched_since timestamptz NOT NULL,
    watched_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS metrics.stream_loss (
    stream text NOT NULL,
    minute timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    sample_sets bigint NOT NULL,
    PRIMARY KEY (stream, minute)
);

CREATE OR REPLACE FUNCTION metrics.set_refresh_reach(relation text, reach interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    known record;
    is_longer boolean;
BEGIN
    SELECT job.job_id, job.config INTO known FROM timescaledb_information.jobs AS job
    WHERE job.proc_name = 'policy_refresh_continuous_aggregate'
        AND job.hypertable_schema = 'metrics'
        AND 'metrics.' || job.hypertable_name = relation;
    IF NOT FOUND OR (known.config ->> 'start_offset')::interval IS NOT DISTINCT FROM reach THEN
        RETURN false;
    END IF;
    IF reach < 3 * (known.config ->> 'end_offset')::interval THEN
        RAISE EXCEPTION 'expected a reach of at least three times %, got %', known.config ->> 'end_offset', reach;
    END IF;
    is_longer := reach > (known.config ->> 'start_offset')::interval;
    IF is_longer AND now() - reach < (
        SELECT greatest(storage.raw_dropped_before, now() - interval '1 day' * schema.raw_retention_days)
        FROM metrics.storage_state AS storage, metrics.schema_state AS schema
    ) THEN
        RAISE EXCEPTION 'a refresh that reaches back % would delete rollups of raw rows that are gone', reach;
    END IF;
    PERFORM alter_job(known.job_id, config => jsonb_set(known.config, '{start_offset}', to_jsonb(reach::text)));
    RETURN true;
END $body$;

CREATE OR REPLACE FUNCTION metrics.drop_rolled_before(relation text, bound timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    computed timestamptz;
BEGIN
    IF NOT EXISTS (
        SELECT FROM timescaledb_information.hypertables
        WHERE hypertable_schema = 'metrics' AND 'metrics.' || hypertable_name = relation
    ) THEN
        RAISE EXCEPTION 'expected a hypertable of the schema metrics, got %', relation;
    END IF;
    IF EXISTS (
        SELECT FROM timescaledb_information.jobs AS job
        LEFT JOIN timescaledb_information.job_stats AS stats USING (job_id)
        WHERE job.proc_name = 'policy_refresh_continuous_aggregate'
        AND job.hypertable_schema = 'metrics'
        AND 'metrics.' || job.hypertable_name = relation || '_1m'
        AND (stats.job_status = 'Running'
            OR coalesce(now() - (job.config ->> 'start_offset')::interval, '-infinity') < bound)
    ) THEN
        RETURN 0;
    END IF;
    -- What was not computed yet stays, however old it is.
    SELECT _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(mat_hypertable_id)) INTO computed
    FROM _timescaledb_catalog.continuous_agg
    WHERE user_view_schema = 'metrics' AND 'metrics.' || user_view_name = relation || '_1m';
    IF FOUND AND computed IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*) FROM drop_chunks(relation::regclass, older_than => least(bound, computed)));
END $body$;

SELECT create_hypertable('metrics.sample_sets', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.sample_sets SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,session', timescaledb.orderby = 'seq, time');

CREATE TABLE IF NOT EXISTS metrics.cpu (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    total_percent real NOT NULL,
    user_percent real NOT NULL,
    system_percent real NOT NULL,
    idle_percent real NOT NULL,
    nice_percent real,
    iowait_percent real,
    irq_percent real,
    softirq_percent real,
    steal_percent real,
    guest_percent real,
    cores_count bigint NOT NULL,
    load_1m_average real,
    load_5m_average real,
    load_15m_average real,
    context_switches_per_second real,
    interrupts_per_second real
);

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS nice_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS iowait_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS irq_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS softirq_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS steal_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS guest_percent real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS load_1m_average real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS load_5m_average real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS load_15m_average real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS context_switches_per_second real;

ALTER TABLE metrics.cpu ADD COLUMN IF NOT EXISTS interrupts_per_second real;

CREATE INDEX IF NOT EXISTS cpu_host_time ON metrics.cpu (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_time ON metrics.cpu USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.cpu', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.cpu SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.cpu_core (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    core bigint NOT NULL,
    total_percent real NOT NULL,
    user_percent real NOT NULL,
    system_percent real NOT NULL,
    idle_percent real NOT NULL,
    iowait_percent real,
    steal_percent real
);

ALTER TABLE metrics.cpu_core ADD COLUMN IF NOT EXISTS iowait_percent real;

ALTER TABLE metrics.cpu_core ADD COLUMN IF NOT EXISTS steal_percent real;

CREATE INDEX IF NOT EXISTS cpu_core_host_time ON metrics.cpu_core (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_core_time ON metrics.cpu_core USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.cpu_core', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.cpu_core SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,core', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.memory (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    total_bytes bigint NOT NULL,
    used_bytes bigint NOT NULL,
    available_bytes bigint NOT NULL,
    used_percent real NOT NULL,
    free_bytes bigint NOT NULL,
    buffers_bytes bigint,
    cached_bytes bigint,
    shared_bytes bigint
);

ALTER TABLE metrics.memory ADD COLUMN IF NOT EXISTS buffers_bytes bigint;

ALTER TABLE metrics.memory ADD COLUMN IF NOT EXISTS cached_bytes bigint;

ALTER TABLE metrics.memory ADD COLUMN IF NOT EXISTS shared_bytes bigint;

CREATE INDEX IF NOT EXISTS memory_host_time ON metrics.memory (host, time DESC);

CREATE INDEX IF NOT EXISTS memory_time ON metrics.memory USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.memory', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.memory SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.swap (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    total_bytes bigint NOT NULL,
    used_bytes bigint NOT NULL,
    free_bytes bigint NOT NULL,
    used_percent real NOT NULL,
    in_bytes_per_second real NOT NULL,
    out_bytes_per_second real NOT NULL
);

CREATE INDEX IF NOT EXISTS swap_host_time ON metrics.swap (host, time DESC);

CREATE INDEX IF NOT EXISTS swap_time ON metrics.swap USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.swap', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.swap SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.disk (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    mount text NOT NULL,
    device text NOT NULL,
    total_bytes bigint NOT NULL,
    used_bytes bigint NOT NULL,
    available_bytes bigint NOT NULL,
    used_percent real NOT NULL,
    inodes_total_count bigint,
    inodes_used_count bigint,
    inodes_used_percent real
);

ALTER TABLE metrics.disk ADD COLUMN IF NOT EXISTS inodes_total_count bigint;

ALTER TABLE metrics.disk ADD COLUMN IF NOT EXISTS inodes_used_count bigint;

ALTER TABLE metrics.disk ADD COLUMN IF NOT EXISTS inodes_used_percent real;

CREATE INDEX IF NOT EXISTS disk_host_time ON metrics.disk (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_time ON metrics.disk USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.disk', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.disk SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,mount,device', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.disk_io (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    device text NOT NULL,
    read_bytes_per_second real NOT NULL,
    write_bytes_per_second real NOT NULL,
    reads_per_second real NOT NULL,
    writes_per_second real NOT NULL,
    read_await_seconds real,
    write_await_seconds real,
    queue_depth_average real,
    busy_percent real
);

ALTER TABLE metrics.disk_io ADD COLUMN IF NOT EXISTS read_await_seconds real;

ALTER TABLE metrics.disk_io ADD COLUMN IF NOT EXISTS write_await_seconds real;

ALTER TABLE metrics.disk_io ADD COLUMN IF NOT EXISTS queue_depth_average real;

ALTER TABLE metrics.disk_io ADD COLUMN IF NOT EXISTS busy_percent real;

CREATE INDEX IF NOT EXISTS disk_io_host_time ON metrics.disk_io (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_io_time ON metrics.disk_io USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.disk_io', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.disk_io SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,device', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.network (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    interface text NOT NULL,
    receive_bytes_per_second real NOT NULL,
    transmit_bytes_per_second real NOT NULL,
    receive_packets_per_second real NOT NULL,
    transmit_packets_per_second real NOT NULL,
    receive_errors_per_second real NOT NULL,
    transmit_errors_per_second real NOT NULL,
    receive_drops_per_second real NOT NULL,
    transmit_drops_per_second real NOT NULL,
    speed_bytes_per_second real,
    used_percent real
);

ALTER TABLE metrics.network ADD COLUMN IF NOT EXISTS speed_bytes_per_second real;

ALTER TABLE metrics.network ADD COLUMN IF NOT EXISTS used_percent real;

CREATE INDEX IF NOT EXISTS network_host_time ON metrics.network (host, time DESC);

CREATE INDEX IF NOT EXISTS network_time ON metrics.network USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.network', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.network SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,interface', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.connection (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    connections_count bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS connection_host_time ON metrics.connection (host, time DESC);

CREATE INDEX IF NOT EXISTS connection_time ON metrics.connection USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.connection', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.connection SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,state', timescaledb.orderby = 'time');

CREATE TABLE IF NOT EXISTS metrics.process (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    pid bigint NOT NULL,
    name text NOT NULL,
    cpu_percent real NOT NULL,
    resident_bytes bigint NOT NULL,
    memory_percent real NOT NULL,
    threads_count bigint
);

ALTER TABLE metrics.process ADD COLUMN IF NOT EXISTS threads_count bigint;

CREATE INDEX IF NOT EXISTS process_host_time ON metrics.process (host, time DESC);

CREATE INDEX IF NOT EXISTS process_time ON metrics.process USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.process', by_range('time', interval '10800 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.process SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host', timescaledb.orderby = 'pid, name, time');

CREATE TABLE IF NOT EXISTS metrics.agent (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    one_core_percent real NOT NULL,
    resident_bytes bigint NOT NULL,
    reading_seconds real NOT NULL,
    ticks_skipped_count bigint NOT NULL,
    readings_failed_count bigint NOT NULL,
    rows_cut_count bigint NOT NULL,
    sample_sets_published_count bigint NOT NULL,
    sample_sets_lost_count bigint NOT NULL,
    sample_sets_pending_count bigint NOT NULL,
    reconnects_count bigint NOT NULL,
    sample_sets_spooled_count bigint,
    spool_bytes bigint
);

ALTER TABLE metrics.agent ADD COLUMN IF NOT EXISTS sample_sets_spooled_count bigint;

ALTER TABLE metrics.agent ADD COLUMN IF NOT EXISTS spool_bytes bigint;

CREATE INDEX IF NOT EXISTS agent_host_time ON metrics.agent (host, time DESC);

CREATE INDEX IF NOT EXISTS agent_time ON metrics.agent USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

SELECT create_hypertable('metrics.agent', by_range('time', interval '21600 seconds'), if_not_exists => true, create_default_indexes => false, migrate_data => true);

ALTER TABLE metrics.agent SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source,
    count(*) AS samples,
    sum(total_percent::float8) / count(*) AS total_percent_avg,
    min(total_percent) AS total_percent_min,
    max(total_percent) AS total_percent_max,
    sum(user_percent::float8) / count(*) AS user_percent_avg,
    min(user_percent) AS user_percent_min,
    max(user_percent) AS user_percent_max,
    sum(system_percent::float8) / count(*) AS system_percent_avg,
    min(system_percent) AS system_percent_min,
    max(system_percent) AS system_percent_max,
    sum(idle_percent::float8) / count(*) AS idle_percent_avg,
    min(idle_percent) AS idle_percent_min,
    max(idle_percent) AS idle_percent_max,
    sum(nice_percent::float8) / count(nice_percent) AS nice_percent_avg,
    min(nice_percent) AS nice_percent_min,
    max(nice_percent) AS nice_percent_max,
    count(nice_percent) AS nice_percent_count,
    sum(iowait_percent::float8) / count(iowait_percent) AS iowait_percent_avg,
    min(iowait_percent) AS iowait_percent_min,
    max(iowait_percent) AS iowait_percent_max,
    count(iowait_percent) AS iowait_percent_count,
    sum(irq_percent::float8) / count(irq_percent) AS irq_percent_avg,
    min(irq_percent) AS irq_percent_min,
    max(irq_percent) AS irq_percent_max,
    count(irq_percent) AS irq_percent_count,
    sum(softirq_percent::float8) / count(softirq_percent) AS softirq_percent_avg,
    min(softirq_percent) AS softirq_percent_min,
    max(softirq_percent) AS softirq_percent_max,
    count(softirq_percent) AS softirq_percent_count,
    sum(steal_percent::float8) / count(steal_percent) AS steal_percent_avg,
    min(steal_percent) AS steal_percent_min,
    max(steal_percent) AS steal_percent_max,
    count(steal_percent) AS steal_percent_count,
    sum(guest_percent::float8) / count(guest_percent) AS guest_percent_avg,
    min(guest_percent) AS guest_percent_min,
    max(guest_percent) AS guest_percent_max,
    count(guest_percent) AS guest_percent_count,
    sum(cores_count::float8) / count(*) AS cores_count_avg,
    min(cores_count) AS cores_count_min,
    max(cores_count) AS cores_count_max,
    sum(load_1m_average::float8) / count(load_1m_average) AS load_1m_average_avg,
    min(load_1m_average) AS load_1m_average_min,
    max(load_1m_average) AS load_1m_average_max,
    count(load_1m_average) AS load_1m_average_count,
    sum(load_5m_average::float8) / count(load_5m_average) AS load_5m_average_avg,
    min(load_5m_average) AS load_5m_average_min,
    max(load_5m_average) AS load_5m_average_max,
    count(load_5m_average) AS load_5m_average_count,
    sum(load_15m_average::float8) / count(load_15m_average) AS load_15m_average_avg,
    min(load_15m_average) AS load_15m_average_min,
    max(load_15m_average) AS load_15m_average_max,
    count(load_15m_average) AS load_15m_average_count,
    sum(context_switches_per_second::float8) / count(context_switches_per_second) AS context_switches_per_second_avg,
    min(context_switches_per_second) AS context_switches_per_second_min,
    max(context_switches_per_second) AS context_switches_per_second_max,
    count(context_switches_per_second) AS context_switches_per_second_count,
    sum(interrupts_per_second::float8) / count(interrupts_per_second) AS interrupts_per_second_avg,
    min(interrupts_per_second) AS interrupts_per_second_min,
    max(interrupts_per_second) AS interrupts_per_second_max,
    count(interrupts_per_second) AS interrupts_per_second_count
FROM metrics.cpu
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX cpu_1m_host_time ON metrics.cpu_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg,
    min(total_percent_min) AS total_percent_min,
    max(total_percent_max) AS total_percent_max,
    sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg,
    min(user_percent_min) AS user_percent_min,
    max(user_percent_max) AS user_percent_max,
    sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg,
    min(system_percent_min) AS system_percent_min,
    max(system_percent_max) AS system_percent_max,
    sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg,
    min(idle_percent_min) AS idle_percent_min,
    max(idle_percent_max) AS idle_percent_max,
    sum(nice_percent_avg * nice_percent_count) / nullif(sum(nice_percent_count::float8), 0) AS nice_percent_avg,
    min(nice_percent_min) AS nice_percent_min,
    max(nice_percent_max) AS nice_percent_max,
    sum(nice_percent_count)::bigint AS nice_percent_count,
    sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg,
    min(iowait_percent_min) AS iowait_percent_min,
    max(iowait_percent_max) AS iowait_percent_max,
    sum(iowait_percent_count)::bigint AS iowait_percent_count,
    sum(irq_percent_avg * irq_percent_count) / nullif(sum(irq_percent_count::float8), 0) AS irq_percent_avg,
    min(irq_percent_min) AS irq_percent_min,
    max(irq_percent_max) AS irq_percent_max,
    sum(irq_percent_count)::bigint AS irq_percent_count,
    sum(softirq_percent_avg * softirq_percent_count) / nullif(sum(softirq_percent_count::float8), 0) AS softirq_percent_avg,
    min(softirq_percent_min) AS softirq_percent_min,
    max(softirq_percent_max) AS softirq_percent_max,
    sum(softirq_percent_count)::bigint AS softirq_percent_count,
    sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg,
    min(steal_percent_min) AS steal_percent_min,
    max(steal_percent_max) AS steal_percent_max,
    sum(steal_percent_count)::bigint AS steal_percent_count,
    sum(guest_percent_avg * guest_percent_count) / nullif(sum(guest_percent_count::float8), 0) AS guest_percent_avg,
    min(guest_percent_min) AS guest_percent_min,
    max(guest_percent_max) AS guest_percent_max,
    sum(guest_percent_count)::bigint AS guest_percent_count,
    sum(cores_count_avg * samples) / sum(samples::float8) AS cores_count_avg,
    min(cores_count_min) AS cores_count_min,
    max(cores_count_max) AS cores_count_max,
    sum(load_1m_average_avg * load_1m_average_count) / nullif(sum(load_1m_average_count::float8), 0) AS load_1m_average_avg,
    min(load_1m_average_min) AS load_1m_average_min,
    max(load_1m_average_max) AS load_1m_average_max,
    sum(load_1m_average_count)::bigint AS load_1m_average_count,
    sum(load_5m_average_avg * load_5m_average_count) / nullif(sum(load_5m_average_count::float8), 0) AS load_5m_average_avg,
    min(load_5m_average_min) AS load_5m_average_min,
    max(load_5m_average_max) AS load_5m_average_max,
    sum(load_5m_average_count)::bigint AS load_5m_average_count,
    sum(load_15m_average_avg * load_15m_average_count) / nullif(sum(load_15m_average_count::float8), 0) AS load_15m_average_avg,
    min(load_15m_average_min) AS load_15m_average_min,
    max(load_15m_average_max) AS load_15m_average_max,
    sum(load_15m_average_count)::bigint AS load_15m_average_count,
    sum(context_switches_per_second_avg * context_switches_per_second_count) / nullif(sum(context_switches_per_second_count::float8), 0) AS context_switches_per_second_avg,
    min(context_switches_per_second_min) AS context_switches_per_second_min,
    max(context_switches_per_second_max) AS context_switches_per_second_max,
    sum(context_switches_per_second_count)::bigint AS context_switches_per_second_count,
    sum(interrupts_per_second_avg * interrupts_per_second_count) / nullif(sum(interrupts_per_second_count::float8), 0) AS interrupts_per_second_avg,
    min(interrupts_per_second_min) AS interrupts_per_second_min,
    max(interrupts_per_second_max) AS interrupts_per_second_max,
    sum(interrupts_per_second_count)::bigint AS interrupts_per_second_count
FROM metrics.cpu_1m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX cpu_5m_host_time ON metrics.cpu_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg,
    min(total_percent_min) AS total_percent_min,
    max(total_percent_max) AS total_percent_max,
    sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg,
    min(user_percent_min) AS user_percent_min,
    max(user_percent_max) AS user_percent_max,
    sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg,
    min(system_percent_min) AS system_percent_min,
    max(system_percent_max) AS system_percent_max,
    sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg,
    min(idle_percent_min) AS idle_percent_min,
    max(idle_percent_max) AS idle_percent_max,
    sum(nice_percent_avg * nice_percent_count) / nullif(sum(nice_percent_count::float8), 0) AS nice_percent_avg,
    min(nice_percent_min) AS nice_percent_min,
    max(nice_percent_max) AS nice_percent_max,
    sum(nice_percent_count)::bigint AS nice_percent_count,
    sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg,
    min(iowait_percent_min) AS iowait_percent_min,
    max(iowait_percent_max) AS iowait_percent_max,
    sum(iowait_percent_count)::bigint AS iowait_percent_count,
    sum(irq_percent_avg * irq_percent_count) / nullif(sum(irq_percent_count::float8), 0) AS irq_percent_avg,
    min(irq_percent_min) AS irq_percent_min,
    max(irq_percent_max) AS irq_percent_max,
    sum(irq_percent_count)::bigint AS irq_percent_count,
    sum(softirq_percent_avg * softirq_percent_count) / nullif(sum(softirq_percent_count::float8), 0) AS softirq_percent_avg,
    min(softirq_percent_min) AS softirq_percent_min,
    max(softirq_percent_max) AS softirq_percent_max,
    sum(softirq_percent_count)::bigint AS softirq_percent_count,
    sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg,
    min(steal_percent_min) AS steal_percent_min,
    max(steal_percent_max) AS steal_percent_max,
    sum(steal_percent_count)::bigint AS steal_percent_count,
    sum(guest_percent_avg * guest_percent_count) / nullif(sum(guest_percent_count::float8), 0) AS guest_percent_avg,
    min(guest_percent_min) AS guest_percent_min,
    max(guest_percent_max) AS guest_percent_max,
    sum(guest_percent_count)::bigint AS guest_percent_count,
    sum(cores_count_avg * samples) / sum(samples::float8) AS cores_count_avg,
    min(cores_count_min) AS cores_count_min,
    max(cores_count_max) AS cores_count_max,
    sum(load_1m_average_avg * load_1m_average_count) / nullif(sum(load_1m_average_count::float8), 0) AS load_1m_average_avg,
    min(load_1m_average_min) AS load_1m_average_min,
    max(load_1m_average_max) AS load_1m_average_max,
    sum(load_1m_average_count)::bigint AS load_1m_average_count,
    sum(load_5m_average_avg * load_5m_average_count) / nullif(sum(load_5m_average_count::float8), 0) AS load_5m_average_avg,
    min(load_5m_average_min) AS load_5m_average_min,
    max(load_5m_average_max) AS load_5m_average_max,
    sum(load_5m_average_count)::bigint AS load_5m_average_count,
    sum(load_15m_average_avg * load_15m_average_count) / nullif(sum(load_15m_average_count::float8), 0) AS load_15m_average_avg,
    min(load_15m_average_min) AS load_15m_average_min,
    max(load_15m_average_max) AS load_15m_average_max,
    sum(load_15m_average_count)::bigint AS load_15m_average_count,
    sum(context_switches_per_second_avg * context_switches_per_second_count) / nullif(sum(context_switches_per_second_count::float8), 0) AS context_switches_per_second_avg,
    min(context_switches_per_second_min) AS context_switches_per_second_min,
    max(context_switches_per_second_max) AS context_switches_per_second_max,
    sum(context_switches_per_second_count)::bigint AS context_switches_per_second_count,
    sum(interrupts_per_second_avg * interrupts_per_second_count) / nullif(sum(interrupts_per_second_count::float8), 0) AS interrupts_per_second_avg,
    min(interrupts_per_second_min) AS interrupts_per_second_min,
    max(interrupts_per_second_max) AS interrupts_per_second_max,
    sum(interrupts_per_second_count)::bigint AS interrupts_per_second_count
FROM metrics.cpu_5m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX cpu_1h_host_time ON metrics.cpu_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_core_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source, core,
    count(*) AS samples,
    sum(total_percent::float8) / count(*) AS total_percent_avg,
    min(total_percent) AS total_percent_min,
    max(total_percent) AS total_percent_max,
    sum(user_percent::float8) / count(*) AS user_percent_avg,
    min(user_percent) AS user_percent_min,
    max(user_percent) AS user_percent_max,
    sum(system_percent::float8) / count(*) AS system_percent_avg,
    min(system_percent) AS system_percent_min,
    max(system_percent) AS system_percent_max,
    sum(idle_percent::float8) / count(*) AS idle_percent_avg,
    min(idle_percent) AS idle_percent_min,
    max(idle_percent) AS idle_percent_max,
    sum(iowait_percent::float8) / count(iowait_percent) AS iowait_percent_avg,
    min(iowait_percent) AS iowait_percent_min,
    max(iowait_percent) AS iowait_percent_max,
    count(iowait_percent) AS iowait_percent_count,
    sum(steal_percent::float8) / count(steal_percent) AS steal_percent_avg,
    min(steal_percent) AS steal_percent_min,
    max(steal_percent) AS steal_percent_max,
    count(steal_percent) AS steal_percent_count
FROM metrics.cpu_core
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX cpu_core_1m_host_time ON metrics.cpu_core_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_core_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,core', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_core_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source, core,
    sum(samples)::bigint AS samples,
    sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg,
    min(total_percent_min) AS total_percent_min,
    max(total_percent_max) AS total_percent_max,
    sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg,
    min(user_percent_min) AS user_percent_min,
    max(user_percent_max) AS user_percent_max,
    sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg,
    min(system_percent_min) AS system_percent_min,
    max(system_percent_max) AS system_percent_max,
    sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg,
    min(idle_percent_min) AS idle_percent_min,
    max(idle_percent_max) AS idle_percent_max,
    sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg,
    min(iowait_percent_min) AS iowait_percent_min,
    max(iowait_percent_max) AS iowait_percent_max,
    sum(iowait_percent_count)::bigint AS iowait_percent_count,
    sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg,
    min(steal_percent_min) AS steal_percent_min,
    max(steal_percent_max) AS steal_percent_max,
    sum(steal_percent_count)::bigint AS steal_percent_count
FROM metrics.cpu_core_1m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX cpu_core_5m_host_time ON metrics.cpu_core_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_core_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,core', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.cpu_core_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source, core,
    sum(samples)::bigint AS samples,
    sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg,
    min(total_percent_min) AS total_percent_min,
    max(total_percent_max) AS total_percent_max,
    sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg,
    min(user_percent_min) AS user_percent_min,
    max(user_percent_max) AS user_percent_max,
    sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg,
    min(system_percent_min) AS system_percent_min,
    max(system_percent_max) AS system_percent_max,
    sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg,
    min(idle_percent_min) AS idle_percent_min,
    max(idle_percent_max) AS idle_percent_max,
    sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg,
    min(iowait_percent_min) AS iowait_percent_min,
    max(iowait_percent_max) AS iowait_percent_max,
    sum(iowait_percent_count)::bigint AS iowait_percent_count,
    sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg,
    min(steal_percent_min) AS steal_percent_min,
    max(steal_percent_max) AS steal_percent_max,
    sum(steal_percent_count)::bigint AS steal_percent_count
FROM metrics.cpu_core_5m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX cpu_core_1h_host_time ON metrics.cpu_core_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.cpu_core_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,core', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.memory_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source,
    count(*) AS samples,
    sum(total_bytes::float8) / count(*) AS total_bytes_avg,
    min(total_bytes) AS total_bytes_min,
    max(total_bytes) AS total_bytes_max,
    sum(used_bytes::float8) / count(*) AS used_bytes_avg,
    min(used_bytes) AS used_bytes_min,
    max(used_bytes) AS used_bytes_max,
    sum(available_bytes::float8) / count(*) AS available_bytes_avg,
    min(available_bytes) AS available_bytes_min,
    max(available_bytes) AS available_bytes_max,
    sum(used_percent::float8) / count(*) AS used_percent_avg,
    min(used_percent) AS used_percent_min,
    max(used_percent) AS used_percent_max,
    sum(free_bytes::float8) / count(*) AS free_bytes_avg,
    min(free_bytes) AS free_bytes_min,
    max(free_bytes) AS free_bytes_max,
    sum(buffers_bytes::float8) / count(buffers_bytes) AS buffers_bytes_avg,
    min(buffers_bytes) AS buffers_bytes_min,
    max(buffers_bytes) AS buffers_bytes_max,
    count(buffers_bytes) AS buffers_bytes_count,
    sum(cached_bytes::float8) / count(cached_bytes) AS cached_bytes_avg,
    min(cached_bytes) AS cached_bytes_min,
    max(cached_bytes) AS cached_bytes_max,
    count(cached_bytes) AS cached_bytes_count,
    sum(shared_bytes::float8) / count(shared_bytes) AS shared_bytes_avg,
    min(shared_bytes) AS shared_bytes_min,
    max(shared_bytes) AS shared_bytes_max,
    count(shared_bytes) AS shared_bytes_count
FROM metrics.memory
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX memory_1m_host_time ON metrics.memory_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.memory_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.memory_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg,
    min(available_bytes_min) AS available_bytes_min,
    max(available_bytes_max) AS available_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg,
    min(free_bytes_min) AS free_bytes_min,
    max(free_bytes_max) AS free_bytes_max,
    sum(buffers_bytes_avg * buffers_bytes_count) / nullif(sum(buffers_bytes_count::float8), 0) AS buffers_bytes_avg,
    min(buffers_bytes_min) AS buffers_bytes_min,
    max(buffers_bytes_max) AS buffers_bytes_max,
    sum(buffers_bytes_count)::bigint AS buffers_bytes_count,
    sum(cached_bytes_avg * cached_bytes_count) / nullif(sum(cached_bytes_count::float8), 0) AS cached_bytes_avg,
    min(cached_bytes_min) AS cached_bytes_min,
    max(cached_bytes_max) AS cached_bytes_max,
    sum(cached_bytes_count)::bigint AS cached_bytes_count,
    sum(shared_bytes_avg * shared_bytes_count) / nullif(sum(shared_bytes_count::float8), 0) AS shared_bytes_avg,
    min(shared_bytes_min) AS shared_bytes_min,
    max(shared_bytes_max) AS shared_bytes_max,
    sum(shared_bytes_count)::bigint AS shared_bytes_count
FROM metrics.memory_1m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX memory_5m_host_time ON metrics.memory_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.memory_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.memory_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg,
    min(available_bytes_min) AS available_bytes_min,
    max(available_bytes_max) AS available_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg,
    min(free_bytes_min) AS free_bytes_min,
    max(free_bytes_max) AS free_bytes_max,
    sum(buffers_bytes_avg * buffers_bytes_count) / nullif(sum(buffers_bytes_count::float8), 0) AS buffers_bytes_avg,
    min(buffers_bytes_min) AS buffers_bytes_min,
    max(buffers_bytes_max) AS buffers_bytes_max,
    sum(buffers_bytes_count)::bigint AS buffers_bytes_count,
    sum(cached_bytes_avg * cached_bytes_count) / nullif(sum(cached_bytes_count::float8), 0) AS cached_bytes_avg,
    min(cached_bytes_min) AS cached_bytes_min,
    max(cached_bytes_max) AS cached_bytes_max,
    sum(cached_bytes_count)::bigint AS cached_bytes_count,
    sum(shared_bytes_avg * shared_bytes_count) / nullif(sum(shared_bytes_count::float8), 0) AS shared_bytes_avg,
    min(shared_bytes_min) AS shared_bytes_min,
    max(shared_bytes_max) AS shared_bytes_max,
    sum(shared_bytes_count)::bigint AS shared_bytes_count
FROM metrics.memory_5m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX memory_1h_host_time ON metrics.memory_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.memory_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.swap_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source,
    count(*) AS samples,
    sum(total_bytes::float8) / count(*) AS total_bytes_avg,
    min(total_bytes) AS total_bytes_min,
    max(total_bytes) AS total_bytes_max,
    sum(used_bytes::float8) / count(*) AS used_bytes_avg,
    min(used_bytes) AS used_bytes_min,
    max(used_bytes) AS used_bytes_max,
    sum(free_bytes::float8) / count(*) AS free_bytes_avg,
    min(free_bytes) AS free_bytes_min,
    max(free_bytes) AS free_bytes_max,
    sum(used_percent::float8) / count(*) AS used_percent_avg,
    min(used_percent) AS used_percent_min,
    max(used_percent) AS used_percent_max,
    sum(in_bytes_per_second::float8) / count(*) AS in_bytes_per_second_avg,
    min(in_bytes_per_second) AS in_bytes_per_second_min,
    max(in_bytes_per_second) AS in_bytes_per_second_max,
    sum(out_bytes_per_second::float8) / count(*) AS out_bytes_per_second_avg,
    min(out_bytes_per_second) AS out_bytes_per_second_min,
    max(out_bytes_per_second) AS out_bytes_per_second_max
FROM metrics.swap
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX swap_1m_host_time ON metrics.swap_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.swap_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.swap_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg,
    min(free_bytes_min) AS free_bytes_min,
    max(free_bytes_max) AS free_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(in_bytes_per_second_avg * samples) / sum(samples::float8) AS in_bytes_per_second_avg,
    min(in_bytes_per_second_min) AS in_bytes_per_second_min,
    max(in_bytes_per_second_max) AS in_bytes_per_second_max,
    sum(out_bytes_per_second_avg * samples) / sum(samples::float8) AS out_bytes_per_second_avg,
    min(out_bytes_per_second_min) AS out_bytes_per_second_min,
    max(out_bytes_per_second_max) AS out_bytes_per_second_max
FROM metrics.swap_1m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX swap_5m_host_time ON metrics.swap_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.swap_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.swap_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg,
    min(free_bytes_min) AS free_bytes_min,
    max(free_bytes_max) AS free_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(in_bytes_per_second_avg * samples) / sum(samples::float8) AS in_bytes_per_second_avg,
    min(in_bytes_per_second_min) AS in_bytes_per_second_min,
    max(in_bytes_per_second_max) AS in_bytes_per_second_max,
    sum(out_bytes_per_second_avg * samples) / sum(samples::float8) AS out_bytes_per_second_avg,
    min(out_bytes_per_second_min) AS out_bytes_per_second_min,
    max(out_bytes_per_second_max) AS out_bytes_per_second_max
FROM metrics.swap_5m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX swap_1h_host_time ON metrics.swap_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.swap_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source, mount, device,
    count(*) AS samples,
    sum(total_bytes::float8) / count(*) AS total_bytes_avg,
    min(total_bytes) AS total_bytes_min,
    max(total_bytes) AS total_bytes_max,
    sum(used_bytes::float8) / count(*) AS used_bytes_avg,
    min(used_bytes) AS used_bytes_min,
    max(used_bytes) AS used_bytes_max,
    sum(available_bytes::float8) / count(*) AS available_bytes_avg,
    min(available_bytes) AS available_bytes_min,
    max(available_bytes) AS available_bytes_max,
    sum(used_percent::float8) / count(*) AS used_percent_avg,
    min(used_percent) AS used_percent_min,
    max(used_percent) AS used_percent_max,
    sum(inodes_total_count::float8) / count(inodes_total_count) AS inodes_total_count_avg,
    min(inodes_total_count) AS inodes_total_count_min,
    max(inodes_total_count) AS inodes_total_count_max,
    count(inodes_total_count) AS inodes_total_count_count,
    sum(inodes_used_count::float8) / count(inodes_used_count) AS inodes_used_count_avg,
    min(inodes_used_count) AS inodes_used_count_min,
    max(inodes_used_count) AS inodes_used_count_max,
    count(inodes_used_count) AS inodes_used_count_count,
    sum(inodes_used_percent::float8) / count(inodes_used_percent) AS inodes_used_percent_avg,
    min(inodes_used_percent) AS inodes_used_percent_min,
    max(inodes_used_percent) AS inodes_used_percent_max,
    count(inodes_used_percent) AS inodes_used_percent_count
FROM metrics.disk
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE INDEX disk_1m_host_time ON metrics.disk_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,mount,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source, mount, device,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg,
    min(available_bytes_min) AS available_bytes_min,
    max(available_bytes_max) AS available_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(inodes_total_count_avg * inodes_total_count_count) / nullif(sum(inodes_total_count_count::float8), 0) AS inodes_total_count_avg,
    min(inodes_total_count_min) AS inodes_total_count_min,
    max(inodes_total_count_max) AS inodes_total_count_max,
    sum(inodes_total_count_count)::bigint AS inodes_total_count_count,
    sum(inodes_used_count_avg * inodes_used_count_count) / nullif(sum(inodes_used_count_count::float8), 0) AS inodes_used_count_avg,
    min(inodes_used_count_min) AS inodes_used_count_min,
    max(inodes_used_count_max) AS inodes_used_count_max,
    sum(inodes_used_count_count)::bigint AS inodes_used_count_count,
    sum(inodes_used_percent_avg * inodes_used_percent_count) / nullif(sum(inodes_used_percent_count::float8), 0) AS inodes_used_percent_avg,
    min(inodes_used_percent_min) AS inodes_used_percent_min,
    max(inodes_used_percent_max) AS inodes_used_percent_max,
    sum(inodes_used_percent_count)::bigint AS inodes_used_percent_count
FROM metrics.disk_1m
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE INDEX disk_5m_host_time ON metrics.disk_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,mount,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source, mount, device,
    sum(samples)::bigint AS samples,
    sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg,
    min(total_bytes_min) AS total_bytes_min,
    max(total_bytes_max) AS total_bytes_max,
    sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg,
    min(used_bytes_min) AS used_bytes_min,
    max(used_bytes_max) AS used_bytes_max,
    sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg,
    min(available_bytes_min) AS available_bytes_min,
    max(available_bytes_max) AS available_bytes_max,
    sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(inodes_total_count_avg * inodes_total_count_count) / nullif(sum(inodes_total_count_count::float8), 0) AS inodes_total_count_avg,
    min(inodes_total_count_min) AS inodes_total_count_min,
    max(inodes_total_count_max) AS inodes_total_count_max,
    sum(inodes_total_count_count)::bigint AS inodes_total_count_count,
    sum(inodes_used_count_avg * inodes_used_count_count) / nullif(sum(inodes_used_count_count::float8), 0) AS inodes_used_count_avg,
    min(inodes_used_count_min) AS inodes_used_count_min,
    max(inodes_used_count_max) AS inodes_used_count_max,
    sum(inodes_used_count_count)::bigint AS inodes_used_count_count,
    sum(inodes_used_percent_avg * inodes_used_percent_count) / nullif(sum(inodes_used_percent_count::float8), 0) AS inodes_used_percent_avg,
    min(inodes_used_percent_min) AS inodes_used_percent_min,
    max(inodes_used_percent_max) AS inodes_used_percent_max,
    sum(inodes_used_percent_count)::bigint AS inodes_used_percent_count
FROM metrics.disk_5m
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE INDEX disk_1h_host_time ON metrics.disk_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,mount,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_io_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source, device,
    count(*) AS samples,
    sum(read_bytes_per_second::float8) / count(*) AS read_bytes_per_second_avg,
    min(read_bytes_per_second) AS read_bytes_per_second_min,
    max(read_bytes_per_second) AS read_bytes_per_second_max,
    sum(write_bytes_per_second::float8) / count(*) AS write_bytes_per_second_avg,
    min(write_bytes_per_second) AS write_bytes_per_second_min,
    max(write_bytes_per_second) AS write_bytes_per_second_max,
    sum(reads_per_second::float8) / count(*) AS reads_per_second_avg,
    min(reads_per_second) AS reads_per_second_min,
    max(reads_per_second) AS reads_per_second_max,
    sum(writes_per_second::float8) / count(*) AS writes_per_second_avg,
    min(writes_per_second) AS writes_per_second_min,
    max(writes_per_second) AS writes_per_second_max,
    sum(read_await_seconds::float8) / count(read_await_seconds) AS read_await_seconds_avg,
    min(read_await_seconds) AS read_await_seconds_min,
    max(read_await_seconds) AS read_await_seconds_max,
    count(read_await_seconds) AS read_await_seconds_count,
    sum(write_await_seconds::float8) / count(write_await_seconds) AS write_await_seconds_avg,
    min(write_await_seconds) AS write_await_seconds_min,
    max(write_await_seconds) AS write_await_seconds_max,
    count(write_await_seconds) AS write_await_seconds_count,
    sum(queue_depth_average::float8) / count(queue_depth_average) AS queue_depth_average_avg,
    min(queue_depth_average) AS queue_depth_average_min,
    max(queue_depth_average) AS queue_depth_average_max,
    count(queue_depth_average) AS queue_depth_average_count,
    sum(busy_percent::float8) / count(busy_percent) AS busy_percent_avg,
    min(busy_percent) AS busy_percent_min,
    max(busy_percent) AS busy_percent_max,
    count(busy_percent) AS busy_percent_count
FROM metrics.disk_io
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX disk_io_1m_host_time ON metrics.disk_io_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_io_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_io_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source, device,
    sum(samples)::bigint AS samples,
    sum(read_bytes_per_second_avg * samples) / sum(samples::float8) AS read_bytes_per_second_avg,
    min(read_bytes_per_second_min) AS read_bytes_per_second_min,
    max(read_bytes_per_second_max) AS read_bytes_per_second_max,
    sum(write_bytes_per_second_avg * samples) / sum(samples::float8) AS write_bytes_per_second_avg,
    min(write_bytes_per_second_min) AS write_bytes_per_second_min,
    max(write_bytes_per_second_max) AS write_bytes_per_second_max,
    sum(reads_per_second_avg * samples) / sum(samples::float8) AS reads_per_second_avg,
    min(reads_per_second_min) AS reads_per_second_min,
    max(reads_per_second_max) AS reads_per_second_max,
    sum(writes_per_second_avg * samples) / sum(samples::float8) AS writes_per_second_avg,
    min(writes_per_second_min) AS writes_per_second_min,
    max(writes_per_second_max) AS writes_per_second_max,
    sum(read_await_seconds_avg * read_await_seconds_count) / nullif(sum(read_await_seconds_count::float8), 0) AS read_await_seconds_avg,
    min(read_await_seconds_min) AS read_await_seconds_min,
    max(read_await_seconds_max) AS read_await_seconds_max,
    sum(read_await_seconds_count)::bigint AS read_await_seconds_count,
    sum(write_await_seconds_avg * write_await_seconds_count) / nullif(sum(write_await_seconds_count::float8), 0) AS write_await_seconds_avg,
    min(write_await_seconds_min) AS write_await_seconds_min,
    max(write_await_seconds_max) AS write_await_seconds_max,
    sum(write_await_seconds_count)::bigint AS write_await_seconds_count,
    sum(queue_depth_average_avg * queue_depth_average_count) / nullif(sum(queue_depth_average_count::float8), 0) AS queue_depth_average_avg,
    min(queue_depth_average_min) AS queue_depth_average_min,
    max(queue_depth_average_max) AS queue_depth_average_max,
    sum(queue_depth_average_count)::bigint AS queue_depth_average_count,
    sum(busy_percent_avg * busy_percent_count) / nullif(sum(busy_percent_count::float8), 0) AS busy_percent_avg,
    min(busy_percent_min) AS busy_percent_min,
    max(busy_percent_max) AS busy_percent_max,
    sum(busy_percent_count)::bigint AS busy_percent_count
FROM metrics.disk_io_1m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX disk_io_5m_host_time ON metrics.disk_io_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_io_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.disk_io_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source, device,
    sum(samples)::bigint AS samples,
    sum(read_bytes_per_second_avg * samples) / sum(samples::float8) AS read_bytes_per_second_avg,
    min(read_bytes_per_second_min) AS read_bytes_per_second_min,
    max(read_bytes_per_second_max) AS read_bytes_per_second_max,
    sum(write_bytes_per_second_avg * samples) / sum(samples::float8) AS write_bytes_per_second_avg,
    min(write_bytes_per_second_min) AS write_bytes_per_second_min,
    max(write_bytes_per_second_max) AS write_bytes_per_second_max,
    sum(reads_per_second_avg * samples) / sum(samples::float8) AS reads_per_second_avg,
    min(reads_per_second_min) AS reads_per_second_min,
    max(reads_per_second_max) AS reads_per_second_max,
    sum(writes_per_second_avg * samples) / sum(samples::float8) AS writes_per_second_avg,
    min(writes_per_second_min) AS writes_per_second_min,
    max(writes_per_second_max) AS writes_per_second_max,
    sum(read_await_seconds_avg * read_await_seconds_count) / nullif(sum(read_await_seconds_count::float8), 0) AS read_await_seconds_avg,
    min(read_await_seconds_min) AS read_await_seconds_min,
    max(read_await_seconds_max) AS read_await_seconds_max,
    sum(read_await_seconds_count)::bigint AS read_await_seconds_count,
    sum(write_await_seconds_avg * write_await_seconds_count) / nullif(sum(write_await_seconds_count::float8), 0) AS write_await_seconds_avg,
    min(write_await_seconds_min) AS write_await_seconds_min,
    max(write_await_seconds_max) AS write_await_seconds_max,
    sum(write_await_seconds_count)::bigint AS write_await_seconds_count,
    sum(queue_depth_average_avg * queue_depth_average_count) / nullif(sum(queue_depth_average_count::float8), 0) AS queue_depth_average_avg,
    min(queue_depth_average_min) AS queue_depth_average_min,
    max(queue_depth_average_max) AS queue_depth_average_max,
    sum(queue_depth_average_count)::bigint AS queue_depth_average_count,
    sum(busy_percent_avg * busy_percent_count) / nullif(sum(busy_percent_count::float8), 0) AS busy_percent_avg,
    min(busy_percent_min) AS busy_percent_min,
    max(busy_percent_max) AS busy_percent_max,
    sum(busy_percent_count)::bigint AS busy_percent_count
FROM metrics.disk_io_5m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX disk_io_1h_host_time ON metrics.disk_io_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.disk_io_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,device', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.network_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source, interface,
    count(*) AS samples,
    sum(receive_bytes_per_second::float8) / count(*) AS receive_bytes_per_second_avg,
    min(receive_bytes_per_second) AS receive_bytes_per_second_min,
    max(receive_bytes_per_second) AS receive_bytes_per_second_max,
    sum(transmit_bytes_per_second::float8) / count(*) AS transmit_bytes_per_second_avg,
    min(transmit_bytes_per_second) AS transmit_bytes_per_second_min,
    max(transmit_bytes_per_second) AS transmit_bytes_per_second_max,
    sum(receive_packets_per_second::float8) / count(*) AS receive_packets_per_second_avg,
    min(receive_packets_per_second) AS receive_packets_per_second_min,
    max(receive_packets_per_second) AS receive_packets_per_second_max,
    sum(transmit_packets_per_second::float8) / count(*) AS transmit_packets_per_second_avg,
    min(transmit_packets_per_second) AS transmit_packets_per_second_min,
    max(transmit_packets_per_second) AS transmit_packets_per_second_max,
    sum(receive_errors_per_second::float8) / count(*) AS receive_errors_per_second_avg,
    min(receive_errors_per_second) AS receive_errors_per_second_min,
    max(receive_errors_per_second) AS receive_errors_per_second_max,
    sum(transmit_errors_per_second::float8) / count(*) AS transmit_errors_per_second_avg,
    min(transmit_errors_per_second) AS transmit_errors_per_second_min,
    max(transmit_errors_per_second) AS transmit_errors_per_second_max,
    sum(receive_drops_per_second::float8) / count(*) AS receive_drops_per_second_avg,
    min(receive_drops_per_second) AS receive_drops_per_second_min,
    max(receive_drops_per_second) AS receive_drops_per_second_max,
    sum(transmit_drops_per_second::float8) / count(*) AS transmit_drops_per_second_avg,
    min(transmit_drops_per_second) AS transmit_drops_per_second_min,
    max(transmit_drops_per_second) AS transmit_drops_per_second_max,
    sum(speed_bytes_per_second::float8) / count(speed_bytes_per_second) AS speed_bytes_per_second_avg,
    min(speed_bytes_per_second) AS speed_bytes_per_second_min,
    max(speed_bytes_per_second) AS speed_bytes_per_second_max,
    count(speed_bytes_per_second) AS speed_bytes_per_second_count,
    sum(used_percent::float8) / count(used_percent) AS used_percent_avg,
    min(used_percent) AS used_percent_min,
    max(used_percent) AS used_percent_max,
    count(used_percent) AS used_percent_count
FROM metrics.network
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX network_1m_host_time ON metrics.network_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.network_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,interface', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.network_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source, interface,
    sum(samples)::bigint AS samples,
    sum(receive_bytes_per_second_avg * samples) / sum(samples::float8) AS receive_bytes_per_second_avg,
    min(receive_bytes_per_second_min) AS receive_bytes_per_second_min,
    max(receive_bytes_per_second_max) AS receive_bytes_per_second_max,
    sum(transmit_bytes_per_second_avg * samples) / sum(samples::float8) AS transmit_bytes_per_second_avg,
    min(transmit_bytes_per_second_min) AS transmit_bytes_per_second_min,
    max(transmit_bytes_per_second_max) AS transmit_bytes_per_second_max,
    sum(receive_packets_per_second_avg * samples) / sum(samples::float8) AS receive_packets_per_second_avg,
    min(receive_packets_per_second_min) AS receive_packets_per_second_min,
    max(receive_packets_per_second_max) AS receive_packets_per_second_max,
    sum(transmit_packets_per_second_avg * samples) / sum(samples::float8) AS transmit_packets_per_second_avg,
    min(transmit_packets_per_second_min) AS transmit_packets_per_second_min,
    max(transmit_packets_per_second_max) AS transmit_packets_per_second_max,
    sum(receive_errors_per_second_avg * samples) / sum(samples::float8) AS receive_errors_per_second_avg,
    min(receive_errors_per_second_min) AS receive_errors_per_second_min,
    max(receive_errors_per_second_max) AS receive_errors_per_second_max,
    sum(transmit_errors_per_second_avg * samples) / sum(samples::float8) AS transmit_errors_per_second_avg,
    min(transmit_errors_per_second_min) AS transmit_errors_per_second_min,
    max(transmit_errors_per_second_max) AS transmit_errors_per_second_max,
    sum(receive_drops_per_second_avg * samples) / sum(samples::float8) AS receive_drops_per_second_avg,
    min(receive_drops_per_second_min) AS receive_drops_per_second_min,
    max(receive_drops_per_second_max) AS receive_drops_per_second_max,
    sum(transmit_drops_per_second_avg * samples) / sum(samples::float8) AS transmit_drops_per_second_avg,
    min(transmit_drops_per_second_min) AS transmit_drops_per_second_min,
    max(transmit_drops_per_second_max) AS transmit_drops_per_second_max,
    sum(speed_bytes_per_second_avg * speed_bytes_per_second_count) / nullif(sum(speed_bytes_per_second_count::float8), 0) AS speed_bytes_per_second_avg,
    min(speed_bytes_per_second_min) AS speed_bytes_per_second_min,
    max(speed_bytes_per_second_max) AS speed_bytes_per_second_max,
    sum(speed_bytes_per_second_count)::bigint AS speed_bytes_per_second_count,
    sum(used_percent_avg * used_percent_count) / nullif(sum(used_percent_count::float8), 0) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(used_percent_count)::bigint AS used_percent_count
FROM metrics.network_1m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX network_5m_host_time ON metrics.network_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.network_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,interface', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.network_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source, interface,
    sum(samples)::bigint AS samples,
    sum(receive_bytes_per_second_avg * samples) / sum(samples::float8) AS receive_bytes_per_second_avg,
    min(receive_bytes_per_second_min) AS receive_bytes_per_second_min,
    max(receive_bytes_per_second_max) AS receive_bytes_per_second_max,
    sum(transmit_bytes_per_second_avg * samples) / sum(samples::float8) AS transmit_bytes_per_second_avg,
    min(transmit_bytes_per_second_min) AS transmit_bytes_per_second_min,
    max(transmit_bytes_per_second_max) AS transmit_bytes_per_second_max,
    sum(receive_packets_per_second_avg * samples) / sum(samples::float8) AS receive_packets_per_second_avg,
    min(receive_packets_per_second_min) AS receive_packets_per_second_min,
    max(receive_packets_per_second_max) AS receive_packets_per_second_max,
    sum(transmit_packets_per_second_avg * samples) / sum(samples::float8) AS transmit_packets_per_second_avg,
    min(transmit_packets_per_second_min) AS transmit_packets_per_second_min,
    max(transmit_packets_per_second_max) AS transmit_packets_per_second_max,
    sum(receive_errors_per_second_avg * samples) / sum(samples::float8) AS receive_errors_per_second_avg,
    min(receive_errors_per_second_min) AS receive_errors_per_second_min,
    max(receive_errors_per_second_max) AS receive_errors_per_second_max,
    sum(transmit_errors_per_second_avg * samples) / sum(samples::float8) AS transmit_errors_per_second_avg,
    min(transmit_errors_per_second_min) AS transmit_errors_per_second_min,
    max(transmit_errors_per_second_max) AS transmit_errors_per_second_max,
    sum(receive_drops_per_second_avg * samples) / sum(samples::float8) AS receive_drops_per_second_avg,
    min(receive_drops_per_second_min) AS receive_drops_per_second_min,
    max(receive_drops_per_second_max) AS receive_drops_per_second_max,
    sum(transmit_drops_per_second_avg * samples) / sum(samples::float8) AS transmit_drops_per_second_avg,
    min(transmit_drops_per_second_min) AS transmit_drops_per_second_min,
    max(transmit_drops_per_second_max) AS transmit_drops_per_second_max,
    sum(speed_bytes_per_second_avg * speed_bytes_per_second_count) / nullif(sum(speed_bytes_per_second_count::float8), 0) AS speed_bytes_per_second_avg,
    min(speed_bytes_per_second_min) AS speed_bytes_per_second_min,
    max(speed_bytes_per_second_max) AS speed_bytes_per_second_max,
    sum(speed_bytes_per_second_count)::bigint AS speed_bytes_per_second_count,
    sum(used_percent_avg * used_percent_count) / nullif(sum(used_percent_count::float8), 0) AS used_percent_avg,
    min(used_percent_min) AS used_percent_min,
    max(used_percent_max) AS used_percent_max,
    sum(used_percent_count)::bigint AS used_percent_count
FROM metrics.network_5m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX network_1h_host_time ON metrics.network_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.network_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,interface', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.connection_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source, state,
    count(*) AS samples,
    sum(connections_count::float8) / count(*) AS connections_count_avg,
    min(connections_count) AS connections_count_min,
    max(connections_count) AS connections_count_max
FROM metrics.connection
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX connection_1m_host_time ON metrics.connection_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.connection_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,state', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.connection_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source, state,
    sum(samples)::bigint AS samples,
    sum(connections_count_avg * samples) / sum(samples::float8) AS connections_count_avg,
    min(connections_count_min) AS connections_count_min,
    max(connections_count_max) AS connections_count_max
FROM metrics.connection_1m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX connection_5m_host_time ON metrics.connection_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.connection_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,state', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.connection_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source, state,
    sum(samples)::bigint AS samples,
    sum(connections_count_avg * samples) / sum(samples::float8) AS connections_count_avg,
    min(connections_count_min) AS connections_count_min,
    max(connections_count_max) AS connections_count_max
FROM metrics.connection_5m
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE INDEX connection_1h_host_time ON metrics.connection_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.connection_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source,state', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.agent_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '86400 seconds') AS
SELECT time_bucket(interval '60 seconds', time) AS time, host, source,
    count(*) AS samples,
    sum(one_core_percent::float8) / count(*) AS one_core_percent_avg,
    min(one_core_percent) AS one_core_percent_min,
    max(one_core_percent) AS one_core_percent_max,
    sum(resident_bytes::float8) / count(*) AS resident_bytes_avg,
    min(resident_bytes) AS resident_bytes_min,
    max(resident_bytes) AS resident_bytes_max,
    sum(reading_seconds::float8) / count(*) AS reading_seconds_avg,
    min(reading_seconds) AS reading_seconds_min,
    max(reading_seconds) AS reading_seconds_max,
    sum(ticks_skipped_count::float8) / count(*) AS ticks_skipped_count_avg,
    min(ticks_skipped_count) AS ticks_skipped_count_min,
    max(ticks_skipped_count) AS ticks_skipped_count_max,
    sum(readings_failed_count::float8) / count(*) AS readings_failed_count_avg,
    min(readings_failed_count) AS readings_failed_count_min,
    max(readings_failed_count) AS readings_failed_count_max,
    sum(rows_cut_count::float8) / count(*) AS rows_cut_count_avg,
    min(rows_cut_count) AS rows_cut_count_min,
    max(rows_cut_count) AS rows_cut_count_max,
    sum(sample_sets_published_count::float8) / count(*) AS sample_sets_published_count_avg,
    min(sample_sets_published_count) AS sample_sets_published_count_min,
    max(sample_sets_published_count) AS sample_sets_published_count_max,
    sum(sample_sets_lost_count::float8) / count(*) AS sample_sets_lost_count_avg,
    min(sample_sets_lost_count) AS sample_sets_lost_count_min,
    max(sample_sets_lost_count) AS sample_sets_lost_count_max,
    sum(sample_sets_pending_count::float8) / count(*) AS sample_sets_pending_count_avg,
    min(sample_sets_pending_count) AS sample_sets_pending_count_min,
    max(sample_sets_pending_count) AS sample_sets_pending_count_max,
    sum(reconnects_count::float8) / count(*) AS reconnects_count_avg,
    min(reconnects_count) AS reconnects_count_min,
    max(reconnects_count) AS reconnects_count_max,
    sum(sample_sets_spooled_count::float8) / count(sample_sets_spooled_count) AS sample_sets_spooled_count_avg,
    min(sample_sets_spooled_count) AS sample_sets_spooled_count_min,
    max(sample_sets_spooled_count) AS sample_sets_spooled_count_max,
    count(sample_sets_spooled_count) AS sample_sets_spooled_count_count,
    sum(spool_bytes::float8) / count(spool_bytes) AS spool_bytes_avg,
    min(spool_bytes) AS spool_bytes_min,
    max(spool_bytes) AS spool_bytes_max,
    count(spool_bytes) AS spool_bytes_count
FROM metrics.agent
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX agent_1m_host_time ON metrics.agent_1m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.agent_1m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.agent_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '604800 seconds') AS
SELECT time_bucket(interval '300 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(one_core_percent_avg * samples) / sum(samples::float8) AS one_core_percent_avg,
    min(one_core_percent_min) AS one_core_percent_min,
    max(one_core_percent_max) AS one_core_percent_max,
    sum(resident_bytes_avg * samples) / sum(samples::float8) AS resident_bytes_avg,
    min(resident_bytes_min) AS resident_bytes_min,
    max(resident_bytes_max) AS resident_bytes_max,
    sum(reading_seconds_avg * samples) / sum(samples::float8) AS reading_seconds_avg,
    min(reading_seconds_min) AS reading_seconds_min,
    max(reading_seconds_max) AS reading_seconds_max,
    sum(ticks_skipped_count_avg * samples) / sum(samples::float8) AS ticks_skipped_count_avg,
    min(ticks_skipped_count_min) AS ticks_skipped_count_min,
    max(ticks_skipped_count_max) AS ticks_skipped_count_max,
    sum(readings_failed_count_avg * samples) / sum(samples::float8) AS readings_failed_count_avg,
    min(readings_failed_count_min) AS readings_failed_count_min,
    max(readings_failed_count_max) AS readings_failed_count_max,
    sum(rows_cut_count_avg * samples) / sum(samples::float8) AS rows_cut_count_avg,
    min(rows_cut_count_min) AS rows_cut_count_min,
    max(rows_cut_count_max) AS rows_cut_count_max,
    sum(sample_sets_published_count_avg * samples) / sum(samples::float8) AS sample_sets_published_count_avg,
    min(sample_sets_published_count_min) AS sample_sets_published_count_min,
    max(sample_sets_published_count_max) AS sample_sets_published_count_max,
    sum(sample_sets_lost_count_avg * samples) / sum(samples::float8) AS sample_sets_lost_count_avg,
    min(sample_sets_lost_count_min) AS sample_sets_lost_count_min,
    max(sample_sets_lost_count_max) AS sample_sets_lost_count_max,
    sum(sample_sets_pending_count_avg * samples) / sum(samples::float8) AS sample_sets_pending_count_avg,
    min(sample_sets_pending_count_min) AS sample_sets_pending_count_min,
    max(sample_sets_pending_count_max) AS sample_sets_pending_count_max,
    sum(reconnects_count_avg * samples) / sum(samples::float8) AS reconnects_count_avg,
    min(reconnects_count_min) AS reconnects_count_min,
    max(reconnects_count_max) AS reconnects_count_max,
    sum(sample_sets_spooled_count_avg * sample_sets_spooled_count_count) / nullif(sum(sample_sets_spooled_count_count::float8), 0) AS sample_sets_spooled_count_avg,
    min(sample_sets_spooled_count_min) AS sample_sets_spooled_count_min,
    max(sample_sets_spooled_count_max) AS sample_sets_spooled_count_max,
    sum(sample_sets_spooled_count_count)::bigint AS sample_sets_spooled_count_count,
    sum(spool_bytes_avg * spool_bytes_count) / nullif(sum(spool_bytes_count::float8), 0) AS spool_bytes_avg,
    min(spool_bytes_min) AS spool_bytes_min,
    max(spool_bytes_max) AS spool_bytes_max,
    sum(spool_bytes_count)::bigint AS spool_bytes_count
FROM metrics.agent_1m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX agent_5m_host_time ON metrics.agent_5m (host, time DESC);

ALTER MATERIALIZED VIEW metrics.agent_5m SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics.agent_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '2419200 seconds') AS
SELECT time_bucket(interval '3600 seconds', time) AS time, host, source,
    sum(samples)::bigint AS samples,
    sum(one_core_percent_avg * samples) / sum(samples::float8) AS one_core_percent_avg,
    min(one_core_percent_min) AS one_core_percent_min,
    max(one_core_percent_max) AS one_core_percent_max,
    sum(resident_bytes_avg * samples) / sum(samples::float8) AS resident_bytes_avg,
    min(resident_bytes_min) AS resident_bytes_min,
    max(resident_bytes_max) AS resident_bytes_max,
    sum(reading_seconds_avg * samples) / sum(samples::float8) AS reading_seconds_avg,
    min(reading_seconds_min) AS reading_seconds_min,
    max(reading_seconds_max) AS reading_seconds_max,
    sum(ticks_skipped_count_avg * samples) / sum(samples::float8) AS ticks_skipped_count_avg,
    min(ticks_skipped_count_min) AS ticks_skipped_count_min,
    max(ticks_skipped_count_max) AS ticks_skipped_count_max,
    sum(readings_failed_count_avg * samples) / sum(samples::float8) AS readings_failed_count_avg,
    min(readings_failed_count_min) AS readings_failed_count_min,
    max(readings_failed_count_max) AS readings_failed_count_max,
    sum(rows_cut_count_avg * samples) / sum(samples::float8) AS rows_cut_count_avg,
    min(rows_cut_count_min) AS rows_cut_count_min,
    max(rows_cut_count_max) AS rows_cut_count_max,
    sum(sample_sets_published_count_avg * samples) / sum(samples::float8) AS sample_sets_published_count_avg,
    min(sample_sets_published_count_min) AS sample_sets_published_count_min,
    max(sample_sets_published_count_max) AS sample_sets_published_count_max,
    sum(sample_sets_lost_count_avg * samples) / sum(samples::float8) AS sample_sets_lost_count_avg,
    min(sample_sets_lost_count_min) AS sample_sets_lost_count_min,
    max(sample_sets_lost_count_max) AS sample_sets_lost_count_max,
    sum(sample_sets_pending_count_avg * samples) / sum(samples::float8) AS sample_sets_pending_count_avg,
    min(sample_sets_pending_count_min) AS sample_sets_pending_count_min,
    max(sample_sets_pending_count_max) AS sample_sets_pending_count_max,
    sum(reconnects_count_avg * samples) / sum(samples::float8) AS reconnects_count_avg,
    min(reconnects_count_min) AS reconnects_count_min,
    max(reconnects_count_max) AS reconnects_count_max,
    sum(sample_sets_spooled_count_avg * sample_sets_spooled_count_count) / nullif(sum(sample_sets_spooled_count_count::float8), 0) AS sample_sets_spooled_count_avg,
    min(sample_sets_spooled_count_min) AS sample_sets_spooled_count_min,
    max(sample_sets_spooled_count_max) AS sample_sets_spooled_count_max,
    sum(sample_sets_spooled_count_count)::bigint AS sample_sets_spooled_count_count,
    sum(spool_bytes_avg * spool_bytes_count) / nullif(sum(spool_bytes_count::float8), 0) AS spool_bytes_avg,
    min(spool_bytes_min) AS spool_bytes_min,
    max(spool_bytes_max) AS spool_bytes_max,
    sum(spool_bytes_count)::bigint AS spool_bytes_count
FROM metrics.agent_5m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE INDEX agent_1h_host_time ON metrics.agent_1h (host, time DESC);

ALTER MATERIALIZED VIEW metrics.agent_1h SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'host,source', timescaledb.orderby = 'time');

CALL add_columnstore_policy('metrics.sample_sets', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.sample_sets', drop_after => interval '777600 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.cpu_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.cpu_core', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu_core', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.cpu_core_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_core_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu_core_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_core_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.cpu_core_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.cpu_core_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.memory', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.memory', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.memory_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.memory_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.memory_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.memory_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.memory_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.memory_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.swap', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.swap', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.swap_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.swap_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.swap_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.swap_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.swap_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.swap_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.disk', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.disk_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.disk_io', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk_io', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.disk_io_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_io_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk_io_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_io_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.disk_io_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.disk_io_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.network', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.network', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.network_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.network_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.network_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.network_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.network_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.network_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.connection', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.connection', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.connection_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.connection_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.connection_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.connection_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.connection_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.connection_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

CALL add_columnstore_policy('metrics.process', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.process', drop_after => interval '86400 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.agent', after => interval '3600 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.agent', drop_after => interval '604800 seconds', schedule_interval => interval '3600 seconds');

SELECT add_retention_policy('metrics.agent_1m', drop_after => interval '2592000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.agent_1m', after => interval '648000 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.agent_5m', drop_after => interval '7776000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.agent_5m', after => interval '1166400 seconds', schedule_interval => interval '900 seconds');

SELECT add_retention_policy('metrics.agent_1h', drop_after => interval '31536000 seconds', schedule_interval => interval '3600 seconds');

CALL add_columnstore_policy('metrics.agent_1h', after => interval '2980800 seconds', schedule_interval => interval '900 seconds');

SELECT add_continuous_aggregate_policy('metrics.cpu_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:13+0000');

SELECT add_continuous_aggregate_policy('metrics.cpu_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:01:06+0000');

SELECT add_continuous_aggregate_policy('metrics.cpu_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:03:20+0000');

SELECT add_continuous_aggregate_policy('metrics.cpu_core_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:20+0000');

SELECT add_continuous_aggregate_policy('metrics.cpu_core_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:01:40+0000');

SELECT add_continuous_aggregate_policy('metrics.cpu_core_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:05:00+0000');

SELECT add_continuous_aggregate_policy('metrics.memory_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:40+0000');

SELECT add_continuous_aggregate_policy('metrics.memory_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:03:20+0000');

SELECT add_continuous_aggregate_policy('metrics.memory_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:10:00+0000');

SELECT add_continuous_aggregate_policy('metrics.swap_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:53+0000');

SELECT add_continuous_aggregate_policy('metrics.swap_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:04:26+0000');

SELECT add_continuous_aggregate_policy('metrics.swap_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:13:20+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:26+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:02:13+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:06:40+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_io_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:33+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_io_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:02:46+0000');

SELECT add_continuous_aggregate_policy('metrics.disk_io_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:08:20+0000');

SELECT add_continuous_aggregate_policy('metrics.network_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:46+0000');

SELECT add_continuous_aggregate_policy('metrics.network_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:03:53+0000');

SELECT add_continuous_aggregate_policy('metrics.network_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:11:40+0000');

SELECT add_continuous_aggregate_policy('metrics.connection_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:06+0000');

SELECT add_continuous_aggregate_policy('metrics.connection_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:00:33+0000');

SELECT add_continuous_aggregate_policy('metrics.connection_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:01:40+0000');

SELECT add_continuous_aggregate_policy('metrics.agent_1m', start_offset => interval '561600 seconds', end_offset => interval '120 seconds', schedule_interval => interval '60 seconds', initial_start => timestamptz '2026-01-01 00:00:00+0000');

SELECT add_continuous_aggregate_policy('metrics.agent_5m', start_offset => interval '561600 seconds', end_offset => interval '300 seconds', schedule_interval => interval '300 seconds', initial_start => timestamptz '2026-01-01 00:00:00+0000');

SELECT add_continuous_aggregate_policy('metrics.agent_1h', start_offset => interval '561600 seconds', end_offset => interval '3600 seconds', schedule_interval => interval '900 seconds', initial_start => timestamptz '2026-01-01 00:00:00+0000');
