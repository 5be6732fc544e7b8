"""What a new user meets first: a commented settings file, and a look at what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gristmill.corpus.ledger import counts
from gristmill.errors import SearchIndexError, SettingsError
from gristmill.search.index import open_current
from gristmill.settings import SETTINGS_FILE, settings_file
from gristmill.storage.artifacts import write_durably
from gristmill.storage.tables import CHUNKS, EMBEDDINGS
from gristmill.workspace import Workspace

_TEMPLATE = """# Gristmill's settings. Everything that is commented out has the value shown.
# Each can be overridden by the environment: GRISTMILL_HOME, GRISTMILL_SEARCH__PASSAGES=8.

# Where state lives: tables, index, receipts. Safe to delete but for the receipts; 'gristmill ingest' makes it again.
# home = ".gristmill"

# Where documents are parsed and encoded and releases evaluated: here, or on a Ray cluster.
# compute = "local"

# Who may see a document that no rule below matches. An empty list means nobody.
# default_groups = ["everyone"]

# Audience rules, asked in their order; the first pattern that matches a document's path decides.
# Patterns are those of .gitignore. Everybody is in the group "everyone".
# [[audience]]
# pattern = "hr/**"
# groups = ["hr"]

# A source is a folder, or any location that fsspec knows (s3://bucket/docs, with its package installed).
[[sources]]
location = {location}
# prefix = ""                  # put before each path; needed from the second source on
# include = ["**"]
# exclude = ["drafts/**", "*.bak"]
# max_bytes = 50_000_000       # a larger document fails with a reason

# [parser]
# workers = 2                  # parsing processes
# seconds = 60.0               # time limit for one document
# memory_mb = 2048             # memory limit of one parsing process
# attempts = 3                 # tries of a document that timed out or crashed the parser
# retry_after_seconds = 60.0   # wait before the second try; doubles with each further one
# ocr = true                   # read scans when Tesseract is installed
# ocr_languages = ["eng", "deu", "fra"]

# [corpus]
# hidden_orders = "leave out"  # or "quarantine": the whole document that orders a model where no reader looks
# max_bad_share = 0.25         # beyond it nothing is built on the documents
# stale_after_days = 2556      # a document that states an older date is told apart
# quality = {{ too_short = 5 }}  # thresholds by rule; a source can have its own
# authority = ["policies/"]    # of equal documents the one there is kept

# [privacy]                    # keep, mask (stable pseudonyms) or quarantine, by kind; a source can have its own
# default = "keep"
# kinds = {{ secret = "mask", iban = "mask", person = "keep" }}

# [chunker]
# strategy = "markdown"        # or structure, semantic, recursive, fixed; another one cuts everything again
# tokens = 190                 # largest chunk, in the encoder's tokens
# context_tokens = 48          # title, headings and table header that are encoded with it

# [encoder]                    # another encoder: a sentence-transformers folder with safetensors
# name = "my-encoder"
# path = "/models/my-encoder"
# backend = "torch"            # OpenVINO, which is faster, runs models of the BERT family in float32
# sha256 = "..."               # of its model.safetensors

# [generator]                  # another generator: a GGUF file; or engine = "quote" to only quote
# name = "my-model"
# path = "/models/my-model.gguf"
# sha256 = "..."

# [search]
# passages = 5
# fusion = "weighted"          # or "rrf", reciprocal rank fusion; 'gristmill tune search' finds weights for a corpus
# exact_rows = 200_000         # rows up to which search is exact; 'gristmill index crossing' measures it
# chroma_url = ""              # a Chroma server, such as "http://localhost:8000"
# keep_versions = 3            # index versions kept for rollback

# [focus]                      # what is handed on by focused retrieval, which 'gristmill bench chunking' measures
# tokens = 780                 # of all passages of a question together

# [answering]
# answerable = {answerable}         # below this probability an answer is marked as not certain
# perhaps = {perhaps}             # and below this one there is an honest refusal
# quotes = 2

# [service]                    # 'gristmill serve'
# host = "127.0.0.1"           # any other address demands people: gristmill people add NAME --role admin
# port = 8321
# workers = 1                  # processes; each loads the models
# names = ["answers.example"]  # host names that it answers to, besides those of this machine
# https = false                # true behind a proxy that speaks HTTPS
# limits = {{ per_minute = 60, questions_per_day = 2000, cost_per_day = 5.0 }}  # of one identity
# traces = "http://localhost:4317"  # an OpenTelemetry collector; needs the extra 'tracing'
# disputes = true              # say so when two documents differ
# contact = "..."              # whom to ask when the documents do not answer
# [[answering.contacts]]       # ... by the place of the closest passages
# pattern = "hr/**"
# contact = "Harriet Selwyn, people@example.com"

# [cache]                      # answers that are given again while their evidence stands
# enabled = true
# near = 0.9                   # least cosine of two questions that one answer may serve

# [remote]                     # an OpenAI-compatible engine, asked only when the local one does not do
# url = "https://host/v1"
# model = "..."
# key_variable = "GRISTMILL_REMOTE_KEY"
# groups = ["everyone"]        # passages leave only when each is for one of these groups
# price_in = 0.0               # per million tokens
# price_out = 0.0
# daily_budget = 0.0

# [evaluation]                 # what a changed setting or model must pass before it answers
# questions = "questions.jsonl"  # or .csv; see docs/how-to/evaluate.md
# margin = 0.05                # loss of right answers that is still 'not worse'
# floors = {{ "kind=table" = 0.5 }}

# [tuning]                     # 'gristmill tune generator': how the model that words answers is trained
# steps = 60                   # most; it ends earlier when held-out examples no longer gain
# precision = "auto"           # or float32, bfloat16; 'auto' measures which is faster here

# [learning]                   # when feedback is believed; 'gristmill learn' makes a candidate of what is
# voices = 2                   # independent people who must agree; a reviewer alone is enough
# per_day = 40                 # pieces of feedback of one person in a day that count
# [watching]                   # what the sensors may do; see docs/how-to/watch.md
# roll_back = true             # go back when live answers fall beyond doubt
# low_disk_gb = 2.0
# keep_receipts_days = 0       # days that receipts without feedback are kept; 0 keeps all
# pace = 1.0                   # for drills: how many times faster than by the clock watchers look
# alerts = {{ least = "warning", quiet_from = 22, quiet_until = 7 }}  # hours in UTC; addresses in GRISTMILL_ALERT_URLS

# [ray]                        # the cluster of compute = "ray"; see docs/how-to/scale.md
# address = ""

# [service.oidc]               # people sign in by a provider; see docs/how-to/production.md
# issuer = "https://login.example/realms/team"
# client = "gristmill"         # its secret in GRISTMILL_OIDC_SECRET
# address = "https://answers.example"

# [team]                       # what 'gristmill team' starts on one host; see docs/how-to/production.md
# postgres_port = 8322
# dagster_database = "postgresql+psycopg://gristmill@db.example/dagster"
"""


def write_settings(folder: Path, documents: Path | None, *, replace: bool) -> Path:
    """Write a commented settings file into `folder`.

    Raises:
        SettingsError: there is one already and `replace` was not asked for.
    """
    from gristmill.settings import AnsweringSettings

    target = folder / SETTINGS_FILE
    if target.exists() and not replace:
        raise SettingsError(f"{target} exists.", "Edit it, or use --force: the old one is kept as gristmill.toml.bak.")
    if target.exists():
        target.replace(target.with_suffix(".toml.bak"))
    location = str(documents) if documents is not None else "documents"
    quoted = '"' + location.replace("\\", "\\\\").replace('"', '\\"') + '"'
    write_durably(
        target,
        _TEMPLATE.format(
            location=quoted, answerable=AnsweringSettings().answerable, perhaps=AnsweringSettings().perhaps
        ),
    )
    return target


def state(workspace: Workspace) -> dict[str, Any]:
    """Return what there is, in words and numbers."""
    try:
        version = open_current(workspace.index_store)
        index: dict[str, Any] = {
            "index version": int(version.folder.name),
            "chunks in the index": version.manifest.chunks,
            **_releases(workspace),
        }
    except SearchIndexError as error:
        index = {"index version": f"none. {error.remedy}"}
    return {
        "settings": str(settings_file() or "defaults"),
        "home": str(workspace.home),
        "sources": ", ".join(source.name for source in workspace.sources()) or "none",
        **{f"documents {name}": count for name, count in counts(workspace.lake).items()},
        "chunks": workspace.lake.read(CHUNKS, ["chunk"]).height,
        "embeddings": workspace.lake.read(EMBEDDINGS, ["embedding"]).height,
        **index,
        "encoder": workspace.settings.encoder.name,
        "generator": workspace.settings.generator.name,
    }


def _releases(workspace: Workspace) -> dict[str, str]:
    present, candidate = workspace.registry.in_force(), workspace.candidate().name
    waiting = {} if present in {None, candidate} else {"candidate": f"{candidate}, see 'gristmill release list'"}
    return {"release": present or "none yet", **waiting}
