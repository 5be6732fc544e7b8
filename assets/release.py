"""From the question set to a release in force: candidate, evaluation with the gate's decision, release, report."""

import dagster as dg

from assets.feedback import learned_models
from assets.indexing import search_index
from assets.ingestion import accepted_documents
from assets.presentation import checked, data_docs, expected, materialized
from gristmill import mill
from gristmill.contents import Contents, question_contents
from gristmill.evaluation.checks import check_question_set
from gristmill.gates import look
from gristmill.release.checks import check_candidate, check_in_force
from gristmill.resources import WorkspaceResource

_GROUP = "release"
_OWNERS = ["team:release"]


@dg.asset(deps=[accepted_documents], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"})
def question_set(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The questions with expected evidence and answers, in frozen splits, grounded in the documents as they are.

    A question whose evidence is gone is set aside with its reason, and counts again when the evidence is back.
    """
    with workspace.at_work(context) as run:
        return materialized(mill.question_set(run), question_contents(run.workspace.lake), data_docs(run, "questions"))


@dg.asset_check(asset=question_set, blocking=True)
def counting_questions_hold(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """Every question that counts has its evidence, and no near duplicate stands on both sides of a split."""
    with workspace.at_work(context) as run:
        return checked(check_question_set(run.workspace.lake))


@dg.asset_check(asset=question_set, blocking=True)
def questions_meet_their_expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The question set is as it was declared to be: words, languages, splits, askers, answers, quoted evidence."""
    with workspace.at_work(context) as run:
        return expected(look(run.workspace, "question_set"))


@dg.asset(deps=[search_index, question_set, learned_models], group_name=_GROUP, owners=_OWNERS, kinds={"sqlite"})
def release_candidate(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """What the settings, the models and the newest index make: a manifest of everything that can change an answer.

    When documents alone changed and the passages still hold the evidence, it is in force after this, by the fast lane.
    """
    with workspace.at_work(context) as run:
        report = mill.document_release(run)
        name = run.workspace.candidate().name
        place = str(run.workspace.home / "releases" / f"{name}.json")
        return materialized(report, Contents(place, 1, name))


@dg.asset_check(asset=release_candidate, blocking=True)
def its_index_is_there(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The index that the candidate names is published and can be opened."""
    with workspace.at_work(context) as run:
        return checked(check_candidate(run.workspace.candidate(), run.workspace.index_store))


@dg.asset(deps=[release_candidate, question_set], group_name=_GROUP, owners=_OWNERS, kinds={"sqlite"}, pool="encoder")
def release_evaluation(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The candidate and the release in force, measured on the gate questions, and the gate's decision.

    What the fast lane published is evaluated in full here, and rolled back on a regression. Without questions nothing
    is measured, and nothing but documents can come into force.
    """
    from gristmill.release_stages import evaluation_stage

    with workspace.at_work(context) as run:
        return materialized(*evaluation_stage(run.workspace, run.progress))


@dg.asset_check(asset=release_evaluation, blocking=True)
def the_gate_promotes_it(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The newest decision on the candidate is to promote it, it is in force, or was rolled back and is not offered."""
    from gristmill.release_stages import standing

    with workspace.at_work(context) as run:
        stands = standing(run.workspace)
        return dg.AssetCheckResult(
            passed=stands.passed,
            description=stands.reason,
            metadata={"candidate": stands.candidate, "in_force": stands.in_force, "recovery": stands.recovery},
        )


@dg.asset(deps=[release_evaluation], group_name=_GROUP, owners=_OWNERS, kinds={"sqlite"})
def release(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The release in force: what answers now. The stored decision is read again before a candidate becomes it."""
    from gristmill.release_stages import release_stage

    with workspace.at_work(context) as run:
        return materialized(*release_stage(run.workspace))


@dg.asset_check(asset=release, blocking=True)
def what_answers_is_decided(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The release in force was promoted by a stored decision, is the first, or was rolled back to; and it opens."""
    with workspace.at_work(context) as run:
        return checked(check_in_force(run.workspace.registry, run.workspace.index_store))


@dg.asset(deps=[release], group_name=_GROUP, owners=_OWNERS, kinds={"html", "markdown"})
def evaluation_report(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The evaluation of the release in force as one page: decision first, then everything that it stands on."""
    from gristmill.evaluation.report import as_markdown
    from gristmill.release_stages import report_stage

    with workspace.at_work(context) as run:
        made = report_stage(run.workspace, run.progress)
        result = materialized(made.report, made.contents)
        if made.content is None:
            return result
        markdown = dg.MetadataValue.md(as_markdown(made.content))
        return dg.MaterializeResult(
            metadata={**(result.metadata or {}), "report": markdown}, data_version=result.data_version
        )


@dg.asset_check(asset=evaluation_report, blocking=True)
def it_needs_no_network(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The page is whole and loads nothing from anywhere."""
    from gristmill.release_stages import check_report

    with workspace.at_work(context) as run:
        return checked(check_report(run.workspace))
