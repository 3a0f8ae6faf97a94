"""What two versions of the policy say differently, sentence by sentence."""

from dataclasses import dataclass

from priorities.policy.sentences import Sentence, sentences
from priorities.policy.version import Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """One topic on which two versions differ: what the old one says, what the new one says; None is nothing."""

    old: Sentence | None
    new: Sentence | None

    @property
    def section(self) -> str:
        """The heading under which the topic stands."""
        return (self.new or self.old or Sentence("")).section


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """What differs, in the reading order of the new version, what it leaves out last in each section."""
    said_old = {sentence.topic: sentence for sentence in sentences(old)}
    said_new = {sentence.topic: sentence for sentence in sentences(new)}
    found = [
        Difference(said_old.get(topic), sentence)
        for topic, sentence in said_new.items()
        if said_old.get(topic) != sentence
    ]
    found += [Difference(sentence, None) for topic, sentence in said_old.items() if topic not in said_new]
    order_old, order_new = _clauses(old, new), _clauses(new, old)
    if order_old != order_new:
        found.append(
            Difference(
                Sentence("clause_order", {"clauses": order_old}, "criteria"),
                Sentence("clause_order", {"clauses": order_new}, "criteria"),
            )
        )
    reading = {section: place for place, section in enumerate(dict.fromkeys(s.section for s in said_new.values()))}
    return tuple(sorted(found, key=lambda one: reading.get(one.section, len(reading))))


def _clauses(policy: Policy, other: Policy) -> list[str]:
    """The clauses that both have, in the order of the first."""
    common = {rule.clause for rule in other.rules}
    return [rule.clause for rule in policy.rules if rule.clause in common]
