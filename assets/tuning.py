"""What is learnt: examples, the generator tuned on them, the encoder tuned to the corpus. A person starts them."""

import time

import dagster as dg

from assets.indexing import search_index
from assets.presentation import checked, materialized
from assets.release import question_set
from gristmill.learning.tuned_models import check_encoder, check_examples, check_models
from gristmill.resources import BY_A_PERSON, WorkspaceResource

_GROUP = "tuning"
_OWNERS = ["team:search"]
_STARTED = {BY_A_PERSON: "true"}


@dg.asset(
    deps=[search_index, question_set], group_name=_GROUP, owners=_OWNERS, kinds={"deltalake", "polars"}, tags=_STARTED
)
def training_examples(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Chats to learn from, as answering fills them, each with the question and the evidence that it stands on.

    Confirmed questions of the tune split alone, balanced with refusals and with general examples against forgetting.
    Documents that are not for everyone are never taught: a model says to anybody what it has learnt.
    """
    from gristmill.tuning_stages import examples_stage

    with workspace.at_work(context) as run:
        return materialized(*examples_stage(run.workspace, run.progress))


@dg.asset_check(asset=training_examples, blocking=True)
def examples_are_apart_and_have_a_source(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """No example is nearly a question of gate or holdout, and each answer names its document, version and chunk."""
    with workspace.at_work(context) as run:
        return checked(check_examples(run.workspace.lake))


@dg.asset(
    deps=[training_examples], group_name=_GROUP, owners=_OWNERS, kinds={"pytorch", "huggingface"}, tags=_STARTED,
    pool="trainer",
)  # fmt: skip
def tuned_generator(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The generator, tuned on the examples with LoRA, merged and written as GGUF files, each a candidate release.

    Killed at any step, the next run goes on from the last checkpoint. The gate decides whether a candidate answers.
    """
    from gristmill.tuning_stages import curve_as_markdown, tuned_report, tuning_stage

    with workspace.at_work(context) as run:
        began = time.perf_counter()
        outcome = tuning_stage(
            run.workspace, run.progress, lambda foreseen: context.log.info(f"Estimate: {foreseen.as_json()}")
        )
        result = materialized(*tuned_report(outcome, time.perf_counter() - began))
        curve = dg.MetadataValue.md(curve_as_markdown(outcome.curve))
        return result._replace(metadata={**(result.metadata or {}), "curve": curve})


@dg.asset_check(asset=tuned_generator, blocking=True)
def tuned_models_are_whole_and_better(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The files are there with their hashes, and what is offered first does no worse on the held-out examples."""
    with workspace.at_work(context) as run:
        return checked(check_models(run.workspace.lake, run.workspace.home))


@dg.asset(
    deps=[search_index, question_set], group_name=_GROUP, owners=_OWNERS, kinds={"numpy"}, tags=_STARTED, pool="encoder"
)
def tuned_encoder(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The encoder with a memory of the corpus and of confirmed questions, and an index of its own: a candidate release.

    The index in force goes on answering with its own encoder; the gate decides whether the tuned one takes over.
    """
    from gristmill.encoder_stages import encoder_tuning_stage, tuned_report

    with workspace.at_work(context) as run:
        return materialized(*tuned_report(encoder_tuning_stage(run.workspace, run.progress)))


@dg.asset_check(asset=tuned_encoder, blocking=True)
def tuned_encoder_is_whole_and_forgets_nothing(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> dg.AssetCheckResult:
    """The memory is there with its hash, finds answers no later than the base, and leaves general texts alone."""
    with workspace.at_work(context) as run:
        settings = run.workspace.settings
        return checked(check_encoder(run.workspace.lake, run.workspace.home, settings.encoder_tuning.most_moved))
