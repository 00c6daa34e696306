"""How deep a response is and how long it lasts: one latent score makes both go together."""

import numpy as np
from scipy.special import ndtr

from myelomart_synthetic.biology import has_emd
from myelomart_synthetic.constants import column, parameter, position, quantile, rows
from myelomart_synthetic.effects import NEVER
from myelomart_synthetic.people import MONTH
from myelomart_synthetic.regimens import salvage_value

NO_RESPONSE, STABLE, PARTIAL, VERY_GOOD, COMPLETE, STRINGENT = range(6)
NAMES = ("PD", "SD", "PR", "VGPR", "CR", "sCR")


def draw_response(course, regimen, infused, after_cart, line: int) -> np.ndarray:
    """Best response of the line, a position in NAMES."""
    chosen = np.maximum(regimen, 0)
    overall = column("regimens", "orr")[chosen]
    complete = column("regimens", "cr_share")[chosen]
    very_good = complete + parameter("vgpr_share_of_rest") * (overall - complete)
    salvage = after_cart & (line > course.cart_line)
    pick = np.arange(len(chosen)), chosen
    overall = np.where(salvage, salvage_value(course, "orr", line)[pick], overall)
    very_good = np.where(salvage, salvage_value(course, "vgpr", line)[pick], very_good)
    complete = np.where(salvage, very_good * parameter("salvage_cr_of_vgpr"), complete)
    first = infused & (course.cart_line < 0)
    rates = cart_rates(course, chosen)
    overall, very_good, complete = (
        np.where(first, rate, other)
        for rate, other in zip(rates, (overall, very_good, complete), strict=True)
    )
    level = ndtr(course.streams.normal(f"response/{line}"))
    stringent = complete * parameter("stringent_share")
    steps = [
        parameter("stable_share") * (1 - overall) + overall,
        overall,
        very_good,
        complete,
        stringent,
    ]
    return sum((level > 1 - step).astype(np.int64) for step in steps)


def cart_rates(course, regimen) -> tuple[np.ndarray, ...]:
    """Shares with PR, VGPR and CR or better after CAR-T, by population, product and EMD."""
    table = {}
    for row in rows("cart_response"):
        key = (row["population"], row["product"], row["emd_baseline"], row["progresses"])
        table[key] = tuple(float(row[name]) for name in ("orr", "vgpr", "cr"))
    names = [row["population"] for row in rows("populations")]
    cilta = regimen == position("regimens", "regimen")["cilta-cel"]
    emd, onward = has_emd(course.biology.baseline), progresses(course, regimen)
    result = np.zeros((3, len(regimen)))
    for (name, product, soft, grows), rates in table.items():
        here = (course.population == names.index(name)) & (emd == (soft == "1"))
        if product != "any":
            here &= cilta == (product == "cilta_cel")
        if name in ("commercial", "trial"):
            here &= onward == (grows == "1")
        result[:, here] = np.array(rates)[:, None]
    return tuple(result)


def progresses(course, regimen) -> np.ndarray:
    """Whether the disease ever progresses after CAR-T, in populations with a printed share."""
    cilta = regimen == position("regimens", "regimen")["cilta-cel"]
    share = np.where(
        cilta,
        column("populations", "progressed_cilta", 1.0)[course.population],
        column("populations", "progressed_ide", 1.0)[course.population],
    )
    return course.streams.uniform("progresses") < share


def therapy_duration(course, regimen, infused, after_cart, dropped, line: int) -> np.ndarray:
    """Days from the line's origin until the progression is seen; NEVER if it does not come."""
    chosen, streams = np.maximum(regimen, 0), course.streams
    rho = parameter("response_time_correlation")
    score = rho * streams.normal(f"response/{line}")
    noise = streams.normal(f"duration/{line}")
    next_after = after_cart & (line == course.cart_line + 1)
    mixed = parameter("pfs_death_correlation")
    shared = mixed * streams.normal("death_after_progression") + np.sqrt(1 - mixed**2) * noise
    score = score + np.sqrt(1 - rho**2) * np.where(next_after, shared, noise)
    uniform = np.clip(ndtr(score), 1e-9, 1 - 1e-9)
    clock = -np.log1p(-uniform) / np.log(2)

    shape = column("regimens", "weibull_shape")[chosen]
    median = column("regimens", "median_pfs_days")[chosen] * np.where(dropped, 0.3, 1)
    days = 20 + median * clock ** (1 / shape) * np.exp(-0.5 * course.frailty)
    days = np.where(after_cart, salvage_days(course, chosen, clock, line), days)
    new = infused & (course.cart_line < 0)
    return np.where(new, cart_days(course, chosen, uniform, days), days)


def cart_days(course, regimen, uniform, days) -> np.ndarray:
    """Days from infusion to progression at the centres; elsewhere as the regimen's row says."""
    names = [row["population"] for row in rows("populations")]
    onward = progresses(course, regimen)
    for name in ("commercial", "trial"):
        here = course.population == names.index(name)
        months = quantile(f"{name}_months_to_progression", uniform)
        days = np.where(here, np.where(onward, np.ceil(months * MONTH), NEVER), days)
    long_term = -np.log1p(-uniform) / parameter("long_term_pd_hazard") * MONTH
    return np.where(course.population == names.index("long_term"), np.ceil(long_term), days)


def salvage_days(course, regimen, clock, line: int) -> np.ndarray:
    """Days to the next progression after CAR-T has failed.

    The first salvage line of progression_patterns runs from progression after CAR-T, that of
    salvage_after_cart from its own start.
    """
    names = [row["population"] for row in rows("populations")]
    baseline = has_emd(course.biology.baseline).astype(int)
    later = has_emd(course.biology.progression).astype(int)
    medians = column("after_progression", "pfs_median_months").reshape(2, 2)[baseline, later]
    cart = np.maximum(course.cart_line, 0)
    origin = course.seen[np.arange(len(cart)), cart]
    elapsed = np.maximum(course.seen[:, line - 1] - origin, 0) + parameter("lag_to_salvage")
    first = np.maximum(medians * clock * MONTH - elapsed, 12)
    engager = np.array(
        [row["therapy_group"].startswith(("BISPECIFIC", "CAR_T")) for row in rows("regimens")]
    )[regimen]
    median = np.where(
        engager, parameter("trial_salvage_pfs_t_cell"), parameter("trial_salvage_pfs")
    )
    trial = np.maximum(median * clock * MONTH, 12)
    first = np.where(course.population == names.index("trial"), trial, first)
    after = np.maximum(parameter("later_salvage_pfs") * clock * MONTH, 12)
    return np.where(line == course.cart_line + 1, first, after)
