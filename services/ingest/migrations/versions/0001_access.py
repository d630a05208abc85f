"""Users, their sessions and refresh tokens, login attempts and the audit."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """CREATE TABLE app.users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
)""",
    # A session is one sign-in: a family of refresh tokens of which each replaces the one before.
    """CREATE TABLE app.sessions (
    id uuid PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES app.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
)""",
    "CREATE INDEX sessions_user ON app.sessions (user_id) WHERE ended_at IS NULL",
    "CREATE INDEX sessions_ended ON app.sessions (ended_at)",
    # Only the hash of a token is stored: who reads this table cannot sign in.
    """CREATE TABLE app.refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES app.sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    rotated_at timestamptz
)""",
    "CREATE INDEX refresh_tokens_session ON app.refresh_tokens (session_id)",
    "CREATE INDEX refresh_tokens_expiry ON app.refresh_tokens (expires_at)",
    """CREATE TABLE app.login_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    account text NOT NULL,
    address text NOT NULL,
    failed boolean NOT NULL DEFAULT false
)""",
    "CREATE INDEX login_attempts_account ON app.login_attempts (account, at)",
    "CREATE INDEX login_attempts_address ON app.login_attempts (address, at)",
    "CREATE INDEX login_attempts_at ON app.login_attempts (at)",
    """CREATE TABLE app.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    target text,
    address text,
    detail text,
    request_id text
)""",
    "CREATE INDEX audit_time ON app.audit (time)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: users and the audit are never dropped by a tool."""
    raise NotImplementedError("going back would drop users and the audit; restore a backup instead")
