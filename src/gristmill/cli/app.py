"""The whole command line: to the commands of every day, all others are added, one module each."""

from __future__ import annotations

from gristmill.cli import (
    alerts,
    audit,
    backups,
    bench,
    bench_drift,
    bench_search,
    documents,
    drift,
    evaluation,
    feedback,
    gaps,
    index,
    mcp,
    people,
    prompts,
    receipts,
    release,
    report,
    retain,
    serve,
    team,
    tune,
)
from gristmill.cli.everyday import app
from gristmill.cli.terminal import CARE, IMPROVE, OPERATE

__all__ = ["app"]

# What a beginner needs has no panel of its own and comes first.
app.add_typer(serve.app)
app.add_typer(documents.app, name="documents", rich_help_panel=CARE)
app.add_typer(report.app, name="report", rich_help_panel=CARE)
app.add_typer(index.app, name="index", rich_help_panel=CARE)
app.command(rich_help_panel=CARE)(drift.drift)
app.command(rich_help_panel=CARE)(gaps.gaps)
app.add_typer(receipts.app, name="receipt", rich_help_panel=CARE)
app.add_typer(prompts.app, name="prompts", rich_help_panel=CARE)
app.add_typer(feedback.app, name="feedback", rich_help_panel=IMPROVE)
app.command(rich_help_panel=IMPROVE)(feedback.learn)
app.add_typer(tune.tune, name="tune", rich_help_panel=IMPROVE)
app.command(rich_help_panel=IMPROVE)(evaluation.evaluate)
app.command(rich_help_panel=IMPROVE)(evaluation.gate)
app.add_typer(release.app, name="release", rich_help_panel=IMPROVE)
app.add_typer(bench.bench, name="bench", rich_help_panel=IMPROVE)
bench_search.register(bench.bench)
bench.bench.command()(bench_drift.drift)
app.add_typer(bench.train, name="train", rich_help_panel=IMPROVE)
app.add_typer(team.app)
app.add_typer(mcp.app)
app.add_typer(people.app, name="people", rich_help_panel=OPERATE)
app.add_typer(people.keys, name="keys", rich_help_panel=OPERATE)
app.add_typer(audit.app, name="audit", rich_help_panel=OPERATE)
app.add_typer(alerts.app, name="alerts", rich_help_panel=OPERATE)
app.command(rich_help_panel=OPERATE)(backups.backup)
app.command(rich_help_panel=OPERATE)(backups.restore)
app.command(rich_help_panel=OPERATE)(retain.retain)
