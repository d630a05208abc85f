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

CREATE TABLE IF NOT EXISTS metrics.rollup_dirty (
    bucket_seconds integer NOT NULL,
    time timestamptz NOT NULL,
    host text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

CREATE INDEX IF NOT EXISTS rollup_dirty_host_time ON metrics.rollup_dirty (host, time);

CREATE INDEX IF NOT EXISTS rollup_dirty_bucket_time ON metrics.rollup_dirty (bucket_seconds, time);

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

CREATE TABLE IF NOT EXISTS metrics.connection (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    connections_count bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS connection_host_time ON metrics.connection (host, time DESC);

CREATE INDEX IF NOT EXISTS connection_time ON metrics.connection USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

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

CREATE TABLE IF NOT EXISTS metrics.cpu_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    nice_percent_avg double precision,
    nice_percent_min real,
    nice_percent_max real,
    nice_percent_count bigint,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    irq_percent_avg double precision,
    irq_percent_min real,
    irq_percent_max real,
    irq_percent_count bigint,
    softirq_percent_avg double precision,
    softirq_percent_min real,
    softirq_percent_max real,
    softirq_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint,
    guest_percent_avg double precision,
    guest_percent_min real,
    guest_percent_max real,
    guest_percent_count bigint,
    cores_count_avg double precision,
    cores_count_min bigint,
    cores_count_max bigint,
    load_1m_average_avg double precision,
    load_1m_average_min real,
    load_1m_average_max real,
    load_1m_average_count bigint,
    load_5m_average_avg double precision,
    load_5m_average_min real,
    load_5m_average_max real,
    load_5m_average_count bigint,
    load_15m_average_avg double precision,
    load_15m_average_min real,
    load_15m_average_max real,
    load_15m_average_count bigint,
    context_switches_per_second_avg double precision,
    context_switches_per_second_min real,
    context_switches_per_second_max real,
    context_switches_per_second_count bigint,
    interrupts_per_second_avg double precision,
    interrupts_per_second_min real,
    interrupts_per_second_max real,
    interrupts_per_second_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_1m_kept_host_time ON metrics.cpu_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_1m_kept_time ON metrics.cpu_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_1m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.nice_percent_avg, kept.nice_percent_min, kept.nice_percent_max, kept.nice_percent_count, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.irq_percent_avg, kept.irq_percent_min, kept.irq_percent_max, kept.irq_percent_count, kept.softirq_percent_avg, kept.softirq_percent_min, kept.softirq_percent_max, kept.softirq_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count, kept.guest_percent_avg, kept.guest_percent_min, kept.guest_percent_max, kept.guest_percent_count, kept.cores_count_avg, kept.cores_count_min, kept.cores_count_max, kept.load_1m_average_avg, kept.load_1m_average_min, kept.load_1m_average_max, kept.load_1m_average_count, kept.load_5m_average_avg, kept.load_5m_average_min, kept.load_5m_average_max, kept.load_5m_average_count, kept.load_15m_average_avg, kept.load_15m_average_min, kept.load_15m_average_max, kept.load_15m_average_count, kept.context_switches_per_second_avg, kept.context_switches_per_second_min, kept.context_switches_per_second_max, kept.context_switches_per_second_count, kept.interrupts_per_second_avg, kept.interrupts_per_second_min, kept.interrupts_per_second_max, kept.interrupts_per_second_count
FROM metrics.cpu_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.nice_percent_avg, found.nice_percent_min, found.nice_percent_max, found.nice_percent_count, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.irq_percent_avg, found.irq_percent_min, found.irq_percent_max, found.irq_percent_count, found.softirq_percent_avg, found.softirq_percent_min, found.softirq_percent_max, found.softirq_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count, found.guest_percent_avg, found.guest_percent_min, found.guest_percent_max, found.guest_percent_count, found.cores_count_avg, found.cores_count_min, found.cores_count_max, found.load_1m_average_avg, found.load_1m_average_min, found.load_1m_average_max, found.load_1m_average_count, found.load_5m_average_avg, found.load_5m_average_min, found.load_5m_average_max, found.load_5m_average_count, found.load_15m_average_avg, found.load_15m_average_min, found.load_15m_average_max, found.load_15m_average_count, found.context_switches_per_second_avg, found.context_switches_per_second_min, found.context_switches_per_second_max, found.context_switches_per_second_count, found.interrupts_per_second_avg, found.interrupts_per_second_min, found.interrupts_per_second_max, found.interrupts_per_second_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, count(*) AS samples, sum(total_percent::float8) / count(*) AS total_percent_avg, min(total_percent) AS total_percent_min, max(total_percent) AS total_percent_max, sum(user_percent::float8) / count(*) AS user_percent_avg, min(user_percent) AS user_percent_min, max(user_percent) AS user_percent_max, sum(system_percent::float8) / count(*) AS system_percent_avg, min(system_percent) AS system_percent_min, max(system_percent) AS system_percent_max, sum(idle_percent::float8) / count(*) AS idle_percent_avg, min(idle_percent) AS idle_percent_min, max(idle_percent) AS idle_percent_max, sum(nice_percent::float8) / count(nice_percent) AS nice_percent_avg, min(nice_percent) AS nice_percent_min, max(nice_percent) AS nice_percent_max, count(nice_percent) AS nice_percent_count, sum(iowait_percent::float8) / count(iowait_percent) AS iowait_percent_avg, min(iowait_percent) AS iowait_percent_min, max(iowait_percent) AS iowait_percent_max, count(iowait_percent) AS iowait_percent_count, sum(irq_percent::float8) / count(irq_percent) AS irq_percent_avg, min(irq_percent) AS irq_percent_min, max(irq_percent) AS irq_percent_max, count(irq_percent) AS irq_percent_count, sum(softirq_percent::float8) / count(softirq_percent) AS softirq_percent_avg, min(softirq_percent) AS softirq_percent_min, max(softirq_percent) AS softirq_percent_max, count(softirq_percent) AS softirq_percent_count, sum(steal_percent::float8) / count(steal_percent) AS steal_percent_avg, min(steal_percent) AS steal_percent_min, max(steal_percent) AS steal_percent_max, count(steal_percent) AS steal_percent_count, sum(guest_percent::float8) / count(guest_percent) AS guest_percent_avg, min(guest_percent) AS guest_percent_min, max(guest_percent) AS guest_percent_max, count(guest_percent) AS guest_percent_count, sum(cores_count::float8) / count(*) AS cores_count_avg, min(cores_count) AS cores_count_min, max(cores_count) AS cores_count_max, sum(load_1m_average::float8) / count(load_1m_average) AS load_1m_average_avg, min(load_1m_average) AS load_1m_average_min, max(load_1m_average) AS load_1m_average_max, count(load_1m_average) AS load_1m_average_count, sum(load_5m_average::float8) / count(load_5m_average) AS load_5m_average_avg, min(load_5m_average) AS load_5m_average_min, max(load_5m_average) AS load_5m_average_max, count(load_5m_average) AS load_5m_average_count, sum(load_15m_average::float8) / count(load_15m_average) AS load_15m_average_avg, min(load_15m_average) AS load_15m_average_min, max(load_15m_average) AS load_15m_average_max, count(load_15m_average) AS load_15m_average_count, sum(context_switches_per_second::float8) / count(context_switches_per_second) AS context_switches_per_second_avg, min(context_switches_per_second) AS context_switches_per_second_min, max(context_switches_per_second) AS context_switches_per_second_max, count(context_switches_per_second) AS context_switches_per_second_count, sum(interrupts_per_second::float8) / count(interrupts_per_second) AS interrupts_per_second_avg, min(interrupts_per_second) AS interrupts_per_second_min, max(interrupts_per_second) AS interrupts_per_second_max, count(interrupts_per_second) AS interrupts_per_second_count
    FROM metrics.cpu AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.cpu_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    nice_percent_avg double precision,
    nice_percent_min real,
    nice_percent_max real,
    nice_percent_count bigint,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    irq_percent_avg double precision,
    irq_percent_min real,
    irq_percent_max real,
    irq_percent_count bigint,
    softirq_percent_avg double precision,
    softirq_percent_min real,
    softirq_percent_max real,
    softirq_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint,
    guest_percent_avg double precision,
    guest_percent_min real,
    guest_percent_max real,
    guest_percent_count bigint,
    cores_count_avg double precision,
    cores_count_min bigint,
    cores_count_max bigint,
    load_1m_average_avg double precision,
    load_1m_average_min real,
    load_1m_average_max real,
    load_1m_average_count bigint,
    load_5m_average_avg double precision,
    load_5m_average_min real,
    load_5m_average_max real,
    load_5m_average_count bigint,
    load_15m_average_avg double precision,
    load_15m_average_min real,
    load_15m_average_max real,
    load_15m_average_count bigint,
    context_switches_per_second_avg double precision,
    context_switches_per_second_min real,
    context_switches_per_second_max real,
    context_switches_per_second_count bigint,
    interrupts_per_second_avg double precision,
    interrupts_per_second_min real,
    interrupts_per_second_max real,
    interrupts_per_second_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_5m_kept_host_time ON metrics.cpu_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_5m_kept_time ON metrics.cpu_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_5m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.nice_percent_avg, kept.nice_percent_min, kept.nice_percent_max, kept.nice_percent_count, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.irq_percent_avg, kept.irq_percent_min, kept.irq_percent_max, kept.irq_percent_count, kept.softirq_percent_avg, kept.softirq_percent_min, kept.softirq_percent_max, kept.softirq_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count, kept.guest_percent_avg, kept.guest_percent_min, kept.guest_percent_max, kept.guest_percent_count, kept.cores_count_avg, kept.cores_count_min, kept.cores_count_max, kept.load_1m_average_avg, kept.load_1m_average_min, kept.load_1m_average_max, kept.load_1m_average_count, kept.load_5m_average_avg, kept.load_5m_average_min, kept.load_5m_average_max, kept.load_5m_average_count, kept.load_15m_average_avg, kept.load_15m_average_min, kept.load_15m_average_max, kept.load_15m_average_count, kept.context_switches_per_second_avg, kept.context_switches_per_second_min, kept.context_switches_per_second_max, kept.context_switches_per_second_count, kept.interrupts_per_second_avg, kept.interrupts_per_second_min, kept.interrupts_per_second_max, kept.interrupts_per_second_count
FROM metrics.cpu_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.nice_percent_avg, found.nice_percent_min, found.nice_percent_max, found.nice_percent_count, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.irq_percent_avg, found.irq_percent_min, found.irq_percent_max, found.irq_percent_count, found.softirq_percent_avg, found.softirq_percent_min, found.softirq_percent_max, found.softirq_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count, found.guest_percent_avg, found.guest_percent_min, found.guest_percent_max, found.guest_percent_count, found.cores_count_avg, found.cores_count_min, found.cores_count_max, found.load_1m_average_avg, found.load_1m_average_min, found.load_1m_average_max, found.load_1m_average_count, found.load_5m_average_avg, found.load_5m_average_min, found.load_5m_average_max, found.load_5m_average_count, found.load_15m_average_avg, found.load_15m_average_min, found.load_15m_average_max, found.load_15m_average_count, found.context_switches_per_second_avg, found.context_switches_per_second_min, found.context_switches_per_second_max, found.context_switches_per_second_count, found.interrupts_per_second_avg, found.interrupts_per_second_min, found.interrupts_per_second_max, found.interrupts_per_second_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg, min(total_percent_min) AS total_percent_min, max(total_percent_max) AS total_percent_max, sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg, min(user_percent_min) AS user_percent_min, max(user_percent_max) AS user_percent_max, sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg, min(system_percent_min) AS system_percent_min, max(system_percent_max) AS system_percent_max, sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg, min(idle_percent_min) AS idle_percent_min, max(idle_percent_max) AS idle_percent_max, sum(nice_percent_avg * nice_percent_count) / nullif(sum(nice_percent_count::float8), 0) AS nice_percent_avg, min(nice_percent_min) AS nice_percent_min, max(nice_percent_max) AS nice_percent_max, sum(nice_percent_count)::bigint AS nice_percent_count, sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg, min(iowait_percent_min) AS iowait_percent_min, max(iowait_percent_max) AS iowait_percent_max, sum(iowait_percent_count)::bigint AS iowait_percent_count, sum(irq_percent_avg * irq_percent_count) / nullif(sum(irq_percent_count::float8), 0) AS irq_percent_avg, min(irq_percent_min) AS irq_percent_min, max(irq_percent_max) AS irq_percent_max, sum(irq_percent_count)::bigint AS irq_percent_count, sum(softirq_percent_avg * softirq_percent_count) / nullif(sum(softirq_percent_count::float8), 0) AS softirq_percent_avg, min(softirq_percent_min) AS softirq_percent_min, max(softirq_percent_max) AS softirq_percent_max, sum(softirq_percent_count)::bigint AS softirq_percent_count, sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg, min(steal_percent_min) AS steal_percent_min, max(steal_percent_max) AS steal_percent_max, sum(steal_percent_count)::bigint AS steal_percent_count, sum(guest_percent_avg * guest_percent_count) / nullif(sum(guest_percent_count::float8), 0) AS guest_percent_avg, min(guest_percent_min) AS guest_percent_min, max(guest_percent_max) AS guest_percent_max, sum(guest_percent_count)::bigint AS guest_percent_count, sum(cores_count_avg * samples) / sum(samples::float8) AS cores_count_avg, min(cores_count_min) AS cores_count_min, max(cores_count_max) AS cores_count_max, sum(load_1m_average_avg * load_1m_average_count) / nullif(sum(load_1m_average_count::float8), 0) AS load_1m_average_avg, min(load_1m_average_min) AS load_1m_average_min, max(load_1m_average_max) AS load_1m_average_max, sum(load_1m_average_count)::bigint AS load_1m_average_count, sum(load_5m_average_avg * load_5m_average_count) / nullif(sum(load_5m_average_count::float8), 0) AS load_5m_average_avg, min(load_5m_average_min) AS load_5m_average_min, max(load_5m_average_max) AS load_5m_average_max, sum(load_5m_average_count)::bigint AS load_5m_average_count, sum(load_15m_average_avg * load_15m_average_count) / nullif(sum(load_15m_average_count::float8), 0) AS load_15m_average_avg, min(load_15m_average_min) AS load_15m_average_min, max(load_15m_average_max) AS load_15m_average_max, sum(load_15m_average_count)::bigint AS load_15m_average_count, sum(context_switches_per_second_avg * context_switches_per_second_count) / nullif(sum(context_switches_per_second_count::float8), 0) AS context_switches_per_second_avg, min(context_switches_per_second_min) AS context_switches_per_second_min, max(context_switches_per_second_max) AS context_switches_per_second_max, sum(context_switches_per_second_count)::bigint AS context_switches_per_second_count, sum(interrupts_per_second_avg * interrupts_per_second_count) / nullif(sum(interrupts_per_second_count::float8), 0) AS interrupts_per_second_avg, min(interrupts_per_second_min) AS interrupts_per_second_min, max(interrupts_per_second_max) AS interrupts_per_second_max, sum(interrupts_per_second_count)::bigint AS interrupts_per_second_count
    FROM metrics.cpu_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.cpu_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    nice_percent_avg double precision,
    nice_percent_min real,
    nice_percent_max real,
    nice_percent_count bigint,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    irq_percent_avg double precision,
    irq_percent_min real,
    irq_percent_max real,
    irq_percent_count bigint,
    softirq_percent_avg double precision,
    softirq_percent_min real,
    softirq_percent_max real,
    softirq_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint,
    guest_percent_avg double precision,
    guest_percent_min real,
    guest_percent_max real,
    guest_percent_count bigint,
    cores_count_avg double precision,
    cores_count_min bigint,
    cores_count_max bigint,
    load_1m_average_avg double precision,
    load_1m_average_min real,
    load_1m_average_max real,
    load_1m_average_count bigint,
    load_5m_average_avg double precision,
    load_5m_average_min real,
    load_5m_average_max real,
    load_5m_average_count bigint,
    load_15m_average_avg double precision,
    load_15m_average_min real,
    load_15m_average_max real,
    load_15m_average_count bigint,
    context_switches_per_second_avg double precision,
    context_switches_per_second_min real,
    context_switches_per_second_max real,
    context_switches_per_second_count bigint,
    interrupts_per_second_avg double precision,
    interrupts_per_second_min real,
    interrupts_per_second_max real,
    interrupts_per_second_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_1h_kept_host_time ON metrics.cpu_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_1h_kept_time ON metrics.cpu_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_1h AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.nice_percent_avg, kept.nice_percent_min, kept.nice_percent_max, kept.nice_percent_count, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.irq_percent_avg, kept.irq_percent_min, kept.irq_percent_max, kept.irq_percent_count, kept.softirq_percent_avg, kept.softirq_percent_min, kept.softirq_percent_max, kept.softirq_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count, kept.guest_percent_avg, kept.guest_percent_min, kept.guest_percent_max, kept.guest_percent_count, kept.cores_count_avg, kept.cores_count_min, kept.cores_count_max, kept.load_1m_average_avg, kept.load_1m_average_min, kept.load_1m_average_max, kept.load_1m_average_count, kept.load_5m_average_avg, kept.load_5m_average_min, kept.load_5m_average_max, kept.load_5m_average_count, kept.load_15m_average_avg, kept.load_15m_average_min, kept.load_15m_average_max, kept.load_15m_average_count, kept.context_switches_per_second_avg, kept.context_switches_per_second_min, kept.context_switches_per_second_max, kept.context_switches_per_second_count, kept.interrupts_per_second_avg, kept.interrupts_per_second_min, kept.interrupts_per_second_max, kept.interrupts_per_second_count
FROM metrics.cpu_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.nice_percent_avg, found.nice_percent_min, found.nice_percent_max, found.nice_percent_count, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.irq_percent_avg, found.irq_percent_min, found.irq_percent_max, found.irq_percent_count, found.softirq_percent_avg, found.softirq_percent_min, found.softirq_percent_max, found.softirq_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count, found.guest_percent_avg, found.guest_percent_min, found.guest_percent_max, found.guest_percent_count, found.cores_count_avg, found.cores_count_min, found.cores_count_max, found.load_1m_average_avg, found.load_1m_average_min, found.load_1m_average_max, found.load_1m_average_count, found.load_5m_average_avg, found.load_5m_average_min, found.load_5m_average_max, found.load_5m_average_count, found.load_15m_average_avg, found.load_15m_average_min, found.load_15m_average_max, found.load_15m_average_count, found.context_switches_per_second_avg, found.context_switches_per_second_min, found.context_switches_per_second_max, found.context_switches_per_second_count, found.interrupts_per_second_avg, found.interrupts_per_second_min, found.interrupts_per_second_max, found.interrupts_per_second_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg, min(total_percent_min) AS total_percent_min, max(total_percent_max) AS total_percent_max, sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg, min(user_percent_min) AS user_percent_min, max(user_percent_max) AS user_percent_max, sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg, min(system_percent_min) AS system_percent_min, max(system_percent_max) AS system_percent_max, sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg, min(idle_percent_min) AS idle_percent_min, max(idle_percent_max) AS idle_percent_max, sum(nice_percent_avg * nice_percent_count) / nullif(sum(nice_percent_count::float8), 0) AS nice_percent_avg, min(nice_percent_min) AS nice_percent_min, max(nice_percent_max) AS nice_percent_max, sum(nice_percent_count)::bigint AS nice_percent_count, sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg, min(iowait_percent_min) AS iowait_percent_min, max(iowait_percent_max) AS iowait_percent_max, sum(iowait_percent_count)::bigint AS iowait_percent_count, sum(irq_percent_avg * irq_percent_count) / nullif(sum(irq_percent_count::float8), 0) AS irq_percent_avg, min(irq_percent_min) AS irq_percent_min, max(irq_percent_max) AS irq_percent_max, sum(irq_percent_count)::bigint AS irq_percent_count, sum(softirq_percent_avg * softirq_percent_count) / nullif(sum(softirq_percent_count::float8), 0) AS softirq_percent_avg, min(softirq_percent_min) AS softirq_percent_min, max(softirq_percent_max) AS softirq_percent_max, sum(softirq_percent_count)::bigint AS softirq_percent_count, sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg, min(steal_percent_min) AS steal_percent_min, max(steal_percent_max) AS steal_percent_max, sum(steal_percent_count)::bigint AS steal_percent_count, sum(guest_percent_avg * guest_percent_count) / nullif(sum(guest_percent_count::float8), 0) AS guest_percent_avg, min(guest_percent_min) AS guest_percent_min, max(guest_percent_max) AS guest_percent_max, sum(guest_percent_count)::bigint AS guest_percent_count, sum(cores_count_avg * samples) / sum(samples::float8) AS cores_count_avg, min(cores_count_min) AS cores_count_min, max(cores_count_max) AS cores_count_max, sum(load_1m_average_avg * load_1m_average_count) / nullif(sum(load_1m_average_count::float8), 0) AS load_1m_average_avg, min(load_1m_average_min) AS load_1m_average_min, max(load_1m_average_max) AS load_1m_average_max, sum(load_1m_average_count)::bigint AS load_1m_average_count, sum(load_5m_average_avg * load_5m_average_count) / nullif(sum(load_5m_average_count::float8), 0) AS load_5m_average_avg, min(load_5m_average_min) AS load_5m_average_min, max(load_5m_average_max) AS load_5m_average_max, sum(load_5m_average_count)::bigint AS load_5m_average_count, sum(load_15m_average_avg * load_15m_average_count) / nullif(sum(load_15m_average_count::float8), 0) AS load_15m_average_avg, min(load_15m_average_min) AS load_15m_average_min, max(load_15m_average_max) AS load_15m_average_max, sum(load_15m_average_count)::bigint AS load_15m_average_count, sum(context_switches_per_second_avg * context_switches_per_second_count) / nullif(sum(context_switches_per_second_count::float8), 0) AS context_switches_per_second_avg, min(context_switches_per_second_min) AS context_switches_per_second_min, max(context_switches_per_second_max) AS context_switches_per_second_max, sum(context_switches_per_second_count)::bigint AS context_switches_per_second_count, sum(interrupts_per_second_avg * interrupts_per_second_count) / nullif(sum(interrupts_per_second_count::float8), 0) AS interrupts_per_second_avg, min(interrupts_per_second_min) AS interrupts_per_second_min, max(interrupts_per_second_max) AS interrupts_per_second_max, sum(interrupts_per_second_count)::bigint AS interrupts_per_second_count
    FROM metrics.cpu_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.cpu_core_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    core bigint NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_core_1m_kept_host_time ON metrics.cpu_core_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_core_1m_kept_time ON metrics.cpu_core_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_core_1m AS
SELECT kept.time, kept.host, kept.source, kept.core, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count
FROM metrics.cpu_core_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.core, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, core, count(*) AS samples, sum(total_percent::float8) / count(*) AS total_percent_avg, min(total_percent) AS total_percent_min, max(total_percent) AS total_percent_max, sum(user_percent::float8) / count(*) AS user_percent_avg, min(user_percent) AS user_percent_min, max(user_percent) AS user_percent_max, sum(system_percent::float8) / count(*) AS system_percent_avg, min(system_percent) AS system_percent_min, max(system_percent) AS system_percent_max, sum(idle_percent::float8) / count(*) AS idle_percent_avg, min(idle_percent) AS idle_percent_min, max(idle_percent) AS idle_percent_max, sum(iowait_percent::float8) / count(iowait_percent) AS iowait_percent_avg, min(iowait_percent) AS iowait_percent_min, max(iowait_percent) AS iowait_percent_max, count(iowait_percent) AS iowait_percent_count, sum(steal_percent::float8) / count(steal_percent) AS steal_percent_avg, min(steal_percent) AS steal_percent_min, max(steal_percent) AS steal_percent_max, count(steal_percent) AS steal_percent_count
    FROM metrics.cpu_core AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source, read.core
) AS found;

CREATE TABLE IF NOT EXISTS metrics.cpu_core_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    core bigint NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_core_5m_kept_host_time ON metrics.cpu_core_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_core_5m_kept_time ON metrics.cpu_core_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_core_5m AS
SELECT kept.time, kept.host, kept.source, kept.core, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count
FROM metrics.cpu_core_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.core, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, core, sum(samples)::bigint AS samples, sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg, min(total_percent_min) AS total_percent_min, max(total_percent_max) AS total_percent_max, sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg, min(user_percent_min) AS user_percent_min, max(user_percent_max) AS user_percent_max, sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg, min(system_percent_min) AS system_percent_min, max(system_percent_max) AS system_percent_max, sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg, min(idle_percent_min) AS idle_percent_min, max(idle_percent_max) AS idle_percent_max, sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg, min(iowait_percent_min) AS iowait_percent_min, max(iowait_percent_max) AS iowait_percent_max, sum(iowait_percent_count)::bigint AS iowait_percent_count, sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg, min(steal_percent_min) AS steal_percent_min, max(steal_percent_max) AS steal_percent_max, sum(steal_percent_count)::bigint AS steal_percent_count
    FROM metrics.cpu_core_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source, read.core
) AS found;

CREATE TABLE IF NOT EXISTS metrics.cpu_core_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    core bigint NOT NULL,
    samples bigint,
    total_percent_avg double precision,
    total_percent_min real,
    total_percent_max real,
    user_percent_avg double precision,
    user_percent_min real,
    user_percent_max real,
    system_percent_avg double precision,
    system_percent_min real,
    system_percent_max real,
    idle_percent_avg double precision,
    idle_percent_min real,
    idle_percent_max real,
    iowait_percent_avg double precision,
    iowait_percent_min real,
    iowait_percent_max real,
    iowait_percent_count bigint,
    steal_percent_avg double precision,
    steal_percent_min real,
    steal_percent_max real,
    steal_percent_count bigint
);

CREATE INDEX IF NOT EXISTS cpu_core_1h_kept_host_time ON metrics.cpu_core_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS cpu_core_1h_kept_time ON metrics.cpu_core_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.cpu_core_1h AS
SELECT kept.time, kept.host, kept.source, kept.core, kept.samples, kept.total_percent_avg, kept.total_percent_min, kept.total_percent_max, kept.user_percent_avg, kept.user_percent_min, kept.user_percent_max, kept.system_percent_avg, kept.system_percent_min, kept.system_percent_max, kept.idle_percent_avg, kept.idle_percent_min, kept.idle_percent_max, kept.iowait_percent_avg, kept.iowait_percent_min, kept.iowait_percent_max, kept.iowait_percent_count, kept.steal_percent_avg, kept.steal_percent_min, kept.steal_percent_max, kept.steal_percent_count
FROM metrics.cpu_core_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.core, found.samples, found.total_percent_avg, found.total_percent_min, found.total_percent_max, found.user_percent_avg, found.user_percent_min, found.user_percent_max, found.system_percent_avg, found.system_percent_min, found.system_percent_max, found.idle_percent_avg, found.idle_percent_min, found.idle_percent_max, found.iowait_percent_avg, found.iowait_percent_min, found.iowait_percent_max, found.iowait_percent_count, found.steal_percent_avg, found.steal_percent_min, found.steal_percent_max, found.steal_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, core, sum(samples)::bigint AS samples, sum(total_percent_avg * samples) / sum(samples::float8) AS total_percent_avg, min(total_percent_min) AS total_percent_min, max(total_percent_max) AS total_percent_max, sum(user_percent_avg * samples) / sum(samples::float8) AS user_percent_avg, min(user_percent_min) AS user_percent_min, max(user_percent_max) AS user_percent_max, sum(system_percent_avg * samples) / sum(samples::float8) AS system_percent_avg, min(system_percent_min) AS system_percent_min, max(system_percent_max) AS system_percent_max, sum(idle_percent_avg * samples) / sum(samples::float8) AS idle_percent_avg, min(idle_percent_min) AS idle_percent_min, max(idle_percent_max) AS idle_percent_max, sum(iowait_percent_avg * iowait_percent_count) / nullif(sum(iowait_percent_count::float8), 0) AS iowait_percent_avg, min(iowait_percent_min) AS iowait_percent_min, max(iowait_percent_max) AS iowait_percent_max, sum(iowait_percent_count)::bigint AS iowait_percent_count, sum(steal_percent_avg * steal_percent_count) / nullif(sum(steal_percent_count::float8), 0) AS steal_percent_avg, min(steal_percent_min) AS steal_percent_min, max(steal_percent_max) AS steal_percent_max, sum(steal_percent_count)::bigint AS steal_percent_count
    FROM metrics.cpu_core_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source, read.core
) AS found;

CREATE TABLE IF NOT EXISTS metrics.memory_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    buffers_bytes_avg double precision,
    buffers_bytes_min bigint,
    buffers_bytes_max bigint,
    buffers_bytes_count bigint,
    cached_bytes_avg double precision,
    cached_bytes_min bigint,
    cached_bytes_max bigint,
    cached_bytes_count bigint,
    shared_bytes_avg double precision,
    shared_bytes_min bigint,
    shared_bytes_max bigint,
    shared_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS memory_1m_kept_host_time ON metrics.memory_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS memory_1m_kept_time ON metrics.memory_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.memory_1m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.buffers_bytes_avg, kept.buffers_bytes_min, kept.buffers_bytes_max, kept.buffers_bytes_count, kept.cached_bytes_avg, kept.cached_bytes_min, kept.cached_bytes_max, kept.cached_bytes_count, kept.shared_bytes_avg, kept.shared_bytes_min, kept.shared_bytes_max, kept.shared_bytes_count
FROM metrics.memory_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.buffers_bytes_avg, found.buffers_bytes_min, found.buffers_bytes_max, found.buffers_bytes_count, found.cached_bytes_avg, found.cached_bytes_min, found.cached_bytes_max, found.cached_bytes_count, found.shared_bytes_avg, found.shared_bytes_min, found.shared_bytes_max, found.shared_bytes_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, count(*) AS samples, sum(total_bytes::float8) / count(*) AS total_bytes_avg, min(total_bytes) AS total_bytes_min, max(total_bytes) AS total_bytes_max, sum(used_bytes::float8) / count(*) AS used_bytes_avg, min(used_bytes) AS used_bytes_min, max(used_bytes) AS used_bytes_max, sum(available_bytes::float8) / count(*) AS available_bytes_avg, min(available_bytes) AS available_bytes_min, max(available_bytes) AS available_bytes_max, sum(used_percent::float8) / count(*) AS used_percent_avg, min(used_percent) AS used_percent_min, max(used_percent) AS used_percent_max, sum(free_bytes::float8) / count(*) AS free_bytes_avg, min(free_bytes) AS free_bytes_min, max(free_bytes) AS free_bytes_max, sum(buffers_bytes::float8) / count(buffers_bytes) AS buffers_bytes_avg, min(buffers_bytes) AS buffers_bytes_min, max(buffers_bytes) AS buffers_bytes_max, count(buffers_bytes) AS buffers_bytes_count, sum(cached_bytes::float8) / count(cached_bytes) AS cached_bytes_avg, min(cached_bytes) AS cached_bytes_min, max(cached_bytes) AS cached_bytes_max, count(cached_bytes) AS cached_bytes_count, sum(shared_bytes::float8) / count(shared_bytes) AS shared_bytes_avg, min(shared_bytes) AS shared_bytes_min, max(shared_bytes) AS shared_bytes_max, count(shared_bytes) AS shared_bytes_count
    FROM metrics.memory AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.memory_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    buffers_bytes_avg double precision,
    buffers_bytes_min bigint,
    buffers_bytes_max bigint,
    buffers_bytes_count bigint,
    cached_bytes_avg double precision,
    cached_bytes_min bigint,
    cached_bytes_max bigint,
    cached_bytes_count bigint,
    shared_bytes_avg double precision,
    shared_bytes_min bigint,
    shared_bytes_max bigint,
    shared_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS memory_5m_kept_host_time ON metrics.memory_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS memory_5m_kept_time ON metrics.memory_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.memory_5m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.buffers_bytes_avg, kept.buffers_bytes_min, kept.buffers_bytes_max, kept.buffers_bytes_count, kept.cached_bytes_avg, kept.cached_bytes_min, kept.cached_bytes_max, kept.cached_bytes_count, kept.shared_bytes_avg, kept.shared_bytes_min, kept.shared_bytes_max, kept.shared_bytes_count
FROM metrics.memory_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.buffers_bytes_avg, found.buffers_bytes_min, found.buffers_bytes_max, found.buffers_bytes_count, found.cached_bytes_avg, found.cached_bytes_min, found.cached_bytes_max, found.cached_bytes_count, found.shared_bytes_avg, found.shared_bytes_min, found.shared_bytes_max, found.shared_bytes_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg, min(available_bytes_min) AS available_bytes_min, max(available_bytes_max) AS available_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg, min(free_bytes_min) AS free_bytes_min, max(free_bytes_max) AS free_bytes_max, sum(buffers_bytes_avg * buffers_bytes_count) / nullif(sum(buffers_bytes_count::float8), 0) AS buffers_bytes_avg, min(buffers_bytes_min) AS buffers_bytes_min, max(buffers_bytes_max) AS buffers_bytes_max, sum(buffers_bytes_count)::bigint AS buffers_bytes_count, sum(cached_bytes_avg * cached_bytes_count) / nullif(sum(cached_bytes_count::float8), 0) AS cached_bytes_avg, min(cached_bytes_min) AS cached_bytes_min, max(cached_bytes_max) AS cached_bytes_max, sum(cached_bytes_count)::bigint AS cached_bytes_count, sum(shared_bytes_avg * shared_bytes_count) / nullif(sum(shared_bytes_count::float8), 0) AS shared_bytes_avg, min(shared_bytes_min) AS shared_bytes_min, max(shared_bytes_max) AS shared_bytes_max, sum(shared_bytes_count)::bigint AS shared_bytes_count
    FROM metrics.memory_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.memory_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    buffers_bytes_avg double precision,
    buffers_bytes_min bigint,
    buffers_bytes_max bigint,
    buffers_bytes_count bigint,
    cached_bytes_avg double precision,
    cached_bytes_min bigint,
    cached_bytes_max bigint,
    cached_bytes_count bigint,
    shared_bytes_avg double precision,
    shared_bytes_min bigint,
    shared_bytes_max bigint,
    shared_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS memory_1h_kept_host_time ON metrics.memory_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS memory_1h_kept_time ON metrics.memory_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.memory_1h AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.buffers_bytes_avg, kept.buffers_bytes_min, kept.buffers_bytes_max, kept.buffers_bytes_count, kept.cached_bytes_avg, kept.cached_bytes_min, kept.cached_bytes_max, kept.cached_bytes_count, kept.shared_bytes_avg, kept.shared_bytes_min, kept.shared_bytes_max, kept.shared_bytes_count
FROM metrics.memory_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.buffers_bytes_avg, found.buffers_bytes_min, found.buffers_bytes_max, found.buffers_bytes_count, found.cached_bytes_avg, found.cached_bytes_min, found.cached_bytes_max, found.cached_bytes_count, found.shared_bytes_avg, found.shared_bytes_min, found.shared_bytes_max, found.shared_bytes_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg, min(available_bytes_min) AS available_bytes_min, max(available_bytes_max) AS available_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg, min(free_bytes_min) AS free_bytes_min, max(free_bytes_max) AS free_bytes_max, sum(buffers_bytes_avg * buffers_bytes_count) / nullif(sum(buffers_bytes_count::float8), 0) AS buffers_bytes_avg, min(buffers_bytes_min) AS buffers_bytes_min, max(buffers_bytes_max) AS buffers_bytes_max, sum(buffers_bytes_count)::bigint AS buffers_bytes_count, sum(cached_bytes_avg * cached_bytes_count) / nullif(sum(cached_bytes_count::float8), 0) AS cached_bytes_avg, min(cached_bytes_min) AS cached_bytes_min, max(cached_bytes_max) AS cached_bytes_max, sum(cached_bytes_count)::bigint AS cached_bytes_count, sum(shared_bytes_avg * shared_bytes_count) / nullif(sum(shared_bytes_count::float8), 0) AS shared_bytes_avg, min(shared_bytes_min) AS shared_bytes_min, max(shared_bytes_max) AS shared_bytes_max, sum(shared_bytes_count)::bigint AS shared_bytes_count
    FROM metrics.memory_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.swap_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    in_bytes_per_second_avg double precision,
    in_bytes_per_second_min real,
    in_bytes_per_second_max real,
    out_bytes_per_second_avg double precision,
    out_bytes_per_second_min real,
    out_bytes_per_second_max real
);

CREATE INDEX IF NOT EXISTS swap_1m_kept_host_time ON metrics.swap_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS swap_1m_kept_time ON metrics.swap_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.swap_1m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.in_bytes_per_second_avg, kept.in_bytes_per_second_min, kept.in_bytes_per_second_max, kept.out_bytes_per_second_avg, kept.out_bytes_per_second_min, kept.out_bytes_per_second_max
FROM metrics.swap_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.in_bytes_per_second_avg, found.in_bytes_per_second_min, found.in_bytes_per_second_max, found.out_bytes_per_second_avg, found.out_bytes_per_second_min, found.out_bytes_per_second_max
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, count(*) AS samples, sum(total_bytes::float8) / count(*) AS total_bytes_avg, min(total_bytes) AS total_bytes_min, max(total_bytes) AS total_bytes_max, sum(used_bytes::float8) / count(*) AS used_bytes_avg, min(used_bytes) AS used_bytes_min, max(used_bytes) AS used_bytes_max, sum(free_bytes::float8) / count(*) AS free_bytes_avg, min(free_bytes) AS free_bytes_min, max(free_bytes) AS free_bytes_max, sum(used_percent::float8) / count(*) AS used_percent_avg, min(used_percent) AS used_percent_min, max(used_percent) AS used_percent_max, sum(in_bytes_per_second::float8) / count(*) AS in_bytes_per_second_avg, min(in_bytes_per_second) AS in_bytes_per_second_min, max(in_bytes_per_second) AS in_bytes_per_second_max, sum(out_bytes_per_second::float8) / count(*) AS out_bytes_per_second_avg, min(out_bytes_per_second) AS out_bytes_per_second_min, max(out_bytes_per_second) AS out_bytes_per_second_max
    FROM metrics.swap AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.swap_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    in_bytes_per_second_avg double precision,
    in_bytes_per_second_min real,
    in_bytes_per_second_max real,
    out_bytes_per_second_avg double precision,
    out_bytes_per_second_min real,
    out_bytes_per_second_max real
);

CREATE INDEX IF NOT EXISTS swap_5m_kept_host_time ON metrics.swap_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS swap_5m_kept_time ON metrics.swap_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.swap_5m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.in_bytes_per_second_avg, kept.in_bytes_per_second_min, kept.in_bytes_per_second_max, kept.out_bytes_per_second_avg, kept.out_bytes_per_second_min, kept.out_bytes_per_second_max
FROM metrics.swap_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.in_bytes_per_second_avg, found.in_bytes_per_second_min, found.in_bytes_per_second_max, found.out_bytes_per_second_avg, found.out_bytes_per_second_min, found.out_bytes_per_second_max
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg, min(free_bytes_min) AS free_bytes_min, max(free_bytes_max) AS free_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(in_bytes_per_second_avg * samples) / sum(samples::float8) AS in_bytes_per_second_avg, min(in_bytes_per_second_min) AS in_bytes_per_second_min, max(in_bytes_per_second_max) AS in_bytes_per_second_max, sum(out_bytes_per_second_avg * samples) / sum(samples::float8) AS out_bytes_per_second_avg, min(out_bytes_per_second_min) AS out_bytes_per_second_min, max(out_bytes_per_second_max) AS out_bytes_per_second_max
    FROM metrics.swap_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.swap_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    free_bytes_avg double precision,
    free_bytes_min bigint,
    free_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    in_bytes_per_second_avg double precision,
    in_bytes_per_second_min real,
    in_bytes_per_second_max real,
    out_bytes_per_second_avg double precision,
    out_bytes_per_second_min real,
    out_bytes_per_second_max real
);

CREATE INDEX IF NOT EXISTS swap_1h_kept_host_time ON metrics.swap_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS swap_1h_kept_time ON metrics.swap_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.swap_1h AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.free_bytes_avg, kept.free_bytes_min, kept.free_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.in_bytes_per_second_avg, kept.in_bytes_per_second_min, kept.in_bytes_per_second_max, kept.out_bytes_per_second_avg, kept.out_bytes_per_second_min, kept.out_bytes_per_second_max
FROM metrics.swap_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.free_bytes_avg, found.free_bytes_min, found.free_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.in_bytes_per_second_avg, found.in_bytes_per_second_min, found.in_bytes_per_second_max, found.out_bytes_per_second_avg, found.out_bytes_per_second_min, found.out_bytes_per_second_max
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(free_bytes_avg * samples) / sum(samples::float8) AS free_bytes_avg, min(free_bytes_min) AS free_bytes_min, max(free_bytes_max) AS free_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(in_bytes_per_second_avg * samples) / sum(samples::float8) AS in_bytes_per_second_avg, min(in_bytes_per_second_min) AS in_bytes_per_second_min, max(in_bytes_per_second_max) AS in_bytes_per_second_max, sum(out_bytes_per_second_avg * samples) / sum(samples::float8) AS out_bytes_per_second_avg, min(out_bytes_per_second_min) AS out_bytes_per_second_min, max(out_bytes_per_second_max) AS out_bytes_per_second_max
    FROM metrics.swap_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    mount text NOT NULL,
    device text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    inodes_total_count_avg double precision,
    inodes_total_count_min bigint,
    inodes_total_count_max bigint,
    inodes_total_count_count bigint,
    inodes_used_count_avg double precision,
    inodes_used_count_min bigint,
    inodes_used_count_max bigint,
    inodes_used_count_count bigint,
    inodes_used_percent_avg double precision,
    inodes_used_percent_min real,
    inodes_used_percent_max real,
    inodes_used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_1m_kept_host_time ON metrics.disk_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_1m_kept_time ON metrics.disk_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_1m AS
SELECT kept.time, kept.host, kept.source, kept.mount, kept.device, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.inodes_total_count_avg, kept.inodes_total_count_min, kept.inodes_total_count_max, kept.inodes_total_count_count, kept.inodes_used_count_avg, kept.inodes_used_count_min, kept.inodes_used_count_max, kept.inodes_used_count_count, kept.inodes_used_percent_avg, kept.inodes_used_percent_min, kept.inodes_used_percent_max, kept.inodes_used_percent_count
FROM metrics.disk_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.mount, found.device, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.inodes_total_count_avg, found.inodes_total_count_min, found.inodes_total_count_max, found.inodes_total_count_count, found.inodes_used_count_avg, found.inodes_used_count_min, found.inodes_used_count_max, found.inodes_used_count_count, found.inodes_used_percent_avg, found.inodes_used_percent_min, found.inodes_used_percent_max, found.inodes_used_percent_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, mount, device, count(*) AS samples, sum(total_bytes::float8) / count(*) AS total_bytes_avg, min(total_bytes) AS total_bytes_min, max(total_bytes) AS total_bytes_max, sum(used_bytes::float8) / count(*) AS used_bytes_avg, min(used_bytes) AS used_bytes_min, max(used_bytes) AS used_bytes_max, sum(available_bytes::float8) / count(*) AS available_bytes_avg, min(available_bytes) AS available_bytes_min, max(available_bytes) AS available_bytes_max, sum(used_percent::float8) / count(*) AS used_percent_avg, min(used_percent) AS used_percent_min, max(used_percent) AS used_percent_max, sum(inodes_total_count::float8) / count(inodes_total_count) AS inodes_total_count_avg, min(inodes_total_count) AS inodes_total_count_min, max(inodes_total_count) AS inodes_total_count_max, count(inodes_total_count) AS inodes_total_count_count, sum(inodes_used_count::float8) / count(inodes_used_count) AS inodes_used_count_avg, min(inodes_used_count) AS inodes_used_count_min, max(inodes_used_count) AS inodes_used_count_max, count(inodes_used_count) AS inodes_used_count_count, sum(inodes_used_percent::float8) / count(inodes_used_percent) AS inodes_used_percent_avg, min(inodes_used_percent) AS inodes_used_percent_min, max(inodes_used_percent) AS inodes_used_percent_max, count(inodes_used_percent) AS inodes_used_percent_count
    FROM metrics.disk AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source, read.mount, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    mount text NOT NULL,
    device text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    inodes_total_count_avg double precision,
    inodes_total_count_min bigint,
    inodes_total_count_max bigint,
    inodes_total_count_count bigint,
    inodes_used_count_avg double precision,
    inodes_used_count_min bigint,
    inodes_used_count_max bigint,
    inodes_used_count_count bigint,
    inodes_used_percent_avg double precision,
    inodes_used_percent_min real,
    inodes_used_percent_max real,
    inodes_used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_5m_kept_host_time ON metrics.disk_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_5m_kept_time ON metrics.disk_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_5m AS
SELECT kept.time, kept.host, kept.source, kept.mount, kept.device, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.inodes_total_count_avg, kept.inodes_total_count_min, kept.inodes_total_count_max, kept.inodes_total_count_count, kept.inodes_used_count_avg, kept.inodes_used_count_min, kept.inodes_used_count_max, kept.inodes_used_count_count, kept.inodes_used_percent_avg, kept.inodes_used_percent_min, kept.inodes_used_percent_max, kept.inodes_used_percent_count
FROM metrics.disk_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.mount, found.device, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.inodes_total_count_avg, found.inodes_total_count_min, found.inodes_total_count_max, found.inodes_total_count_count, found.inodes_used_count_avg, found.inodes_used_count_min, found.inodes_used_count_max, found.inodes_used_count_count, found.inodes_used_percent_avg, found.inodes_used_percent_min, found.inodes_used_percent_max, found.inodes_used_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, mount, device, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg, min(available_bytes_min) AS available_bytes_min, max(available_bytes_max) AS available_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(inodes_total_count_avg * inodes_total_count_count) / nullif(sum(inodes_total_count_count::float8), 0) AS inodes_total_count_avg, min(inodes_total_count_min) AS inodes_total_count_min, max(inodes_total_count_max) AS inodes_total_count_max, sum(inodes_total_count_count)::bigint AS inodes_total_count_count, sum(inodes_used_count_avg * inodes_used_count_count) / nullif(sum(inodes_used_count_count::float8), 0) AS inodes_used_count_avg, min(inodes_used_count_min) AS inodes_used_count_min, max(inodes_used_count_max) AS inodes_used_count_max, sum(inodes_used_count_count)::bigint AS inodes_used_count_count, sum(inodes_used_percent_avg * inodes_used_percent_count) / nullif(sum(inodes_used_percent_count::float8), 0) AS inodes_used_percent_avg, min(inodes_used_percent_min) AS inodes_used_percent_min, max(inodes_used_percent_max) AS inodes_used_percent_max, sum(inodes_used_percent_count)::bigint AS inodes_used_percent_count
    FROM metrics.disk_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source, read.mount, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    mount text NOT NULL,
    device text NOT NULL,
    samples bigint,
    total_bytes_avg double precision,
    total_bytes_min bigint,
    total_bytes_max bigint,
    used_bytes_avg double precision,
    used_bytes_min bigint,
    used_bytes_max bigint,
    available_bytes_avg double precision,
    available_bytes_min bigint,
    available_bytes_max bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    inodes_total_count_avg double precision,
    inodes_total_count_min bigint,
    inodes_total_count_max bigint,
    inodes_total_count_count bigint,
    inodes_used_count_avg double precision,
    inodes_used_count_min bigint,
    inodes_used_count_max bigint,
    inodes_used_count_count bigint,
    inodes_used_percent_avg double precision,
    inodes_used_percent_min real,
    inodes_used_percent_max real,
    inodes_used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_1h_kept_host_time ON metrics.disk_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_1h_kept_time ON metrics.disk_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_1h AS
SELECT kept.time, kept.host, kept.source, kept.mount, kept.device, kept.samples, kept.total_bytes_avg, kept.total_bytes_min, kept.total_bytes_max, kept.used_bytes_avg, kept.used_bytes_min, kept.used_bytes_max, kept.available_bytes_avg, kept.available_bytes_min, kept.available_bytes_max, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.inodes_total_count_avg, kept.inodes_total_count_min, kept.inodes_total_count_max, kept.inodes_total_count_count, kept.inodes_used_count_avg, kept.inodes_used_count_min, kept.inodes_used_count_max, kept.inodes_used_count_count, kept.inodes_used_percent_avg, kept.inodes_used_percent_min, kept.inodes_used_percent_max, kept.inodes_used_percent_count
FROM metrics.disk_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.mount, found.device, found.samples, found.total_bytes_avg, found.total_bytes_min, found.total_bytes_max, found.used_bytes_avg, found.used_bytes_min, found.used_bytes_max, found.available_bytes_avg, found.available_bytes_min, found.available_bytes_max, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.inodes_total_count_avg, found.inodes_total_count_min, found.inodes_total_count_max, found.inodes_total_count_count, found.inodes_used_count_avg, found.inodes_used_count_min, found.inodes_used_count_max, found.inodes_used_count_count, found.inodes_used_percent_avg, found.inodes_used_percent_min, found.inodes_used_percent_max, found.inodes_used_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, mount, device, sum(samples)::bigint AS samples, sum(total_bytes_avg * samples) / sum(samples::float8) AS total_bytes_avg, min(total_bytes_min) AS total_bytes_min, max(total_bytes_max) AS total_bytes_max, sum(used_bytes_avg * samples) / sum(samples::float8) AS used_bytes_avg, min(used_bytes_min) AS used_bytes_min, max(used_bytes_max) AS used_bytes_max, sum(available_bytes_avg * samples) / sum(samples::float8) AS available_bytes_avg, min(available_bytes_min) AS available_bytes_min, max(available_bytes_max) AS available_bytes_max, sum(used_percent_avg * samples) / sum(samples::float8) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(inodes_total_count_avg * inodes_total_count_count) / nullif(sum(inodes_total_count_count::float8), 0) AS inodes_total_count_avg, min(inodes_total_count_min) AS inodes_total_count_min, max(inodes_total_count_max) AS inodes_total_count_max, sum(inodes_total_count_count)::bigint AS inodes_total_count_count, sum(inodes_used_count_avg * inodes_used_count_count) / nullif(sum(inodes_used_count_count::float8), 0) AS inodes_used_count_avg, min(inodes_used_count_min) AS inodes_used_count_min, max(inodes_used_count_max) AS inodes_used_count_max, sum(inodes_used_count_count)::bigint AS inodes_used_count_count, sum(inodes_used_percent_avg * inodes_used_percent_count) / nullif(sum(inodes_used_percent_count::float8), 0) AS inodes_used_percent_avg, min(inodes_used_percent_min) AS inodes_used_percent_min, max(inodes_used_percent_max) AS inodes_used_percent_max, sum(inodes_used_percent_count)::bigint AS inodes_used_percent_count
    FROM metrics.disk_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source, read.mount, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_io_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    device text NOT NULL,
    samples bigint,
    read_bytes_per_second_avg double precision,
    read_bytes_per_second_min real,
    read_bytes_per_second_max real,
    write_bytes_per_second_avg double precision,
    write_bytes_per_second_min real,
    write_bytes_per_second_max real,
    reads_per_second_avg double precision,
    reads_per_second_min real,
    reads_per_second_max real,
    writes_per_second_avg double precision,
    writes_per_second_min real,
    writes_per_second_max real,
    read_await_seconds_avg double precision,
    read_await_seconds_min real,
    read_await_seconds_max real,
    read_await_seconds_count bigint,
    write_await_seconds_avg double precision,
    write_await_seconds_min real,
    write_await_seconds_max real,
    write_await_seconds_count bigint,
    queue_depth_average_avg double precision,
    queue_depth_average_min real,
    queue_depth_average_max real,
    queue_depth_average_count bigint,
    busy_percent_avg double precision,
    busy_percent_min real,
    busy_percent_max real,
    busy_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_io_1m_kept_host_time ON metrics.disk_io_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_io_1m_kept_time ON metrics.disk_io_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_io_1m AS
SELECT kept.time, kept.host, kept.source, kept.device, kept.samples, kept.read_bytes_per_second_avg, kept.read_bytes_per_second_min, kept.read_bytes_per_second_max, kept.write_bytes_per_second_avg, kept.write_bytes_per_second_min, kept.write_bytes_per_second_max, kept.reads_per_second_avg, kept.reads_per_second_min, kept.reads_per_second_max, kept.writes_per_second_avg, kept.writes_per_second_min, kept.writes_per_second_max, kept.read_await_seconds_avg, kept.read_await_seconds_min, kept.read_await_seconds_max, kept.read_await_seconds_count, kept.write_await_seconds_avg, kept.write_await_seconds_min, kept.write_await_seconds_max, kept.write_await_seconds_count, kept.queue_depth_average_avg, kept.queue_depth_average_min, kept.queue_depth_average_max, kept.queue_depth_average_count, kept.busy_percent_avg, kept.busy_percent_min, kept.busy_percent_max, kept.busy_percent_count
FROM metrics.disk_io_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.device, found.samples, found.read_bytes_per_second_avg, found.read_bytes_per_second_min, found.read_bytes_per_second_max, found.write_bytes_per_second_avg, found.write_bytes_per_second_min, found.write_bytes_per_second_max, found.reads_per_second_avg, found.reads_per_second_min, found.reads_per_second_max, found.writes_per_second_avg, found.writes_per_second_min, found.writes_per_second_max, found.read_await_seconds_avg, found.read_await_seconds_min, found.read_await_seconds_max, found.read_await_seconds_count, found.write_await_seconds_avg, found.write_await_seconds_min, found.write_await_seconds_max, found.write_await_seconds_count, found.queue_depth_average_avg, found.queue_depth_average_min, found.queue_depth_average_max, found.queue_depth_average_count, found.busy_percent_avg, found.busy_percent_min, found.busy_percent_max, found.busy_percent_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, device, count(*) AS samples, sum(read_bytes_per_second::float8) / count(*) AS read_bytes_per_second_avg, min(read_bytes_per_second) AS read_bytes_per_second_min, max(read_bytes_per_second) AS read_bytes_per_second_max, sum(write_bytes_per_second::float8) / count(*) AS write_bytes_per_second_avg, min(write_bytes_per_second) AS write_bytes_per_second_min, max(write_bytes_per_second) AS write_bytes_per_second_max, sum(reads_per_second::float8) / count(*) AS reads_per_second_avg, min(reads_per_second) AS reads_per_second_min, max(reads_per_second) AS reads_per_second_max, sum(writes_per_second::float8) / count(*) AS writes_per_second_avg, min(writes_per_second) AS writes_per_second_min, max(writes_per_second) AS writes_per_second_max, sum(read_await_seconds::float8) / count(read_await_seconds) AS read_await_seconds_avg, min(read_await_seconds) AS read_await_seconds_min, max(read_await_seconds) AS read_await_seconds_max, count(read_await_seconds) AS read_await_seconds_count, sum(write_await_seconds::float8) / count(write_await_seconds) AS write_await_seconds_avg, min(write_await_seconds) AS write_await_seconds_min, max(write_await_seconds) AS write_await_seconds_max, count(write_await_seconds) AS write_await_seconds_count, sum(queue_depth_average::float8) / count(queue_depth_average) AS queue_depth_average_avg, min(queue_depth_average) AS queue_depth_average_min, max(queue_depth_average) AS queue_depth_average_max, count(queue_depth_average) AS queue_depth_average_count, sum(busy_percent::float8) / count(busy_percent) AS busy_percent_avg, min(busy_percent) AS busy_percent_min, max(busy_percent) AS busy_percent_max, count(busy_percent) AS busy_percent_count
    FROM metrics.disk_io AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_io_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    device text NOT NULL,
    samples bigint,
    read_bytes_per_second_avg double precision,
    read_bytes_per_second_min real,
    read_bytes_per_second_max real,
    write_bytes_per_second_avg double precision,
    write_bytes_per_second_min real,
    write_bytes_per_second_max real,
    reads_per_second_avg double precision,
    reads_per_second_min real,
    reads_per_second_max real,
    writes_per_second_avg double precision,
    writes_per_second_min real,
    writes_per_second_max real,
    read_await_seconds_avg double precision,
    read_await_seconds_min real,
    read_await_seconds_max real,
    read_await_seconds_count bigint,
    write_await_seconds_avg double precision,
    write_await_seconds_min real,
    write_await_seconds_max real,
    write_await_seconds_count bigint,
    queue_depth_average_avg double precision,
    queue_depth_average_min real,
    queue_depth_average_max real,
    queue_depth_average_count bigint,
    busy_percent_avg double precision,
    busy_percent_min real,
    busy_percent_max real,
    busy_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_io_5m_kept_host_time ON metrics.disk_io_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_io_5m_kept_time ON metrics.disk_io_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_io_5m AS
SELECT kept.time, kept.host, kept.source, kept.device, kept.samples, kept.read_bytes_per_second_avg, kept.read_bytes_per_second_min, kept.read_bytes_per_second_max, kept.write_bytes_per_second_avg, kept.write_bytes_per_second_min, kept.write_bytes_per_second_max, kept.reads_per_second_avg, kept.reads_per_second_min, kept.reads_per_second_max, kept.writes_per_second_avg, kept.writes_per_second_min, kept.writes_per_second_max, kept.read_await_seconds_avg, kept.read_await_seconds_min, kept.read_await_seconds_max, kept.read_await_seconds_count, kept.write_await_seconds_avg, kept.write_await_seconds_min, kept.write_await_seconds_max, kept.write_await_seconds_count, kept.queue_depth_average_avg, kept.queue_depth_average_min, kept.queue_depth_average_max, kept.queue_depth_average_count, kept.busy_percent_avg, kept.busy_percent_min, kept.busy_percent_max, kept.busy_percent_count
FROM metrics.disk_io_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.device, found.samples, found.read_bytes_per_second_avg, found.read_bytes_per_second_min, found.read_bytes_per_second_max, found.write_bytes_per_second_avg, found.write_bytes_per_second_min, found.write_bytes_per_second_max, found.reads_per_second_avg, found.reads_per_second_min, found.reads_per_second_max, found.writes_per_second_avg, found.writes_per_second_min, found.writes_per_second_max, found.read_await_seconds_avg, found.read_await_seconds_min, found.read_await_seconds_max, found.read_await_seconds_count, found.write_await_seconds_avg, found.write_await_seconds_min, found.write_await_seconds_max, found.write_await_seconds_count, found.queue_depth_average_avg, found.queue_depth_average_min, found.queue_depth_average_max, found.queue_depth_average_count, found.busy_percent_avg, found.busy_percent_min, found.busy_percent_max, found.busy_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, device, sum(samples)::bigint AS samples, sum(read_bytes_per_second_avg * samples) / sum(samples::float8) AS read_bytes_per_second_avg, min(read_bytes_per_second_min) AS read_bytes_per_second_min, max(read_bytes_per_second_max) AS read_bytes_per_second_max, sum(write_bytes_per_second_avg * samples) / sum(samples::float8) AS write_bytes_per_second_avg, min(write_bytes_per_second_min) AS write_bytes_per_second_min, max(write_bytes_per_second_max) AS write_bytes_per_second_max, sum(reads_per_second_avg * samples) / sum(samples::float8) AS reads_per_second_avg, min(reads_per_second_min) AS reads_per_second_min, max(reads_per_second_max) AS reads_per_second_max, sum(writes_per_second_avg * samples) / sum(samples::float8) AS writes_per_second_avg, min(writes_per_second_min) AS writes_per_second_min, max(writes_per_second_max) AS writes_per_second_max, sum(read_await_seconds_avg * read_await_seconds_count) / nullif(sum(read_await_seconds_count::float8), 0) AS read_await_seconds_avg, min(read_await_seconds_min) AS read_await_seconds_min, max(read_await_seconds_max) AS read_await_seconds_max, sum(read_await_seconds_count)::bigint AS read_await_seconds_count, sum(write_await_seconds_avg * write_await_seconds_count) / nullif(sum(write_await_seconds_count::float8), 0) AS write_await_seconds_avg, min(write_await_seconds_min) AS write_await_seconds_min, max(write_await_seconds_max) AS write_await_seconds_max, sum(write_await_seconds_count)::bigint AS write_await_seconds_count, sum(queue_depth_average_avg * queue_depth_average_count) / nullif(sum(queue_depth_average_count::float8), 0) AS queue_depth_average_avg, min(queue_depth_average_min) AS queue_depth_average_min, max(queue_depth_average_max) AS queue_depth_average_max, sum(queue_depth_average_count)::bigint AS queue_depth_average_count, sum(busy_percent_avg * busy_percent_count) / nullif(sum(busy_percent_count::float8), 0) AS busy_percent_avg, min(busy_percent_min) AS busy_percent_min, max(busy_percent_max) AS busy_percent_max, sum(busy_percent_count)::bigint AS busy_percent_count
    FROM metrics.disk_io_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.disk_io_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    device text NOT NULL,
    samples bigint,
    read_bytes_per_second_avg double precision,
    read_bytes_per_second_min real,
    read_bytes_per_second_max real,
    write_bytes_per_second_avg double precision,
    write_bytes_per_second_min real,
    write_bytes_per_second_max real,
    reads_per_second_avg double precision,
    reads_per_second_min real,
    reads_per_second_max real,
    writes_per_second_avg double precision,
    writes_per_second_min real,
    writes_per_second_max real,
    read_await_seconds_avg double precision,
    read_await_seconds_min real,
    read_await_seconds_max real,
    read_await_seconds_count bigint,
    write_await_seconds_avg double precision,
    write_await_seconds_min real,
    write_await_seconds_max real,
    write_await_seconds_count bigint,
    queue_depth_average_avg double precision,
    queue_depth_average_min real,
    queue_depth_average_max real,
    queue_depth_average_count bigint,
    busy_percent_avg double precision,
    busy_percent_min real,
    busy_percent_max real,
    busy_percent_count bigint
);

CREATE INDEX IF NOT EXISTS disk_io_1h_kept_host_time ON metrics.disk_io_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS disk_io_1h_kept_time ON metrics.disk_io_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.disk_io_1h AS
SELECT kept.time, kept.host, kept.source, kept.device, kept.samples, kept.read_bytes_per_second_avg, kept.read_bytes_per_second_min, kept.read_bytes_per_second_max, kept.write_bytes_per_second_avg, kept.write_bytes_per_second_min, kept.write_bytes_per_second_max, kept.reads_per_second_avg, kept.reads_per_second_min, kept.reads_per_second_max, kept.writes_per_second_avg, kept.writes_per_second_min, kept.writes_per_second_max, kept.read_await_seconds_avg, kept.read_await_seconds_min, kept.read_await_seconds_max, kept.read_await_seconds_count, kept.write_await_seconds_avg, kept.write_await_seconds_min, kept.write_await_seconds_max, kept.write_await_seconds_count, kept.queue_depth_average_avg, kept.queue_depth_average_min, kept.queue_depth_average_max, kept.queue_depth_average_count, kept.busy_percent_avg, kept.busy_percent_min, kept.busy_percent_max, kept.busy_percent_count
FROM metrics.disk_io_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.device, found.samples, found.read_bytes_per_second_avg, found.read_bytes_per_second_min, found.read_bytes_per_second_max, found.write_bytes_per_second_avg, found.write_bytes_per_second_min, found.write_bytes_per_second_max, found.reads_per_second_avg, found.reads_per_second_min, found.reads_per_second_max, found.writes_per_second_avg, found.writes_per_second_min, found.writes_per_second_max, found.read_await_seconds_avg, found.read_await_seconds_min, found.read_await_seconds_max, found.read_await_seconds_count, found.write_await_seconds_avg, found.write_await_seconds_min, found.write_await_seconds_max, found.write_await_seconds_count, found.queue_depth_average_avg, found.queue_depth_average_min, found.queue_depth_average_max, found.queue_depth_average_count, found.busy_percent_avg, found.busy_percent_min, found.busy_percent_max, found.busy_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, device, sum(samples)::bigint AS samples, sum(read_bytes_per_second_avg * samples) / sum(samples::float8) AS read_bytes_per_second_avg, min(read_bytes_per_second_min) AS read_bytes_per_second_min, max(read_bytes_per_second_max) AS read_bytes_per_second_max, sum(write_bytes_per_second_avg * samples) / sum(samples::float8) AS write_bytes_per_second_avg, min(write_bytes_per_second_min) AS write_bytes_per_second_min, max(write_bytes_per_second_max) AS write_bytes_per_second_max, sum(reads_per_second_avg * samples) / sum(samples::float8) AS reads_per_second_avg, min(reads_per_second_min) AS reads_per_second_min, max(reads_per_second_max) AS reads_per_second_max, sum(writes_per_second_avg * samples) / sum(samples::float8) AS writes_per_second_avg, min(writes_per_second_min) AS writes_per_second_min, max(writes_per_second_max) AS writes_per_second_max, sum(read_await_seconds_avg * read_await_seconds_count) / nullif(sum(read_await_seconds_count::float8), 0) AS read_await_seconds_avg, min(read_await_seconds_min) AS read_await_seconds_min, max(read_await_seconds_max) AS read_await_seconds_max, sum(read_await_seconds_count)::bigint AS read_await_seconds_count, sum(write_await_seconds_avg * write_await_seconds_count) / nullif(sum(write_await_seconds_count::float8), 0) AS write_await_seconds_avg, min(write_await_seconds_min) AS write_await_seconds_min, max(write_await_seconds_max) AS write_await_seconds_max, sum(write_await_seconds_count)::bigint AS write_await_seconds_count, sum(queue_depth_average_avg * queue_depth_average_count) / nullif(sum(queue_depth_average_count::float8), 0) AS queue_depth_average_avg, min(queue_depth_average_min) AS queue_depth_average_min, max(queue_depth_average_max) AS queue_depth_average_max, sum(queue_depth_average_count)::bigint AS queue_depth_average_count, sum(busy_percent_avg * busy_percent_count) / nullif(sum(busy_percent_count::float8), 0) AS busy_percent_avg, min(busy_percent_min) AS busy_percent_min, max(busy_percent_max) AS busy_percent_max, sum(busy_percent_count)::bigint AS busy_percent_count
    FROM metrics.disk_io_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source, read.device
) AS found;

CREATE TABLE IF NOT EXISTS metrics.network_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    interface text NOT NULL,
    samples bigint,
    receive_bytes_per_second_avg double precision,
    receive_bytes_per_second_min real,
    receive_bytes_per_second_max real,
    transmit_bytes_per_second_avg double precision,
    transmit_bytes_per_second_min real,
    transmit_bytes_per_second_max real,
    receive_packets_per_second_avg double precision,
    receive_packets_per_second_min real,
    receive_packets_per_second_max real,
    transmit_packets_per_second_avg double precision,
    transmit_packets_per_second_min real,
    transmit_packets_per_second_max real,
    receive_errors_per_second_avg double precision,
    receive_errors_per_second_min real,
    receive_errors_per_second_max real,
    transmit_errors_per_second_avg double precision,
    transmit_errors_per_second_min real,
    transmit_errors_per_second_max real,
    receive_drops_per_second_avg double precision,
    receive_drops_per_second_min real,
    receive_drops_per_second_max real,
    transmit_drops_per_second_avg double precision,
    transmit_drops_per_second_min real,
    transmit_drops_per_second_max real,
    speed_bytes_per_second_avg double precision,
    speed_bytes_per_second_min real,
    speed_bytes_per_second_max real,
    speed_bytes_per_second_count bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS network_1m_kept_host_time ON metrics.network_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS network_1m_kept_time ON metrics.network_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.network_1m AS
SELECT kept.time, kept.host, kept.source, kept.interface, kept.samples, kept.receive_bytes_per_second_avg, kept.receive_bytes_per_second_min, kept.receive_bytes_per_second_max, kept.transmit_bytes_per_second_avg, kept.transmit_bytes_per_second_min, kept.transmit_bytes_per_second_max, kept.receive_packets_per_second_avg, kept.receive_packets_per_second_min, kept.receive_packets_per_second_max, kept.transmit_packets_per_second_avg, kept.transmit_packets_per_second_min, kept.transmit_packets_per_second_max, kept.receive_errors_per_second_avg, kept.receive_errors_per_second_min, kept.receive_errors_per_second_max, kept.transmit_errors_per_second_avg, kept.transmit_errors_per_second_min, kept.transmit_errors_per_second_max, kept.receive_drops_per_second_avg, kept.receive_drops_per_second_min, kept.receive_drops_per_second_max, kept.transmit_drops_per_second_avg, kept.transmit_drops_per_second_min, kept.transmit_drops_per_second_max, kept.speed_bytes_per_second_avg, kept.speed_bytes_per_second_min, kept.speed_bytes_per_second_max, kept.speed_bytes_per_second_count, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.used_percent_count
FROM metrics.network_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.interface, found.samples, found.receive_bytes_per_second_avg, found.receive_bytes_per_second_min, found.receive_bytes_per_second_max, found.transmit_bytes_per_second_avg, found.transmit_bytes_per_second_min, found.transmit_bytes_per_second_max, found.receive_packets_per_second_avg, found.receive_packets_per_second_min, found.receive_packets_per_second_max, found.transmit_packets_per_second_avg, found.transmit_packets_per_second_min, found.transmit_packets_per_second_max, found.receive_errors_per_second_avg, found.receive_errors_per_second_min, found.receive_errors_per_second_max, found.transmit_errors_per_second_avg, found.transmit_errors_per_second_min, found.transmit_errors_per_second_max, found.receive_drops_per_second_avg, found.receive_drops_per_second_min, found.receive_drops_per_second_max, found.transmit_drops_per_second_avg, found.transmit_drops_per_second_min, found.transmit_drops_per_second_max, found.speed_bytes_per_second_avg, found.speed_bytes_per_second_min, found.speed_bytes_per_second_max, found.speed_bytes_per_second_count, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.used_percent_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, interface, count(*) AS samples, sum(receive_bytes_per_second::float8) / count(*) AS receive_bytes_per_second_avg, min(receive_bytes_per_second) AS receive_bytes_per_second_min, max(receive_bytes_per_second) AS receive_bytes_per_second_max, sum(transmit_bytes_per_second::float8) / count(*) AS transmit_bytes_per_second_avg, min(transmit_bytes_per_second) AS transmit_bytes_per_second_min, max(transmit_bytes_per_second) AS transmit_bytes_per_second_max, sum(receive_packets_per_second::float8) / count(*) AS receive_packets_per_second_avg, min(receive_packets_per_second) AS receive_packets_per_second_min, max(receive_packets_per_second) AS receive_packets_per_second_max, sum(transmit_packets_per_second::float8) / count(*) AS transmit_packets_per_second_avg, min(transmit_packets_per_second) AS transmit_packets_per_second_min, max(transmit_packets_per_second) AS transmit_packets_per_second_max, sum(receive_errors_per_second::float8) / count(*) AS receive_errors_per_second_avg, min(receive_errors_per_second) AS receive_errors_per_second_min, max(receive_errors_per_second) AS receive_errors_per_second_max, sum(transmit_errors_per_second::float8) / count(*) AS transmit_errors_per_second_avg, min(transmit_errors_per_second) AS transmit_errors_per_second_min, max(transmit_errors_per_second) AS transmit_errors_per_second_max, sum(receive_drops_per_second::float8) / count(*) AS receive_drops_per_second_avg, min(receive_drops_per_second) AS receive_drops_per_second_min, max(receive_drops_per_second) AS receive_drops_per_second_max, sum(transmit_drops_per_second::float8) / count(*) AS transmit_drops_per_second_avg, min(transmit_drops_per_second) AS transmit_drops_per_second_min, max(transmit_drops_per_second) AS transmit_drops_per_second_max, sum(speed_bytes_per_second::float8) / count(speed_bytes_per_second) AS speed_bytes_per_second_avg, min(speed_bytes_per_second) AS speed_bytes_per_second_min, max(speed_bytes_per_second) AS speed_bytes_per_second_max, count(speed_bytes_per_second) AS speed_bytes_per_second_count, sum(used_percent::float8) / count(used_percent) AS used_percent_avg, min(used_percent) AS used_percent_min, max(used_percent) AS used_percent_max, count(used_percent) AS used_percent_count
    FROM metrics.network AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source, read.interface
) AS found;

CREATE TABLE IF NOT EXISTS metrics.network_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    interface text NOT NULL,
    samples bigint,
    receive_bytes_per_second_avg double precision,
    receive_bytes_per_second_min real,
    receive_bytes_per_second_max real,
    transmit_bytes_per_second_avg double precision,
    transmit_bytes_per_second_min real,
    transmit_bytes_per_second_max real,
    receive_packets_per_second_avg double precision,
    receive_packets_per_second_min real,
    receive_packets_per_second_max real,
    transmit_packets_per_second_avg double precision,
    transmit_packets_per_second_min real,
    transmit_packets_per_second_max real,
    receive_errors_per_second_avg double precision,
    receive_errors_per_second_min real,
    receive_errors_per_second_max real,
    transmit_errors_per_second_avg double precision,
    transmit_errors_per_second_min real,
    transmit_errors_per_second_max real,
    receive_drops_per_second_avg double precision,
    receive_drops_per_second_min real,
    receive_drops_per_second_max real,
    transmit_drops_per_second_avg double precision,
    transmit_drops_per_second_min real,
    transmit_drops_per_second_max real,
    speed_bytes_per_second_avg double precision,
    speed_bytes_per_second_min real,
    speed_bytes_per_second_max real,
    speed_bytes_per_second_count bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS network_5m_kept_host_time ON metrics.network_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS network_5m_kept_time ON metrics.network_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.network_5m AS
SELECT kept.time, kept.host, kept.source, kept.interface, kept.samples, kept.receive_bytes_per_second_avg, kept.receive_bytes_per_second_min, kept.receive_bytes_per_second_max, kept.transmit_bytes_per_second_avg, kept.transmit_bytes_per_second_min, kept.transmit_bytes_per_second_max, kept.receive_packets_per_second_avg, kept.receive_packets_per_second_min, kept.receive_packets_per_second_max, kept.transmit_packets_per_second_avg, kept.transmit_packets_per_second_min, kept.transmit_packets_per_second_max, kept.receive_errors_per_second_avg, kept.receive_errors_per_second_min, kept.receive_errors_per_second_max, kept.transmit_errors_per_second_avg, kept.transmit_errors_per_second_min, kept.transmit_errors_per_second_max, kept.receive_drops_per_second_avg, kept.receive_drops_per_second_min, kept.receive_drops_per_second_max, kept.transmit_drops_per_second_avg, kept.transmit_drops_per_second_min, kept.transmit_drops_per_second_max, kept.speed_bytes_per_second_avg, kept.speed_bytes_per_second_min, kept.speed_bytes_per_second_max, kept.speed_bytes_per_second_count, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.used_percent_count
FROM metrics.network_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.interface, found.samples, found.receive_bytes_per_second_avg, found.receive_bytes_per_second_min, found.receive_bytes_per_second_max, found.transmit_bytes_per_second_avg, found.transmit_bytes_per_second_min, found.transmit_bytes_per_second_max, found.receive_packets_per_second_avg, found.receive_packets_per_second_min, found.receive_packets_per_second_max, found.transmit_packets_per_second_avg, found.transmit_packets_per_second_min, found.transmit_packets_per_second_max, found.receive_errors_per_second_avg, found.receive_errors_per_second_min, found.receive_errors_per_second_max, found.transmit_errors_per_second_avg, found.transmit_errors_per_second_min, found.transmit_errors_per_second_max, found.receive_drops_per_second_avg, found.receive_drops_per_second_min, found.receive_drops_per_second_max, found.transmit_drops_per_second_avg, found.transmit_drops_per_second_min, found.transmit_drops_per_second_max, found.speed_bytes_per_second_avg, found.speed_bytes_per_second_min, found.speed_bytes_per_second_max, found.speed_bytes_per_second_count, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.used_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, interface, sum(samples)::bigint AS samples, sum(receive_bytes_per_second_avg * samples) / sum(samples::float8) AS receive_bytes_per_second_avg, min(receive_bytes_per_second_min) AS receive_bytes_per_second_min, max(receive_bytes_per_second_max) AS receive_bytes_per_second_max, sum(transmit_bytes_per_second_avg * samples) / sum(samples::float8) AS transmit_bytes_per_second_avg, min(transmit_bytes_per_second_min) AS transmit_bytes_per_second_min, max(transmit_bytes_per_second_max) AS transmit_bytes_per_second_max, sum(receive_packets_per_second_avg * samples) / sum(samples::float8) AS receive_packets_per_second_avg, min(receive_packets_per_second_min) AS receive_packets_per_second_min, max(receive_packets_per_second_max) AS receive_packets_per_second_max, sum(transmit_packets_per_second_avg * samples) / sum(samples::float8) AS transmit_packets_per_second_avg, min(transmit_packets_per_second_min) AS transmit_packets_per_second_min, max(transmit_packets_per_second_max) AS transmit_packets_per_second_max, sum(receive_errors_per_second_avg * samples) / sum(samples::float8) AS receive_errors_per_second_avg, min(receive_errors_per_second_min) AS receive_errors_per_second_min, max(receive_errors_per_second_max) AS receive_errors_per_second_max, sum(transmit_errors_per_second_avg * samples) / sum(samples::float8) AS transmit_errors_per_second_avg, min(transmit_errors_per_second_min) AS transmit_errors_per_second_min, max(transmit_errors_per_second_max) AS transmit_errors_per_second_max, sum(receive_drops_per_second_avg * samples) / sum(samples::float8) AS receive_drops_per_second_avg, min(receive_drops_per_second_min) AS receive_drops_per_second_min, max(receive_drops_per_second_max) AS receive_drops_per_second_max, sum(transmit_drops_per_second_avg * samples) / sum(samples::float8) AS transmit_drops_per_second_avg, min(transmit_drops_per_second_min) AS transmit_drops_per_second_min, max(transmit_drops_per_second_max) AS transmit_drops_per_second_max, sum(speed_bytes_per_second_avg * speed_bytes_per_second_count) / nullif(sum(speed_bytes_per_second_count::float8), 0) AS speed_bytes_per_second_avg, min(speed_bytes_per_second_min) AS speed_bytes_per_second_min, max(speed_bytes_per_second_max) AS speed_bytes_per_second_max, sum(speed_bytes_per_second_count)::bigint AS speed_bytes_per_second_count, sum(used_percent_avg * used_percent_count) / nullif(sum(used_percent_count::float8), 0) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(used_percent_count)::bigint AS used_percent_count
    FROM metrics.network_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source, read.interface
) AS found;

CREATE TABLE IF NOT EXISTS metrics.network_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    interface text NOT NULL,
    samples bigint,
    receive_bytes_per_second_avg double precision,
    receive_bytes_per_second_min real,
    receive_bytes_per_second_max real,
    transmit_bytes_per_second_avg double precision,
    transmit_bytes_per_second_min real,
    transmit_bytes_per_second_max real,
    receive_packets_per_second_avg double precision,
    receive_packets_per_second_min real,
    receive_packets_per_second_max real,
    transmit_packets_per_second_avg double precision,
    transmit_packets_per_second_min real,
    transmit_packets_per_second_max real,
    receive_errors_per_second_avg double precision,
    receive_errors_per_second_min real,
    receive_errors_per_second_max real,
    transmit_errors_per_second_avg double precision,
    transmit_errors_per_second_min real,
    transmit_errors_per_second_max real,
    receive_drops_per_second_avg double precision,
    receive_drops_per_second_min real,
    receive_drops_per_second_max real,
    transmit_drops_per_second_avg double precision,
    transmit_drops_per_second_min real,
    transmit_drops_per_second_max real,
    speed_bytes_per_second_avg double precision,
    speed_bytes_per_second_min real,
    speed_bytes_per_second_max real,
    speed_bytes_per_second_count bigint,
    used_percent_avg double precision,
    used_percent_min real,
    used_percent_max real,
    used_percent_count bigint
);

CREATE INDEX IF NOT EXISTS network_1h_kept_host_time ON metrics.network_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS network_1h_kept_time ON metrics.network_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.network_1h AS
SELECT kept.time, kept.host, kept.source, kept.interface, kept.samples, kept.receive_bytes_per_second_avg, kept.receive_bytes_per_second_min, kept.receive_bytes_per_second_max, kept.transmit_bytes_per_second_avg, kept.transmit_bytes_per_second_min, kept.transmit_bytes_per_second_max, kept.receive_packets_per_second_avg, kept.receive_packets_per_second_min, kept.receive_packets_per_second_max, kept.transmit_packets_per_second_avg, kept.transmit_packets_per_second_min, kept.transmit_packets_per_second_max, kept.receive_errors_per_second_avg, kept.receive_errors_per_second_min, kept.receive_errors_per_second_max, kept.transmit_errors_per_second_avg, kept.transmit_errors_per_second_min, kept.transmit_errors_per_second_max, kept.receive_drops_per_second_avg, kept.receive_drops_per_second_min, kept.receive_drops_per_second_max, kept.transmit_drops_per_second_avg, kept.transmit_drops_per_second_min, kept.transmit_drops_per_second_max, kept.speed_bytes_per_second_avg, kept.speed_bytes_per_second_min, kept.speed_bytes_per_second_max, kept.speed_bytes_per_second_count, kept.used_percent_avg, kept.used_percent_min, kept.used_percent_max, kept.used_percent_count
FROM metrics.network_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.interface, found.samples, found.receive_bytes_per_second_avg, found.receive_bytes_per_second_min, found.receive_bytes_per_second_max, found.transmit_bytes_per_second_avg, found.transmit_bytes_per_second_min, found.transmit_bytes_per_second_max, found.receive_packets_per_second_avg, found.receive_packets_per_second_min, found.receive_packets_per_second_max, found.transmit_packets_per_second_avg, found.transmit_packets_per_second_min, found.transmit_packets_per_second_max, found.receive_errors_per_second_avg, found.receive_errors_per_second_min, found.receive_errors_per_second_max, found.transmit_errors_per_second_avg, found.transmit_errors_per_second_min, found.transmit_errors_per_second_max, found.receive_drops_per_second_avg, found.receive_drops_per_second_min, found.receive_drops_per_second_max, found.transmit_drops_per_second_avg, found.transmit_drops_per_second_min, found.transmit_drops_per_second_max, found.speed_bytes_per_second_avg, found.speed_bytes_per_second_min, found.speed_bytes_per_second_max, found.speed_bytes_per_second_count, found.used_percent_avg, found.used_percent_min, found.used_percent_max, found.used_percent_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, interface, sum(samples)::bigint AS samples, sum(receive_bytes_per_second_avg * samples) / sum(samples::float8) AS receive_bytes_per_second_avg, min(receive_bytes_per_second_min) AS receive_bytes_per_second_min, max(receive_bytes_per_second_max) AS receive_bytes_per_second_max, sum(transmit_bytes_per_second_avg * samples) / sum(samples::float8) AS transmit_bytes_per_second_avg, min(transmit_bytes_per_second_min) AS transmit_bytes_per_second_min, max(transmit_bytes_per_second_max) AS transmit_bytes_per_second_max, sum(receive_packets_per_second_avg * samples) / sum(samples::float8) AS receive_packets_per_second_avg, min(receive_packets_per_second_min) AS receive_packets_per_second_min, max(receive_packets_per_second_max) AS receive_packets_per_second_max, sum(transmit_packets_per_second_avg * samples) / sum(samples::float8) AS transmit_packets_per_second_avg, min(transmit_packets_per_second_min) AS transmit_packets_per_second_min, max(transmit_packets_per_second_max) AS transmit_packets_per_second_max, sum(receive_errors_per_second_avg * samples) / sum(samples::float8) AS receive_errors_per_second_avg, min(receive_errors_per_second_min) AS receive_errors_per_second_min, max(receive_errors_per_second_max) AS receive_errors_per_second_max, sum(transmit_errors_per_second_avg * samples) / sum(samples::float8) AS transmit_errors_per_second_avg, min(transmit_errors_per_second_min) AS transmit_errors_per_second_min, max(transmit_errors_per_second_max) AS transmit_errors_per_second_max, sum(receive_drops_per_second_avg * samples) / sum(samples::float8) AS receive_drops_per_second_avg, min(receive_drops_per_second_min) AS receive_drops_per_second_min, max(receive_drops_per_second_max) AS receive_drops_per_second_max, sum(transmit_drops_per_second_avg * samples) / sum(samples::float8) AS transmit_drops_per_second_avg, min(transmit_drops_per_second_min) AS transmit_drops_per_second_min, max(transmit_drops_per_second_max) AS transmit_drops_per_second_max, sum(speed_bytes_per_second_avg * speed_bytes_per_second_count) / nullif(sum(speed_bytes_per_second_count::float8), 0) AS speed_bytes_per_second_avg, min(speed_bytes_per_second_min) AS speed_bytes_per_second_min, max(speed_bytes_per_second_max) AS speed_bytes_per_second_max, sum(speed_bytes_per_second_count)::bigint AS speed_bytes_per_second_count, sum(used_percent_avg * used_percent_count) / nullif(sum(used_percent_count::float8), 0) AS used_percent_avg, min(used_percent_min) AS used_percent_min, max(used_percent_max) AS used_percent_max, sum(used_percent_count)::bigint AS used_percent_count
    FROM metrics.network_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source, read.interface
) AS found;

CREATE TABLE IF NOT EXISTS metrics.connection_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    samples bigint,
    connections_count_avg double precision,
    connections_count_min bigint,
    connections_count_max bigint
);

CREATE INDEX IF NOT EXISTS connection_1m_kept_host_time ON metrics.connection_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS connection_1m_kept_time ON metrics.connection_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.connection_1m AS
SELECT kept.time, kept.host, kept.source, kept.state, kept.samples, kept.connections_count_avg, kept.connections_count_min, kept.connections_count_max
FROM metrics.connection_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.state, found.samples, found.connections_count_avg, found.connections_count_min, found.connections_count_max
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, state, count(*) AS samples, sum(connections_count::float8) / count(*) AS connections_count_avg, min(connections_count) AS connections_count_min, max(connections_count) AS connections_count_max
    FROM metrics.connection AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source, read.state
) AS found;

CREATE TABLE IF NOT EXISTS metrics.connection_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    samples bigint,
    connections_count_avg double precision,
    connections_count_min bigint,
    connections_count_max bigint
);

CREATE INDEX IF NOT EXISTS connection_5m_kept_host_time ON metrics.connection_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS connection_5m_kept_time ON metrics.connection_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.connection_5m AS
SELECT kept.time, kept.host, kept.source, kept.state, kept.samples, kept.connections_count_avg, kept.connections_count_min, kept.connections_count_max
FROM metrics.connection_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.state, found.samples, found.connections_count_avg, found.connections_count_min, found.connections_count_max
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, state, sum(samples)::bigint AS samples, sum(connections_count_avg * samples) / sum(samples::float8) AS connections_count_avg, min(connections_count_min) AS connections_count_min, max(connections_count_max) AS connections_count_max
    FROM metrics.connection_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source, read.state
) AS found;

CREATE TABLE IF NOT EXISTS metrics.connection_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    samples bigint,
    connections_count_avg double precision,
    connections_count_min bigint,
    connections_count_max bigint
);

CREATE INDEX IF NOT EXISTS connection_1h_kept_host_time ON metrics.connection_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS connection_1h_kept_time ON metrics.connection_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.connection_1h AS
SELECT kept.time, kept.host, kept.source, kept.state, kept.samples, kept.connections_count_avg, kept.connections_count_min, kept.connections_count_max
FROM metrics.connection_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.state, found.samples, found.connections_count_avg, found.connections_count_min, found.connections_count_max
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, state, sum(samples)::bigint AS samples, sum(connections_count_avg * samples) / sum(samples::float8) AS connections_count_avg, min(connections_count_min) AS connections_count_min, max(connections_count_max) AS connections_count_max
    FROM metrics.connection_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source, read.state
) AS found;

CREATE TABLE IF NOT EXISTS metrics.agent_1m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    one_core_percent_avg double precision,
    one_core_percent_min real,
    one_core_percent_max real,
    resident_bytes_avg double precision,
    resident_bytes_min bigint,
    resident_bytes_max bigint,
    reading_seconds_avg double precision,
    reading_seconds_min real,
    reading_seconds_max real,
    ticks_skipped_count_avg double precision,
    ticks_skipped_count_min bigint,
    ticks_skipped_count_max bigint,
    readings_failed_count_avg double precision,
    readings_failed_count_min bigint,
    readings_failed_count_max bigint,
    rows_cut_count_avg double precision,
    rows_cut_count_min bigint,
    rows_cut_count_max bigint,
    sample_sets_published_count_avg double precision,
    sample_sets_published_count_min bigint,
    sample_sets_published_count_max bigint,
    sample_sets_lost_count_avg double precision,
    sample_sets_lost_count_min bigint,
    sample_sets_lost_count_max bigint,
    sample_sets_pending_count_avg double precision,
    sample_sets_pending_count_min bigint,
    sample_sets_pending_count_max bigint,
    reconnects_count_avg double precision,
    reconnects_count_min bigint,
    reconnects_count_max bigint,
    sample_sets_spooled_count_avg double precision,
    sample_sets_spooled_count_min bigint,
    sample_sets_spooled_count_max bigint,
    sample_sets_spooled_count_count bigint,
    spool_bytes_avg double precision,
    spool_bytes_min bigint,
    spool_bytes_max bigint,
    spool_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS agent_1m_kept_host_time ON metrics.agent_1m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS agent_1m_kept_time ON metrics.agent_1m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.agent_1m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.one_core_percent_avg, kept.one_core_percent_min, kept.one_core_percent_max, kept.resident_bytes_avg, kept.resident_bytes_min, kept.resident_bytes_max, kept.reading_seconds_avg, kept.reading_seconds_min, kept.reading_seconds_max, kept.ticks_skipped_count_avg, kept.ticks_skipped_count_min, kept.ticks_skipped_count_max, kept.readings_failed_count_avg, kept.readings_failed_count_min, kept.readings_failed_count_max, kept.rows_cut_count_avg, kept.rows_cut_count_min, kept.rows_cut_count_max, kept.sample_sets_published_count_avg, kept.sample_sets_published_count_min, kept.sample_sets_published_count_max, kept.sample_sets_lost_count_avg, kept.sample_sets_lost_count_min, kept.sample_sets_lost_count_max, kept.sample_sets_pending_count_avg, kept.sample_sets_pending_count_min, kept.sample_sets_pending_count_max, kept.reconnects_count_avg, kept.reconnects_count_min, kept.reconnects_count_max, kept.sample_sets_spooled_count_avg, kept.sample_sets_spooled_count_min, kept.sample_sets_spooled_count_max, kept.sample_sets_spooled_count_count, kept.spool_bytes_avg, kept.spool_bytes_min, kept.spool_bytes_max, kept.spool_bytes_count
FROM metrics.agent_1m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
      AND mark.host = kept.host AND mark.time = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.one_core_percent_avg, found.one_core_percent_min, found.one_core_percent_max, found.resident_bytes_avg, found.resident_bytes_min, found.resident_bytes_max, found.reading_seconds_avg, found.reading_seconds_min, found.reading_seconds_max, found.ticks_skipped_count_avg, found.ticks_skipped_count_min, found.ticks_skipped_count_max, found.readings_failed_count_avg, found.readings_failed_count_min, found.readings_failed_count_max, found.rows_cut_count_avg, found.rows_cut_count_min, found.rows_cut_count_max, found.sample_sets_published_count_avg, found.sample_sets_published_count_min, found.sample_sets_published_count_max, found.sample_sets_lost_count_avg, found.sample_sets_lost_count_min, found.sample_sets_lost_count_max, found.sample_sets_pending_count_avg, found.sample_sets_pending_count_min, found.sample_sets_pending_count_max, found.reconnects_count_avg, found.reconnects_count_min, found.reconnects_count_max, found.sample_sets_spooled_count_avg, found.sample_sets_spooled_count_min, found.sample_sets_spooled_count_max, found.sample_sets_spooled_count_count, found.spool_bytes_avg, found.spool_bytes_min, found.spool_bytes_max, found.spool_bytes_count
FROM (
    SELECT DISTINCT mark.time AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 60
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, count(*) AS samples, sum(one_core_percent::float8) / count(*) AS one_core_percent_avg, min(one_core_percent) AS one_core_percent_min, max(one_core_percent) AS one_core_percent_max, sum(resident_bytes::float8) / count(*) AS resident_bytes_avg, min(resident_bytes) AS resident_bytes_min, max(resident_bytes) AS resident_bytes_max, sum(reading_seconds::float8) / count(*) AS reading_seconds_avg, min(reading_seconds) AS reading_seconds_min, max(reading_seconds) AS reading_seconds_max, sum(ticks_skipped_count::float8) / count(*) AS ticks_skipped_count_avg, min(ticks_skipped_count) AS ticks_skipped_count_min, max(ticks_skipped_count) AS ticks_skipped_count_max, sum(readings_failed_count::float8) / count(*) AS readings_failed_count_avg, min(readings_failed_count) AS readings_failed_count_min, max(readings_failed_count) AS readings_failed_count_max, sum(rows_cut_count::float8) / count(*) AS rows_cut_count_avg, min(rows_cut_count) AS rows_cut_count_min, max(rows_cut_count) AS rows_cut_count_max, sum(sample_sets_published_count::float8) / count(*) AS sample_sets_published_count_avg, min(sample_sets_published_count) AS sample_sets_published_count_min, max(sample_sets_published_count) AS sample_sets_published_count_max, sum(sample_sets_lost_count::float8) / count(*) AS sample_sets_lost_count_avg, min(sample_sets_lost_count) AS sample_sets_lost_count_min, max(sample_sets_lost_count) AS sample_sets_lost_count_max, sum(sample_sets_pending_count::float8) / count(*) AS sample_sets_pending_count_avg, min(sample_sets_pending_count) AS sample_sets_pending_count_min, max(sample_sets_pending_count) AS sample_sets_pending_count_max, sum(reconnects_count::float8) / count(*) AS reconnects_count_avg, min(reconnects_count) AS reconnects_count_min, max(reconnects_count) AS reconnects_count_max, sum(sample_sets_spooled_count::float8) / count(sample_sets_spooled_count) AS sample_sets_spooled_count_avg, min(sample_sets_spooled_count) AS sample_sets_spooled_count_min, max(sample_sets_spooled_count) AS sample_sets_spooled_count_max, count(sample_sets_spooled_count) AS sample_sets_spooled_count_count, sum(spool_bytes::float8) / count(spool_bytes) AS spool_bytes_avg, min(spool_bytes) AS spool_bytes_min, max(spool_bytes) AS spool_bytes_max, count(spool_bytes) AS spool_bytes_count
    FROM metrics.agent AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '60 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.agent_5m_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    one_core_percent_avg double precision,
    one_core_percent_min real,
    one_core_percent_max real,
    resident_bytes_avg double precision,
    resident_bytes_min bigint,
    resident_bytes_max bigint,
    reading_seconds_avg double precision,
    reading_seconds_min real,
    reading_seconds_max real,
    ticks_skipped_count_avg double precision,
    ticks_skipped_count_min bigint,
    ticks_skipped_count_max bigint,
    readings_failed_count_avg double precision,
    readings_failed_count_min bigint,
    readings_failed_count_max bigint,
    rows_cut_count_avg double precision,
    rows_cut_count_min bigint,
    rows_cut_count_max bigint,
    sample_sets_published_count_avg double precision,
    sample_sets_published_count_min bigint,
    sample_sets_published_count_max bigint,
    sample_sets_lost_count_avg double precision,
    sample_sets_lost_count_min bigint,
    sample_sets_lost_count_max bigint,
    sample_sets_pending_count_avg double precision,
    sample_sets_pending_count_min bigint,
    sample_sets_pending_count_max bigint,
    reconnects_count_avg double precision,
    reconnects_count_min bigint,
    reconnects_count_max bigint,
    sample_sets_spooled_count_avg double precision,
    sample_sets_spooled_count_min bigint,
    sample_sets_spooled_count_max bigint,
    sample_sets_spooled_count_count bigint,
    spool_bytes_avg double precision,
    spool_bytes_min bigint,
    spool_bytes_max bigint,
    spool_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS agent_5m_kept_host_time ON metrics.agent_5m_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS agent_5m_kept_time ON metrics.agent_5m_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.agent_5m AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.one_core_percent_avg, kept.one_core_percent_min, kept.one_core_percent_max, kept.resident_bytes_avg, kept.resident_bytes_min, kept.resident_bytes_max, kept.reading_seconds_avg, kept.reading_seconds_min, kept.reading_seconds_max, kept.ticks_skipped_count_avg, kept.ticks_skipped_count_min, kept.ticks_skipped_count_max, kept.readings_failed_count_avg, kept.readings_failed_count_min, kept.readings_failed_count_max, kept.rows_cut_count_avg, kept.rows_cut_count_min, kept.rows_cut_count_max, kept.sample_sets_published_count_avg, kept.sample_sets_published_count_min, kept.sample_sets_published_count_max, kept.sample_sets_lost_count_avg, kept.sample_sets_lost_count_min, kept.sample_sets_lost_count_max, kept.sample_sets_pending_count_avg, kept.sample_sets_pending_count_min, kept.sample_sets_pending_count_max, kept.reconnects_count_avg, kept.reconnects_count_min, kept.reconnects_count_max, kept.sample_sets_spooled_count_avg, kept.sample_sets_spooled_count_min, kept.sample_sets_spooled_count_max, kept.sample_sets_spooled_count_count, kept.spool_bytes_avg, kept.spool_bytes_min, kept.spool_bytes_max, kept.spool_bytes_count
FROM metrics.agent_5m_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
      AND mark.host = kept.host AND date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.one_core_percent_avg, found.one_core_percent_min, found.one_core_percent_max, found.resident_bytes_avg, found.resident_bytes_min, found.resident_bytes_max, found.reading_seconds_avg, found.reading_seconds_min, found.reading_seconds_max, found.ticks_skipped_count_avg, found.ticks_skipped_count_min, found.ticks_skipped_count_max, found.readings_failed_count_avg, found.readings_failed_count_min, found.readings_failed_count_max, found.rows_cut_count_avg, found.rows_cut_count_min, found.rows_cut_count_max, found.sample_sets_published_count_avg, found.sample_sets_published_count_min, found.sample_sets_published_count_max, found.sample_sets_lost_count_avg, found.sample_sets_lost_count_min, found.sample_sets_lost_count_max, found.sample_sets_pending_count_avg, found.sample_sets_pending_count_min, found.sample_sets_pending_count_max, found.reconnects_count_avg, found.reconnects_count_min, found.reconnects_count_max, found.sample_sets_spooled_count_avg, found.sample_sets_spooled_count_min, found.sample_sets_spooled_count_max, found.sample_sets_spooled_count_count, found.spool_bytes_avg, found.spool_bytes_min, found.spool_bytes_max, found.spool_bytes_count
FROM (
    SELECT DISTINCT date_bin(interval '300 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 300
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(one_core_percent_avg * samples) / sum(samples::float8) AS one_core_percent_avg, min(one_core_percent_min) AS one_core_percent_min, max(one_core_percent_max) AS one_core_percent_max, sum(resident_bytes_avg * samples) / sum(samples::float8) AS resident_bytes_avg, min(resident_bytes_min) AS resident_bytes_min, max(resident_bytes_max) AS resident_bytes_max, sum(reading_seconds_avg * samples) / sum(samples::float8) AS reading_seconds_avg, min(reading_seconds_min) AS reading_seconds_min, max(reading_seconds_max) AS reading_seconds_max, sum(ticks_skipped_count_avg * samples) / sum(samples::float8) AS ticks_skipped_count_avg, min(ticks_skipped_count_min) AS ticks_skipped_count_min, max(ticks_skipped_count_max) AS ticks_skipped_count_max, sum(readings_failed_count_avg * samples) / sum(samples::float8) AS readings_failed_count_avg, min(readings_failed_count_min) AS readings_failed_count_min, max(readings_failed_count_max) AS readings_failed_count_max, sum(rows_cut_count_avg * samples) / sum(samples::float8) AS rows_cut_count_avg, min(rows_cut_count_min) AS rows_cut_count_min, max(rows_cut_count_max) AS rows_cut_count_max, sum(sample_sets_published_count_avg * samples) / sum(samples::float8) AS sample_sets_published_count_avg, min(sample_sets_published_count_min) AS sample_sets_published_count_min, max(sample_sets_published_count_max) AS sample_sets_published_count_max, sum(sample_sets_lost_count_avg * samples) / sum(samples::float8) AS sample_sets_lost_count_avg, min(sample_sets_lost_count_min) AS sample_sets_lost_count_min, max(sample_sets_lost_count_max) AS sample_sets_lost_count_max, sum(sample_sets_pending_count_avg * samples) / sum(samples::float8) AS sample_sets_pending_count_avg, min(sample_sets_pending_count_min) AS sample_sets_pending_count_min, max(sample_sets_pending_count_max) AS sample_sets_pending_count_max, sum(reconnects_count_avg * samples) / sum(samples::float8) AS reconnects_count_avg, min(reconnects_count_min) AS reconnects_count_min, max(reconnects_count_max) AS reconnects_count_max, sum(sample_sets_spooled_count_avg * sample_sets_spooled_count_count) / nullif(sum(sample_sets_spooled_count_count::float8), 0) AS sample_sets_spooled_count_avg, min(sample_sets_spooled_count_min) AS sample_sets_spooled_count_min, max(sample_sets_spooled_count_max) AS sample_sets_spooled_count_max, sum(sample_sets_spooled_count_count)::bigint AS sample_sets_spooled_count_count, sum(spool_bytes_avg * spool_bytes_count) / nullif(sum(spool_bytes_count::float8), 0) AS spool_bytes_avg, min(spool_bytes_min) AS spool_bytes_min, max(spool_bytes_max) AS spool_bytes_max, sum(spool_bytes_count)::bigint AS spool_bytes_count
    FROM metrics.agent_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '300 seconds'
    GROUP BY read.source
) AS found;

CREATE TABLE IF NOT EXISTS metrics.agent_1h_kept (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    samples bigint,
    one_core_percent_avg double precision,
    one_core_percent_min real,
    one_core_percent_max real,
    resident_bytes_avg double precision,
    resident_bytes_min bigint,
    resident_bytes_max bigint,
    reading_seconds_avg double precision,
    reading_seconds_min real,
    reading_seconds_max real,
    ticks_skipped_count_avg double precision,
    ticks_skipped_count_min bigint,
    ticks_skipped_count_max bigint,
    readings_failed_count_avg double precision,
    readings_failed_count_min bigint,
    readings_failed_count_max bigint,
    rows_cut_count_avg double precision,
    rows_cut_count_min bigint,
    rows_cut_count_max bigint,
    sample_sets_published_count_avg double precision,
    sample_sets_published_count_min bigint,
    sample_sets_published_count_max bigint,
    sample_sets_lost_count_avg double precision,
    sample_sets_lost_count_min bigint,
    sample_sets_lost_count_max bigint,
    sample_sets_pending_count_avg double precision,
    sample_sets_pending_count_min bigint,
    sample_sets_pending_count_max bigint,
    reconnects_count_avg double precision,
    reconnects_count_min bigint,
    reconnects_count_max bigint,
    sample_sets_spooled_count_avg double precision,
    sample_sets_spooled_count_min bigint,
    sample_sets_spooled_count_max bigint,
    sample_sets_spooled_count_count bigint,
    spool_bytes_avg double precision,
    spool_bytes_min bigint,
    spool_bytes_max bigint,
    spool_bytes_count bigint
);

CREATE INDEX IF NOT EXISTS agent_1h_kept_host_time ON metrics.agent_1h_kept (host, time DESC);

CREATE INDEX IF NOT EXISTS agent_1h_kept_time ON metrics.agent_1h_kept USING brin (time) WITH (pages_per_range = 32, autosummarize = on);

CREATE OR REPLACE VIEW metrics.agent_1h AS
SELECT kept.time, kept.host, kept.source, kept.samples, kept.one_core_percent_avg, kept.one_core_percent_min, kept.one_core_percent_max, kept.resident_bytes_avg, kept.resident_bytes_min, kept.resident_bytes_max, kept.reading_seconds_avg, kept.reading_seconds_min, kept.reading_seconds_max, kept.ticks_skipped_count_avg, kept.ticks_skipped_count_min, kept.ticks_skipped_count_max, kept.readings_failed_count_avg, kept.readings_failed_count_min, kept.readings_failed_count_max, kept.rows_cut_count_avg, kept.rows_cut_count_min, kept.rows_cut_count_max, kept.sample_sets_published_count_avg, kept.sample_sets_published_count_min, kept.sample_sets_published_count_max, kept.sample_sets_lost_count_avg, kept.sample_sets_lost_count_min, kept.sample_sets_lost_count_max, kept.sample_sets_pending_count_avg, kept.sample_sets_pending_count_min, kept.sample_sets_pending_count_max, kept.reconnects_count_avg, kept.reconnects_count_min, kept.reconnects_count_max, kept.sample_sets_spooled_count_avg, kept.sample_sets_spooled_count_min, kept.sample_sets_spooled_count_max, kept.sample_sets_spooled_count_count, kept.spool_bytes_avg, kept.spool_bytes_min, kept.spool_bytes_max, kept.spool_bytes_count
FROM metrics.agent_1h_kept AS kept
WHERE NOT EXISTS (
    SELECT FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
      AND mark.host = kept.host AND date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') = kept.time
)
UNION ALL
SELECT dirty.time, dirty.host, found.source, found.samples, found.one_core_percent_avg, found.one_core_percent_min, found.one_core_percent_max, found.resident_bytes_avg, found.resident_bytes_min, found.resident_bytes_max, found.reading_seconds_avg, found.reading_seconds_min, found.reading_seconds_max, found.ticks_skipped_count_avg, found.ticks_skipped_count_min, found.ticks_skipped_count_max, found.readings_failed_count_avg, found.readings_failed_count_min, found.readings_failed_count_max, found.rows_cut_count_avg, found.rows_cut_count_min, found.rows_cut_count_max, found.sample_sets_published_count_avg, found.sample_sets_published_count_min, found.sample_sets_published_count_max, found.sample_sets_lost_count_avg, found.sample_sets_lost_count_min, found.sample_sets_lost_count_max, found.sample_sets_pending_count_avg, found.sample_sets_pending_count_min, found.sample_sets_pending_count_max, found.reconnects_count_avg, found.reconnects_count_min, found.reconnects_count_max, found.sample_sets_spooled_count_avg, found.sample_sets_spooled_count_min, found.sample_sets_spooled_count_max, found.sample_sets_spooled_count_count, found.spool_bytes_avg, found.spool_bytes_min, found.spool_bytes_max, found.spool_bytes_count
FROM (
    SELECT DISTINCT date_bin(interval '3600 seconds', mark.time, timestamptz '2000-01-03 00:00+00') AS time, mark.host
    FROM metrics.rollup_dirty AS mark WHERE mark.bucket_seconds <= 3600
) AS dirty
CROSS JOIN LATERAL (
    SELECT source, sum(samples)::bigint AS samples, sum(one_core_percent_avg * samples) / sum(samples::float8) AS one_core_percent_avg, min(one_core_percent_min) AS one_core_percent_min, max(one_core_percent_max) AS one_core_percent_max, sum(resident_bytes_avg * samples) / sum(samples::float8) AS resident_bytes_avg, min(resident_bytes_min) AS resident_bytes_min, max(resident_bytes_max) AS resident_bytes_max, sum(reading_seconds_avg * samples) / sum(samples::float8) AS reading_seconds_avg, min(reading_seconds_min) AS reading_seconds_min, max(reading_seconds_max) AS reading_seconds_max, sum(ticks_skipped_count_avg * samples) / sum(samples::float8) AS ticks_skipped_count_avg, min(ticks_skipped_count_min) AS ticks_skipped_count_min, max(ticks_skipped_count_max) AS ticks_skipped_count_max, sum(readings_failed_count_avg * samples) / sum(samples::float8) AS readings_failed_count_avg, min(readings_failed_count_min) AS readings_failed_count_min, max(readings_failed_count_max) AS readings_failed_count_max, sum(rows_cut_count_avg * samples) / sum(samples::float8) AS rows_cut_count_avg, min(rows_cut_count_min) AS rows_cut_count_min, max(rows_cut_count_max) AS rows_cut_count_max, sum(sample_sets_published_count_avg * samples) / sum(samples::float8) AS sample_sets_published_count_avg, min(sample_sets_published_count_min) AS sample_sets_published_count_min, max(sample_sets_published_count_max) AS sample_sets_published_count_max, sum(sample_sets_lost_count_avg * samples) / sum(samples::float8) AS sample_sets_lost_count_avg, min(sample_sets_lost_count_min) AS sample_sets_lost_count_min, max(sample_sets_lost_count_max) AS sample_sets_lost_count_max, sum(sample_sets_pending_count_avg * samples) / sum(samples::float8) AS sample_sets_pending_count_avg, min(sample_sets_pending_count_min) AS sample_sets_pending_count_min, max(sample_sets_pending_count_max) AS sample_sets_pending_count_max, sum(reconnects_count_avg * samples) / sum(samples::float8) AS reconnects_count_avg, min(reconnects_count_min) AS reconnects_count_min, max(reconnects_count_max) AS reconnects_count_max, sum(sample_sets_spooled_count_avg * sample_sets_spooled_count_count) / nullif(sum(sample_sets_spooled_count_count::float8), 0) AS sample_sets_spooled_count_avg, min(sample_sets_spooled_count_min) AS sample_sets_spooled_count_min, max(sample_sets_spooled_count_max) AS sample_sets_spooled_count_max, sum(sample_sets_spooled_count_count)::bigint AS sample_sets_spooled_count_count, sum(spool_bytes_avg * spool_bytes_count) / nullif(sum(spool_bytes_count::float8), 0) AS spool_bytes_avg, min(spool_bytes_min) AS spool_bytes_min, max(spool_bytes_max) AS spool_bytes_max, sum(spool_bytes_count)::bigint AS spool_bytes_count
    FROM metrics.agent_1m AS read
    WHERE read.host = dirty.host AND read.time >= dirty.time AND read.time < dirty.time + interval '3600 seconds'
    GROUP BY read.source
) AS found;
