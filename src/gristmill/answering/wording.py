"""The steps that word and verify: what an engine writes is kept, sentence by sentence, when the evidence carries it.

Otherwise the evidence itself is quoted, or there is a refusal. Which engine wrote it makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gristmill.answering.answer import Check, Citation, Sentence
from gristmill.answering.cache import Key
from gristmill.answering.draft import Draft, Tools
from gristmill.answering.evidence import Evidence
from gristmill.answering.finding import whom_to_ask
from gristmill.answering.knowing import cut_answer
from gristmill.answering.measures import Asked
from gristmill.answering.prompts import chat_of
from gristmill.answering.sentences import readable, split_sentences
from gristmill.answering.support import support
from gristmill.fingerprint import fingerprint
from gristmill.search.retrieval import Passage

REFUSAL = "The documents you may see do not answer this."
DISPUTE = "The documents disagree."
UNCERTAIN = "It is not certain that the documents answer this. What comes nearest:"
_SHOWN_TO_MODEL = 4
_MOST_SENTENCES = 3


def word(draft: Draft, tools: Tools) -> Draft:
    """Let the local engine word the answer from the best evidence; a dispute, or what may not answer, is quoted."""
    if not draft.chosen or draft.weighing is None:
        return draft
    others = [evidence for evidence in draft.weighing.evidence if evidence not in draft.chosen]
    screened = {evidence.unit.passage for evidence in draft.chosen}
    shown = [*draft.chosen, *(e for e in others if e.unit.passage in screened)][:_SHOWN_TO_MODEL]
    texts = [readable(evidence.unit) for evidence in shown]
    mark = f"<{fingerprint(tools.nonce, draft.question, texts)[:8]}>"
    draft = replace(draft, chat=chat_of(tools.prompt, draft.question, texts, mark, tools.canary))
    if draft.refused or draft.disputed:
        return draft
    if (cut := cut_answer(draft, tools)) is not None:
        return cut
    if draft.uncertain:
        return replace(draft, note="quoted, because it is not certain")
    if (known := near_words(draft, tools)) is not None:
        return known
    assert draft.chat is not None
    generated = tools.generator.generate(draft.chat.chatml)
    account = replace(draft.account, prompt_tokens=generated.prompt_tokens, new_tokens=generated.new_tokens)
    note = f"{generated.prompt_tokens} tokens read, {generated.new_tokens} written"
    return replace(draft, written=first_sentence(generated.text), account=account, note=note)


def near_words(draft: Draft, tools: Tools) -> Draft | None:
    """Return the draft with the words of a near question's answer, when the very same evidence was cited there."""
    if tools.cache is None or draft.query is None:
        return None
    key = Key.of(draft.question, draft.asker.groups, tools.settings_hash)
    cited = [citation_of(evidence, draft.passages) for evidence in draft.chosen]
    near = tools.cache.near(key, draft.query.vector, named_things(draft.question, tools), cited)
    if near is None or near.answer.refused or near.answer.uncertain or near.answer.disputed:
        return None
    words = " ".join(sentence.text for sentence in near.answer.sentences)
    account = replace(draft.account, near=near.answer.receipt)
    return replace(draft, written=words, account=account, note=f"worded as in {near.answer.receipt}")


def named_things(question: str, tools: Tools) -> frozenset[str]:
    """Return the numbers and names of a question, which a near question must share."""
    asked = Asked(question, tools.index.lexical)
    return frozenset(asked.numbers | asked.entities | {str(kind) for kind in asked.kinds})


def verify(draft: Draft, tools: Tools) -> Draft:
    """Keep the sentences that the chosen evidence carries; else quote the evidence."""
    if draft.refused:
        return draft
    quotes = tuple(Sentence(_quoted(draft, e), (n,)) for n, e in enumerate(draft.chosen, 1))
    citations = tuple(citation_of(evidence, draft.passages) for evidence in draft.chosen)
    if draft.cut:
        kept = (Sentence(draft.cut, (1,)),)
        return replace(draft, sentences=kept, citations=citations, worded=True, note="cut from its evidence")
    quoted = replace(draft, sentences=quotes, citations=citations, worded=False)
    if draft.disputed:
        return replace(quoted, sentences=(Sentence(DISPUTE, (1, 2)), *quotes), note="both sides quoted")
    if not draft.written:
        return replace(quoted, note="quoted")
    return carried_by(quoted, draft.written, tools) or replace(
        _judged(quoted, draft.written, tools), note="quoted; the model's words were dropped"
    )


def route(draft: Draft, tools: Tools) -> Draft:
    """Ask the remote engine where the local answer does not do and all the rules allow it; verify what it writes."""
    if tools.router is None or draft.chat is None or draft.weighing is None or draft.disputed:
        return draft
    sent = list(dict.fromkeys(evidence.unit.passage for evidence in draft.chosen))
    passages = [draft.passages[number] for number in sent]
    objection = tools.router.objection(
        refused=draft.refused, unsupported=not draft.worded, answerable=draft.weighing.answerable,
        passages=passages, chat=draft.chat,
    )  # fmt: skip
    if objection:
        return replace(draft, note=f"stays here: {objection}")
    reply = tools.router.ask(draft.chat, passages)
    account = draft.account
    account = replace(
        account,
        egress=(*account.egress, reply.egress),
        cost=account.cost + reply.egress.cost,
        currency=tools.router.settings.currency,
    )
    draft = replace(draft, account=account)
    if not reply.text:
        return replace(draft, note=f"the remote engine gave nothing: {reply.egress.error}")
    citations = tuple(citation_of(evidence, draft.passages) for evidence in draft.chosen)
    known = carried_by(replace(draft, citations=citations), reply.text, tools)
    if known is None:
        return replace(_judged(draft, reply.text, tools), note="the remote engine's words were dropped")
    return replace(
        known, refused=False, uncertain=False, account=replace(known.account, engine="remote"), note="worded remotely"
    )


def carried_by(draft: Draft, written: str, tools: Tools) -> Draft | None:
    """Return the draft with those sentences of `written` that the chosen evidence carries, or None if none is."""
    judged = _judged(draft, written, tools)
    fresh = judged.account.checks[len(draft.account.checks) :]
    kept = [Sentence(check.sentence, _cites(check.sentence, draft.chosen)) for check in fresh if check.shown]
    if not kept:
        return None
    used = sorted({number for sentence in kept for number in sentence.cites})
    renamed = {old: new for new, old in enumerate(used, 1)}
    sentences = tuple(replace(s, cites=tuple(renamed[n] for n in s.cites)) for s in kept)
    account = replace(judged.account, engine="local")
    citations = tuple(draft.citations[number - 1] for number in used)
    note = f"worded by the model, support {min(check.score for check in fresh if check.shown):.2f}"
    return replace(judged, sentences=sentences, citations=citations, worded=True, account=account, note=note)


def _judged(draft: Draft, written: str, tools: Tools) -> Draft:
    evidence = [readable(e.unit) for e in draft.chosen]
    sources = [draft.passages[e.unit.passage] for e in draft.chosen]
    about = " ".join(name for passage in sources for name in (passage.title, *passage.headings))
    checks = []
    for sentence in split_sentences(written)[:_MOST_SENTENCES]:
        found = support(sentence, evidence, f"{draft.question} {about}", tools.encoder)
        shown = found.score >= tools.answering.support
        checks.append(Check(sentence, round(found.score, 4), shown, found.reason or ("" if shown else "too far off")))
    return replace(draft, account=replace(draft.account, checks=(*draft.account.checks, *checks)))


def _cites(sentence: str, chosen: Sequence[Evidence]) -> tuple[int, ...]:
    """Return the numbers of the evidence that has a word of the sentence which the others lack; all if none has."""
    said = set(re.findall(r"\w+", sentence.casefold()))
    held = [set(re.findall(r"\w+", readable(e.unit).casefold())) & said for e in chosen]
    whole = max(range(len(held)), key=lambda at: (len(held[at]), -at))
    rest = set().union(*held) - held[whole]
    more = [at for at, words in enumerate(held) if at != whole and words & rest]
    return tuple(sorted(at + 1 for at in {whole, *more}))


def conclude(draft: Draft, tools: Tools) -> Draft:
    """Say in words that there is no answer, or that it is not certain; and whom to ask."""
    if draft.uncertain and not draft.refused:
        lead = Sentence(UNCERTAIN)
        return replace(draft, sentences=(lead, *draft.sentences), ask_whom=whom_to_ask(draft, tools))
    if not draft.refused:
        return draft
    contacts = whom_to_ask(draft, tools)
    asked = (Sentence(f"You may ask {' or '.join(contacts)}."),) if contacts else ()
    sentences = (Sentence(REFUSAL), *asked)
    return replace(draft, sentences=sentences, citations=(), ask_whom=contacts, uncertain=False)


def citation_of(evidence: Evidence, passages: Sequence[Passage]) -> Citation:
    """Return the citation of a unit."""
    unit, passage = evidence.unit, passages[evidence.unit.passage]
    chunk = passage.chunk_at(unit.start)
    return Citation(passage.document, chunk, unit.text, unit.start, unit.end, passage.title, passage.page)


def _quoted(draft: Draft, evidence: Evidence) -> str:
    text = readable(evidence.unit)
    if not draft.disputed:
        return text
    passage = draft.passages[evidence.unit.passage]
    when = f" ({passage.stated:%Y-%m-%d})" if passage.stated else ""
    return f"{passage.title or passage.document}{when}: {text}"


def first_sentence(text: str) -> str:
    """Return the first sentence that was written; small models go on with their own questions and answers."""
    line = next((line for line in text.strip().splitlines() if line.strip()), "")
    match = re.match(r".+?[.!?](?=\s|$)", line.strip())
    return (match[0] if match else line).strip().strip('"')
