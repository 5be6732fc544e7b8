"""The commands over receipts: why an answer was given, and whether it would be given again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gristmill.cli.terminal import EXIT_ERROR, AsJson, friendly, open_workspace, out, print_json, waiting

app = typer.Typer(help="Show the receipt of an answer, or ask its question again.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the receipt.")]


@app.command()
@friendly
def show(receipt: Id, as_json: AsJson = False) -> None:
    """Show why an answer was given: documents, scores, checks, model, prompt, time and cost."""
    from gristmill.answering.receipts import read_receipt

    found = read_receipt(open_workspace().database, receipt).as_json()
    if as_json:
        print_json(found)
    else:
        _show(found)


@app.command()
@friendly
def replay(receipt: Id, as_json: AsJson = False) -> None:
    """Ask the question again: the same answer, or what changed it. Exit code 1 when the answer is another."""
    from gristmill.replaying import replay_receipt

    with waiting(as_json, "Asking again"):
        made = replay_receipt(open_workspace(), receipt)
    if as_json:
        print_json(made.as_json())
    else:
        out.print(made.said)
        if not made.same:
            out.print(f"Then: {made.before}\nNow:  {made.now.text}", markup=False)
    if not made.same:
        raise typer.Exit(EXIT_ERROR)


def _show(found: dict[str, Any]) -> None:
    from gristmill.cli.rendering import pairs

    steps = ", ".join(f"{step['step']} {step['ms']:.0f} ms" for step in found["trace"])
    shown = {
        "question": found["question"],
        "answer": found["answer"],
        "asked by": f"{found['asker']}, in {', '.join(found['groups'])}, {found['at']}",
        "release": found["release"],
        "worded by": found.get("engine", "unknown"),
        "probability of an answer": found.get("answerable", "unknown"),
        "documents": "; ".join(entry["document"] for entry in found.get("documents", [])) or "none",
        "cited": "; ".join(f"{c['document']} {c['start']} to {c['end']}" for c in found["citations"]) or "nothing",
        "checks": "; ".join(
            f"{c['score']:.2f} {c['reason'] or 'shown'}: {c['sentence']}" for c in found.get("checks", [])
        ),
        "noticed": "; ".join(found.get("flags", [])) or "nothing",
        "left the premises": "; ".join(f"{e['host']}: {len(e['chunks'])} chunks" for e in found.get("egress", []))
        or "nothing",
        "tokens": f"{found.get('prompt_tokens', 0)} read, {found.get('new_tokens', 0)} written",
        "cost": f"{found.get('cost', 0.0):.6f} {found.get('currency', '')}".strip(),
        "energy": f"{found.get('energy_wh', 0.0):.4f} Wh, estimated",
        "time": f"{found['latency_ms']:.0f} ms: {steps}",
    }
    out.print(pairs({name: value for name, value in shown.items() if value != ""}))
