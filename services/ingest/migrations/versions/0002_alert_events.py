"""The history of alerts: a row for each transition and each act."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    # An id may be longer than an index takes, so its SHA-256 stands in the key; and an act, which the API names, must
    # not be able to take the place of a transition.
    """CREATE TABLE app.alert_events (
    id_hash bytea NOT NULL CHECK (octet_length(id_hash) = 32),
    id text NOT NULL,
    event text NOT NULL CHECK (event IN ('transition', 'act')),
    incident text NOT NULL,
    rule text NOT NULL,
    host text NOT NULL,
    source text,
    series text NOT NULL,
    labels jsonb CHECK (jsonb_typeof(labels) = 'object'),
    kind text CHECK (kind IN ('threshold', 'rate', 'forecast', 'deviation', 'absence')),
    family text,
    "column" text,
    unit text,
    status text CHECK (status IN ('firing', 'ok')),
    level text CHECK (level IN ('warning', 'critical')),
    value double precision,
    threshold double precision,
    target double precision,
    since timestamptz,
    time timestamptz NOT NULL,
    reason text,
    act text CHECK (act IN ('acknowledged', 'commented', 'silenced')),
    who text,
    comment text,
    silence text,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (id_hash, event),
    CONSTRAINT alert_events_says_one_thing CHECK (CASE event
        WHEN 'transition' THEN num_nulls(labels, kind, status, level, since) = 0
            AND num_nonnulls(act, who, comment, silence) = 0
        ELSE num_nulls(act, who, comment) = 0
            AND num_nonnulls(source, labels, kind, family, "column", unit, status, level, value, threshold, target,
                since, reason) = 0
    END)
)""",
    "CREATE INDEX alert_events_incident ON app.alert_events (incident, time)",
    "CREATE INDEX alert_events_time ON app.alert_events (time DESC)",
    "CREATE INDEX alert_events_host ON app.alert_events (host, time DESC)",
    # Retention goes by arrival: a time that somebody else's clock tells could keep a row for good.
    "CREATE INDEX alert_events_received_at ON app.alert_events (received_at)",
    # Default privileges let the API change every table of this schema; what ingest keeps it only reads.
    "REVOKE INSERT, UPDATE, DELETE ON app.alert_events FROM vw_app",
    "GRANT SELECT ON app.alert_events TO vw_read, vw_app",
    "GRANT INSERT, DELETE ON app.alert_events TO vw_ingest",
    # What deleting old rows in batches reads; what stands in an event ingest cannot read.
    "GRANT SELECT (id_hash, event, received_at) ON app.alert_events TO vw_ingest",
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: history is never dropped by a tool."""
    raise NotImplementedError("going back would drop the history of alerts; restore a backup instead")
