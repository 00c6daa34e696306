"""Which regimen a line gets: on the market, right for the line, new drug classes first."""

from functools import cache

import numpy as np

from myelomart_synthetic.constants import column, day_number, parameter, position, rows

PHASES = ("induction", "relapse", "pomalidomide", "late", "bispecific", "cart", "salvage")


def phase_number(name: str) -> int:
    """Position of a phase in PHASES."""
    return PHASES.index(name)


@cache
def regimen_drugs() -> np.ndarray:
    """Membership matrix, regimens by ingredients."""
    drugs = position("drugs", "ingredient")
    matrix = np.zeros((len(rows("regimens")), len(drugs)), dtype=bool)
    for number, row in enumerate(rows("regimens")):
        for drug in filter(None, row["drugs"].split("+")):
            matrix[number, drugs[drug]] = True
    return matrix


@cache
def regimen_launch() -> np.ndarray:
    """Day from which every drug of a regimen can be had."""
    launch = np.array([day_number(row["launch"]) for row in rows("drugs")])
    return np.where(regimen_drugs(), launch[None, :], day_number("1900-01-01")).max(axis=1)


@cache
def backbone() -> np.ndarray:
    """Ingredients whose first use is worth more than their second."""
    classes = ("imid", "proteasome_inhibitor", "anti_cd38")
    return np.array([row["drug_class"] in classes for row in rows("drugs")])


def choose_regimen(course, phase: np.ndarray, decision: np.ndarray, line: int) -> np.ndarray:
    """Regimen number of each patient's line; -1 where nothing fits."""
    phases = np.array([PHASES.index(row["phase"]) for row in rows("regimens")])
    year = (decision / 365.25 + 1970).astype(np.int64)[:, None]
    allowed = phases[None, :] == phase[:, None]
    salvage = phase == phase_number("salvage")
    offered = {row["regimen"] for row in rows("salvage")}
    offered = np.array([row["regimen"] in offered for row in rows("regimens")])
    allowed |= salvage[:, None] & offered[None, :]
    in_line = (line + 1 >= column("regimens", "line_from")) & (
        line + 1 <= column("regimens", "line_to")
    )
    planned = course.prior_lines >= 0
    allowed &= in_line[None, :] | planned[:, None] | salvage[:, None]
    allowed &= (year >= column("regimens", "year_from")) & (year <= column("regimens", "year_to"))
    allowed &= decision[:, None] >= regimen_launch()[None, :]
    fresh = (backbone() & ~course.exposed).astype(float) @ regimen_drugs().T.astype(float)
    weights = column("regimens", "weight") * allowed * (1 + parameter("novelty_weight") * fresh)
    used = course.regimen[:, :line]
    patient, before = np.nonzero(used >= 0)
    again = ~salvage[patient]
    weights[patient[again], used[patient, before][again]] *= 0.05
    repeated = ~salvage[:, None] & nothing_new(course, line)
    weights = np.where(repeated, weights * parameter("repeated_drugs_weight"), weights)
    weights = np.where(
        phase[:, None] == phase_number("cart"), cart_products(course, allowed), weights
    )
    weights = np.where(salvage[:, None], salvage_weights(course, line) * allowed, weights)
    return course.streams.choice(f"regimen/{line}", weights)


def nothing_new(course, line: int) -> np.ndarray:
    """Regimens all of whose drugs the line before held, its lenalidomide maintenance included."""
    before = regimen_drugs()[np.maximum(course.regimen[:, line - 1], 0)] & (line > 0)
    if line == 1:
        lenalidomide = position("drugs", "ingredient")["lenalidomide"]
        before[:, lenalidomide] |= course.transplant[:, 0] >= 0
    return ~(regimen_drugs()[None, :, :] & ~before[:, None, :]).any(axis=2)


def cart_products(course, allowed: np.ndarray) -> np.ndarray:
    """Weights of the CAR-T products: the trial's own at trial centres, else by label."""
    names = position("regimens", "regimen")
    trial = np.array([row["product"] == "trial" for row in rows("populations")])[course.population]
    cilta = column("populations", "cilta_share")[course.population]
    weights = np.zeros(allowed.shape)
    weights[:, names["trial_cart"]] = trial
    weights[:, names["ide-cel"]] = ~trial * (1 - cilta)
    weights[:, names["cilta-cel"]] = ~trial * cilta * allowed[:, names["cilta-cel"]]
    early = ~trial & ~allowed[:, names["cilta-cel"]]
    weights[:, names["ide-cel"]] += early * cilta
    return weights


@cache
def salvage_table(name: str) -> dict[str, np.ndarray]:
    """Weights and response rates of one salvage table, by regimen number."""
    names = position("regimens", "regimen")
    fields = ("weight_first", "weight_later", "orr_first", "vgpr_first", "orr_later", "vgpr_later")
    table = {field: np.zeros(len(names)) for field in fields}
    for row in rows("salvage"):
        if row["population"] == name:
            for field in fields:
                table[field][names[row["regimen"]]] = float(row[field])
    return table


def salvage_value(course, field: str, line: int) -> np.ndarray:
    """A column of the salvage table that holds for each patient, shape (m, regimens)."""
    names = [row["salvage"] for row in rows("populations")]
    by_population = np.stack(
        [
            np.stack([salvage_table(name)[f"{field}_{time}"] for time in ("first", "later")])
            for name in names
        ]
    )
    later = (line > course.cart_line + 1).astype(int)
    return by_population[course.population, later]


def salvage_weights(course, line: int) -> np.ndarray:
    """Weights of the salvage regimens; no T-cell engager while the planted outcomes run."""
    weights = salvage_value(course, "weight", line).copy()
    blurring = np.array(
        [row["therapy_group"].startswith(("BISPECIFIC", "CAR_T")) for row in rows("regimens")]
    )
    start = np.where(course.seen[:, line - 1] > 0, course.seen[:, line - 1], 0)
    inside = start + 5 <= course.free_from
    weights[inside[:, None] & blurring[None, :]] = 0
    return weights
