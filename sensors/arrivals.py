"""Sensors for what comes in: documents, questions, feedback, other models. Each asks one function of gristmill."""

from datetime import UTC, datetime

import dagster as dg

from gristmill.monitoring.deciding.memory import Decision, Memory
from gristmill.resources import WorkspaceResource
from sensors.declaring import watching
from sensors.events import is_at_work
from sensors.jobs import drift, ingest, learn


@watching(30, ingest)
def documents_changed(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Takes in new, changed and removed documents once they have settled, one run at a time.

    It does not read files, only lists them; it does not retry a failed run, and does not say what changed: the run
    does. False alarms: a touched file starts a run that changes nothing. A tick takes at most about 20 s.
    """
    from gristmill.watchers import on_documents

    busy = is_at_work(context.instance, "ingest", "everything")
    return _asked(on_documents(workspace.open(), Memory.of(context.cursor), datetime.now(UTC), busy=busy))


@watching(300, drift)
def enough_to_look_for_drift(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Looks for drift when fifty documents or questions came, or another release is in force; at most once an hour.

    It does not judge: the run does, with 0.6 false alarms in 30 windows and monitor, and tells people. It starts no
    re-embedding and no training.
    """
    from gristmill.watchers import on_drift

    busy = is_at_work(context.instance, "drift", "everything")
    return _asked(on_drift(workspace.open(), Memory.of(context.cursor), datetime.now(UTC), busy=busy))


@watching(120, ingest)
def models_changed(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Makes everything anew when the encoder or the chunker is another one, once for each set of models.

    It does not put the new models in force: the gate does. An index of other models never answers, whether this runs
    or not. No false alarms: fingerprints are equal or they are not.
    """
    from gristmill.watchers import on_models

    busy = is_at_work(context.instance, "ingest", "everything")
    return _asked(on_models(workspace.open(), Memory.of(context.cursor), busy=busy))


@watching(600, learn)
def enough_feedback(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Starts learning when fifty pieces of feedback were confirmed, are a fifth of all, and the oldest is a day old.

    It does not train from ratings: the court decides what each is good for, and the gate whether it helped. False
    alarms: none by chance; a campaign of several identities can confirm itself, and meets the court's caps.
    """
    from gristmill.watchers import on_feedback

    busy = is_at_work(context.instance, "learn", "everything")
    return _asked(on_feedback(workspace.open(), Memory.of(context.cursor), datetime.now(UTC), busy=busy))


def _asked(decision: Decision) -> dg.SensorResult:
    cursor = decision.memory.text()
    if not decision.run:
        return dg.SensorResult(skip_reason=decision.reason, cursor=cursor)
    request = dg.RunRequest(run_key=decision.key, tags={"gristmill/why": decision.reason[:200]})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


ALL = [documents_changed, enough_to_look_for_drift, models_changed, enough_feedback]
