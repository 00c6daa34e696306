"""When a site may share the likelihood profile of an endpoint.

A profile tells how many events each arm had: towards ever smaller ratios its slope is the number of
events of the treated, towards ever larger ones that of the others, and near the top it bends like
the events of both. With one event it tells the share of the treated among those at risk that day.
So a profile is as small as the counts behind it. OHDSI shares every profile, also those of few
events. Which arm has few events depends on the effect: to leave out sites for it leans the pool, to
leave them out for few events in total next to nothing (`docs/federated.md` has the figures).
"""

from __future__ import annotations

from myelomart.disclosure.policies import Policy
from myelomart.errors import MyelomartError

ALLOWED, TOTAL, ALL = "allowed", "total", "all"
RULES = {
    ALLOWED: "each arm has no event, or as many as the policy's limit",
    TOTAL: "both arms together have as many events as the policy's limit; how few of them are of "
    "one arm can be told",
    ALL: "always, as OHDSI does; how few events there were can be told",
}


def withheld(
    rule: str, policy: Policy, persons: tuple[int, int], events: tuple[int, int]
) -> str | None:
    """Why ``rule`` keeps the profile of two arms at the site, in words without counts; else None.

    >>> from myelomart.disclosure.policies import below
    >>> withheld("allowed", below(11), (200, 200), (30, 4))
    'an arm has fewer events than the policy shows'
    >>> withheld("total", below(11), (200, 200), (30, 4)) is None
    True
    """
    if rule not in RULES:
        raise MyelomartError(f"there is no rule {rule!r} for profiles: {', '.join(RULES)}.")
    if not sum(events):
        return "nobody had the event"
    if rule == ALL:
        return None
    if min(persons) < policy.hides_below:
        return "an arm has fewer persons than the policy shows"
    if policy.is_small(sum(events)):
        return "fewer persons had the event than the policy shows"
    if rule == ALLOWED and any(policy.is_small(count) for count in events):
        return "an arm has fewer events than the policy shows"
    return None
