"""Look at every lever: do pools count what is measured, and is one to be lifted?"""

from datetime import datetime

from capacity.levers.actions.follow_levers import follow_levers
from capacity.levers.actions.propose_lifts import propose_lifts
from users.access import SYSTEM


def look_at_levers(*, at: datetime) -> None:
    """Let pools follow what levers release, and propose to lift where the condition holds. Nothing is lifted."""
    follow_levers(actor=SYSTEM, at=at)
    propose_lifts(at=at)
