"""From findings and voices to verdicts: what is confirmed, what waits for a second opinion, what is set aside.

Within one cluster those who claim the same (the same evidence, and answers that agree) stand together. A claim is
confirmed when enough independent voices, or a reviewer, are behind it and no other claim has as many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gristmill.evaluation.metrics import Span, meets, token_f1, tokens
from gristmill.evaluation.questions import Evidence
from gristmill.learning.court.findings import Finding
from gristmill.learning.court.pieces import Piece
from gristmill.learning.court.verdicts import Cause, Standing, Verdict, dismissed
from gristmill.learning.court.voices import Heard
from gristmill.learning.feedback import Rating
from gristmill.settings import LearningSettings

_AGREE = 0.5
# What code alone decides needs no second opinion, and nothing is learnt from it but that it is so.
_PLAIN = {Cause.OUTDATED}
_WITHOUT_CLAIM = {Cause.EXPIRED: Standing.DISMISSED, Cause.UNSUPPORTED: Standing.DISMISSED}


@dataclass
class Claim:
    """What some people say is right."""

    answer: str
    short: bool
    evidence: tuple[Evidence, ...]
    behind: list[Piece] = field(default_factory=list)

    def agrees(self, finding: Finding) -> bool:
        """Say whether a finding claims the same."""
        if bool(self.evidence) != bool(finding.evidence):
            return False
        if not self.evidence:
            return True
        together = any(meets(_span(one), _span(other)) for one in self.evidence for other in finding.evidence)
        return together and agreeing(self.answer, finding.answer)


def agreeing(one: str, other: str) -> bool:
    """Say whether two answers say the same: one holds the words of the other, or they share most."""
    mine, theirs = set(tokens(one)), set(tokens(other))
    return mine <= theirs or theirs <= mine or token_f1(one, other) >= _AGREE


def decide(
    pieces: Sequence[Piece],
    findings: Mapping[str, Finding],
    clusters: Mapping[str, str],
    heard: Heard,
    settings: LearningSettings,
) -> list[Verdict]:
    """Return the verdict on each piece."""
    counted: dict[str, list[Piece]] = defaultdict(list)
    verdicts: list[Verdict] = []
    for piece in pieces:
        verdict = _first(piece, findings[piece.feedback], clusters[piece.question])
        aside = _set_aside(piece, verdict, heard)
        if aside is None:
            counted[clusters[piece.question]].append(piece)
        else:
            verdicts.append(aside)
    for cluster, members in counted.items():
        verdicts += _Cluster(cluster, members, findings, heard, settings).verdicts()
    return sorted(verdicts, key=lambda verdict: (verdict.at, verdict.feedback))


def _first(piece: Piece, finding: Finding, cluster: str) -> Verdict:
    return Verdict(
        piece.feedback, piece.receipt, piece.author.name, piece.at, str(piece.rating), piece.question, cluster,
        piece.author.groups, Standing.OPEN, finding.cause, finding.reason, finding.answer, finding.short,
        finding.evidence, 0, finding.judged_on,
    )  # fmt: skip


def _set_aside(piece: Piece, verdict: Verdict, heard: Heard) -> Verdict | None:
    if piece.feedback in heard.over_cap:
        return dismissed(verdict, Cause.OVER_CAP, "More in a day than counts of one person.")
    if piece.feedback in heard.repeated:
        return dismissed(verdict, Cause.REPEATED, "The same person has judged this question again since.")
    if piece.author.name in heard.untrusted:
        return dismissed(verdict, Cause.UNTRUSTED, heard.untrusted[piece.author.name])
    return None


class _Cluster:
    """All that counts on one question."""

    def __init__(
        self,
        cluster: str,
        pieces: Sequence[Piece],
        findings: Mapping[str, Finding],
        heard: Heard,
        settings: LearningSettings,
    ) -> None:
        self._cluster = cluster
        self._pieces = pieces
        self._findings = findings
        self._heard = heard
        self._needed = settings.voices
        self._claims = self._gathered()

    def verdicts(self) -> list[Verdict]:
        won = self._won()
        return [self._verdict(piece, won) for piece in self._pieces]

    def _gathered(self) -> list[Claim]:
        claims: list[Claim] = []
        # Corrections first: their words are the shortest, so that what agrees with one is not split over longer ones.
        ordered = sorted(self._pieces, key=lambda p: (not self._findings[p.feedback].short, p.at, p.feedback))
        for piece in ordered:
            finding = self._findings[piece.feedback]
            if not finding.claims:
                continue
            same = next((claim for claim in claims if claim.agrees(finding)), None)
            if same is None:
                same = Claim(finding.answer, finding.short, finding.evidence)
                claims.append(same)
            same.behind.append(piece)
        return claims

    def _voices(self, pieces: Sequence[Piece]) -> int:
        """Return how many independent voices are behind pieces; a reviewer's is as many as are needed."""
        if any(piece.author.reviews for piece in pieces):
            return self._needed + len({self._heard.voice[p.author.name] for p in pieces if not p.author.reviews})
        return len({self._heard.voice[piece.author.name] for piece in pieces})

    def _against(self, claim: Claim) -> int:
        """Return the voices of those who found the claimed answer wrong, or claim something else."""
        mine = {piece.feedback for piece in claim.behind}
        others = [p for c in self._claims if c is not claim for p in c.behind]
        given = [p for p in self._pieces if p.rating is Rating.DOWN and not self._findings[p.feedback].claims
                 and self._gave(p, claim)]  # fmt: skip
        return self._voices([p for p in (*others, *given) if p.feedback not in mine])

    @staticmethod
    def _gave(piece: Piece, claim: Claim) -> bool:
        """Say whether the answer that a piece is about was what is claimed to be right."""
        if piece.refused or not claim.evidence:
            return piece.refused and not claim.evidence
        cited = any(meets(_span(one), _span(other)) for one in piece.cited for other in claim.evidence)
        return cited and agreeing(piece.answer, claim.answer)

    def _won(self) -> Claim | None:
        """Return the claim that is confirmed, if one is."""
        strong = [
            (self._voices(claim.behind), claim)
            for claim in self._claims
            if self._voices(claim.behind) >= self._needed and self._voices(claim.behind) > self._against(claim)
        ]
        return max(strong, key=lambda each: each[0])[1] if strong else None

    def _verdict(self, piece: Piece, won: Claim | None) -> Verdict:
        finding = self._findings[piece.feedback]
        verdict = _first(piece, finding, self._cluster)
        mine = next((c for c in self._claims if any(p.feedback == piece.feedback for p in c.behind)), None)
        voices = self._voices(mine.behind) if mine is not None else 0
        if won is not None:
            return self._beside(piece, verdict, mine, won)
        if mine is not None:
            missing = max(1, self._needed - voices)
            contested = self._against(mine) > 0
            reason = "others say otherwise" if contested else f"{missing} more independent opinion needed"
            return _with(verdict, Standing.OPEN, f"{finding.reason} {reason.capitalize()}.", voices)
        if finding.cause in _PLAIN and not piece.correction:
            return _with(verdict, Standing.CONFIRMED, finding.reason, 1)
        if finding.cause is Cause.MISSING:
            missed = self._voices([p for p in self._pieces if self._findings[p.feedback].cause is Cause.MISSING])
            standing = Standing.CONFIRMED if missed >= self._needed else Standing.OPEN
            return _with(verdict, standing, finding.reason, missed)
        return _with(verdict, _WITHOUT_CLAIM.get(finding.cause, Standing.OPEN), finding.reason, 0)

    def _beside(self, piece: Piece, verdict: Verdict, mine: Claim | None, won: Claim) -> Verdict:
        voices = self._voices(won.behind)
        if mine is won:
            return _with(verdict, Standing.CONFIRMED, f"{verdict.reason} {_said(voices)}", voices)
        if mine is None and piece.rating is Rating.DOWN and not piece.correction and not self._gave(piece, won):
            reason = f"{_said(voices)} that another answer is right."
            return _with(verdict, Standing.CONFIRMED, reason.replace("agree. that", "agree that"), voices)
        return dismissed(verdict, Cause.UNFOUNDED, f"{_said(voices)} Something else is right.")


def _said(voices: int) -> str:
    return f"{voices} independent voices agree."


def _with(verdict: Verdict, standing: Standing, reason: str, voices: int) -> Verdict:
    return replace(verdict, standing=standing, reason=reason, voices=voices)


def _span(evidence: Evidence) -> Span:
    return Span(evidence.document, evidence.start, evidence.end)
