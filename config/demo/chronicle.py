"""What became of requests, as rows: collected while it is told, and written all at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from capacity.pools.models import LedgerEntry, LedgerKind
from capacity.regions.models import Region
from capacity.requests.models import (
    CapacityRequest,
    Decision,
    Grant,
    Ranking,
    RequestLine,
    RequestMove,
    RequestRegion,
    RequestState,
)
from capacity.requests.ranking import Ranked
from config.demo.customers import Customer
from journal.models import Entry
from journal.record import new_entry
from kit.copying import copy_in, copy_values, number_rows, set_columns
from users.access import Actor


@dataclass
class Step:
    """One move of a request, as it will be written."""

    state: RequestState
    actor: Actor
    at: datetime
    reason: str = ""


@dataclass
class Story:
    """A request and everything that became of it."""

    row: CapacityRequest
    customer: Customer
    wishes: list[Region]
    filer: Actor
    weight: float
    luck: float
    lines: list[RequestLine] = field(default_factory=list)
    ranked: Ranked | None = None
    steps: list[Step] = field(default_factory=list)
    held: list[LedgerEntry] = field(default_factory=list)
    granted: list[LedgerEntry] = field(default_factory=list)
    first: Decision | None = None

    @property
    def state(self) -> RequestState:
        return self.steps[-1].state

    @property
    def codes(self) -> list[str]:
        return [region.code for region in self.wishes]


class Chronicle:
    """The rows of decisions, promises and journal entries in the order in which they were made."""

    def __init__(self, pool_keys: Mapping[tuple[str, str], int]) -> None:
        self._pool_keys = pool_keys
        self.rankings: list[Ranking] = []
        self.decisions: list[Decision] = []
        self.postings: list[LedgerEntry] = []
        self.grants: list[Grant] = []
        self.entries: list[Entry] = []
        self._grant_of: dict[int, Grant] = {}

    def grants_of(self, story: Story) -> list[Grant]:
        """What was granted to a request, line by line."""
        return [self._grant_of[id(entry)] for entry in story.granted]

    def post(
        self,
        kind: LedgerKind,
        code: str,
        level: str,
        line: RequestLine,
        units: int,
        subject: str,
        actor: Actor,
        at: datetime,
    ) -> LedgerEntry:
        """Promise units of a line in a region."""
        entry = LedgerEntry(
            pool_id=self._pool_keys[code, line.resource.code],
            kind=kind,
            level=level,
            quantity=units,
            subject=subject,
            by_id=actor.user_id,
            at=at,
        )
        self.postings.append(entry)
        return entry

    def give_back(self, entry: LedgerEntry, kind: LedgerKind, actor: Actor, at: datetime) -> None:
        """Release what an entry holds or grants."""
        self.postings.append(
            LedgerEntry(
                pool_id=entry.pool_id,
                kind=kind,
                level=entry.level,
                quantity=entry.quantity,
                subject=entry.subject,
                releases=entry,
                by_id=actor.user_id,
                at=at,
            )
        )

    def keep(self, story: Story, decision: Decision, entries: list[LedgerEntry], at: datetime) -> None:
        """Tell which entry a decision made for each line."""
        for line, entry in zip(story.lines, entries, strict=True):
            grant = Grant(
                request=story.row,
                decision=decision,
                line=line,
                pool_id=entry.pool_id,
                level=entry.level,
                quantity=entry.quantity,
                entry=entry,
                at=at,
            )
            self._grant_of[id(entry)] = grant
            self.grants.append(grant)

    def move(self, story: Story, state: RequestState, actor: Actor, at: datetime, reason: str = "") -> None:
        """Let a request reach a state."""
        story.steps.append(Step(state, actor, at, reason))
        story.row.row_version += 1

    def note(
        self,
        story: Story,
        action: str,
        actor: Actor,
        at: datetime,
        *,
        reason: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Tell the journal of a request."""
        self.entries.append(
            new_entry(
                actor=actor,
                action=action,
                subject_type="request",
                subject_id=story.row.public_id,
                reason=reason,
                before=before,
                after={"request": f"R-{story.row.number}", "state": str(story.state), **(after or {})},
                at=at,
            )
        )

    def store(self, stories: list[Story]) -> None:
        """Write it all; states last and step by step, so that the database checks each."""
        lines = [line for story in stories for line in story.lines]
        number_rows(lines)
        for rows in (self.rankings, self.decisions, self.postings):
            number_rows(rows)
        for story in stories:
            story.row.ranking = story.row.ranking  # the key it has got meanwhile
        for decision in self.decisions:
            decision.ranking, decision.follows = decision.ranking, decision.follows
        for posting in self.postings:
            posting.releases = posting.releases
        for grant in self.grants:
            grant.decision, grant.line, grant.entry = grant.decision, grant.line, grant.entry
        copy_in([story.row for story in stories])
        copy_in(lines)
        copy_values(
            RequestRegion,
            ["request_id", "region_id", "wish"],
            ((story.row.pk, region.pk, wish) for story in stories for wish, region in enumerate(story.wishes, start=1)),
        )
        copy_in(self.rankings)
        copy_in(self.decisions)
        copy_in(self.postings)
        copy_in(self.grants)
        for turn in range(1, max(len(story.steps) for story in stories)):
            set_columns(
                CapacityRequest,
                {"state": "varchar"},
                [(story.row.pk, str(story.steps[turn].state)) for story in stories if turn < len(story.steps)],
            )
        moves = [
            (
                step.at,
                story.row.pk,
                str(before.state) if before else "",
                str(step.state),
                step.actor.user_id,
                step.reason,
            )
            for story in stories
            for before, step in zip([None, *story.steps], story.steps, strict=False)
        ]
        moves.sort(key=lambda move: move[0])
        copy_values(RequestMove, ["at", "request_id", "old_state", "new_state", "by_id", "reason"], moves)
