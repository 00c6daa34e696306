"""Treatment by line: all patients at once, one line number after the other."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from myelomart_synthetic.biology import Biology, draw_biology, has_emd
from myelomart_synthetic.constants import column, day_number, parameter, position, rows
from myelomart_synthetic.effects import NEVER, Planted, plant
from myelomart_synthetic.people import MONTH, YEAR, People
from myelomart_synthetic.regimens import PHASES, choose_regimen, phase_number, regimen_drugs
from myelomart_synthetic.responses import draw_response, therapy_duration
from myelomart_synthetic.scenarios import Scenario
from myelomart_synthetic.streams import Streams

MAX_LINES = 22
CAR_T, POMALIDOMIDE = 1, 2


@dataclass
class Course:
    """Arrays over the myeloma patients of a chunk (m) and their lines (m, MAX_LINES).

    `rows` are positions in People. Days are days since 1970-01-01; -1 means there is none.
    `progression` is when the disease grows again, `seen` when the next assessment finds it.
    `arm` is CAR_T or POMALIDOMIDE where the first of the two qualifies, with its day in `index`;
    `assigned` and `decided` are the first such choice and its day, infused or not;
    `clock` is the day from which the planted outcomes run (index, or the decision to treat).
    `penta` is penta-drug refractoriness at the CAR-T infusion.
    `free_from` is the first day on which treatments that would blur the planted outcomes may start;
    `crossover` is how many days after the clock a patient with pomalidomide is infused before it.
    """

    rows: np.ndarray
    streams: Streams
    biology: Biology
    planted: Planted
    last: np.ndarray
    age: np.ndarray
    charlson: np.ndarray
    frailty: np.ndarray
    population: np.ndarray
    prior_lines: np.ndarray
    schedule: np.ndarray
    pomalidomide_line: np.ndarray
    start: np.ndarray = field(init=False)
    end: np.ndarray = field(init=False)
    regimen: np.ndarray = field(init=False)
    response: np.ndarray = field(init=False)
    progression: np.ndarray = field(init=False)
    seen: np.ndarray = field(init=False)
    apheresis: np.ndarray = field(init=False)
    bridging: np.ndarray = field(init=False)
    infusion: np.ndarray = field(init=False)
    transplant: np.ndarray = field(init=False)
    cart_line: np.ndarray = field(init=False)
    arm: np.ndarray = field(init=False)
    assigned: np.ndarray = field(init=False)
    decided: np.ndarray = field(init=False)
    index: np.ndarray = field(init=False)
    clock: np.ndarray = field(init=False)
    free_from: np.ndarray = field(init=False)
    crossover: np.ndarray = field(init=False)
    death: np.ndarray = field(init=False)
    doom: np.ndarray = field(init=False)
    penta: np.ndarray = field(init=False)
    exposed: np.ndarray = field(init=False)
    refractory: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Empty lines and states."""
        count = len(self.rows)
        by_line = ("start", "end", "regimen", "response", "progression", "seen")
        for name in (*by_line, "apheresis", "bridging", "infusion", "transplant"):
            setattr(self, name, np.full((count, MAX_LINES), -1, dtype=np.int64))
        for name in ("cart_line", "index", "clock", "decided"):
            setattr(self, name, np.full(count, -1, dtype=np.int64))
        self.arm = np.zeros(count, dtype=np.int64)
        self.assigned = np.zeros(count, dtype=np.int64)
        self.free_from = np.zeros(count, dtype=np.int64)
        self.death = np.full(count, NEVER)
        self.doom = np.full(count, NEVER)
        self.crossover = np.full(count, NEVER)
        self.penta = np.zeros(count, dtype=bool)
        self.exposed = np.zeros((count, len(rows("drugs"))), dtype=bool)
        self.refractory = np.zeros((count, len(rows("drugs"))), dtype=bool)

    def had(self, drug: str) -> np.ndarray:
        """Whether an ingredient was part of an earlier line."""
        return self.exposed[:, position("drugs", "ingredient")[drug]]

    def had_bispecific(self) -> np.ndarray:
        """Whether any bispecific antibody was part of an earlier line."""
        return self.exposed[:, group_of_drugs("bispecific")].any(axis=1)

    def penta_refractory(self) -> np.ndarray:
        """Two immunomodulatory drugs, two inhibitors, an anti-CD38 (specification studies D3.3)."""
        imid, inhibitor, antibody = (
            self.refractory[:, group_of_drugs(name)].sum(axis=1)
            for name in ("imid", "proteasome_inhibitor", "anti_cd38")
        )
        return (imid >= 2) & (inhibitor >= 2) & (antibody >= 1)


def group_of_drugs(name: str) -> np.ndarray:
    """Numbers of the ingredients of a class."""
    return np.array([n for n, row in enumerate(rows("drugs")) if row["drug_class"] == name])


def simulate(people: People, seed: int, scenario: Scenario) -> Course:
    """The treatment course of every myeloma patient of the chunk."""
    chosen = np.flatnonzero(people.is_myeloma)
    streams = Streams(seed, people.person_id[chosen])
    age = (people.diagnosis[chosen] - people.birth[chosen]) / YEAR
    schedule, pomalidomide_line = schedule_lines(people, chosen, streams)
    course = Course(
        rows=chosen,
        streams=streams,
        biology=draw_biology(people, chosen, streams),
        planted=plant(streams, age, people.charlson[chosen], scenario),
        last=people.last[chosen].copy(),
        age=age,
        charlson=people.charlson[chosen],
        frailty=people.frailty[chosen],
        population=people.population[chosen],
        prior_lines=people.prior_lines[chosen],
        schedule=schedule,
        pomalidomide_line=pomalidomide_line,
    )
    decision = schedule[:, 0].copy()
    for line in range(MAX_LINES):
        active = (decision <= course.last) & (decision < course.death)
        if not active.any():
            break
        decision = next_line(course, decision, active, line, scenario)
    return course


def schedule_lines(people: People, chosen: np.ndarray, streams: Streams):
    """Days on which lines are decided: the first for all, all of them up to CAR-T at the centres.

    The time from the first line to the decision for CAR-T is cut into pieces by gamma-like weights,
    the first line longer than the others. Pomalidomide gets a line at least a year before infusion.
    """
    count, target, prior = len(chosen), people.target[chosen], people.prior_lines[chosen]
    first = people.diagnosis[chosen] + 10 + (30 * streams.uniform("first_dose")).astype(np.int64)
    weight = 0.25 + streams.exponential("line_length", MAX_LINES)
    weight[:, 0] *= parameter("first_line_weight")
    weight *= np.arange(MAX_LINES)[None, :] < prior[:, None]
    wait = int(parameter("vein_to_vein") + parameter("apheresis_wait"))
    room = np.maximum(target - wait - first, 0)[:, None]
    share = np.cumsum(weight, axis=1) / np.maximum(weight.sum(axis=1), 1e-9)[:, None]
    schedule = np.full((count, MAX_LINES), -1, dtype=np.int64)
    schedule[:, 0] = first
    planned = np.arange(1, MAX_LINES)[None, :] <= prior[:, None]
    later = first[:, None] + (room * share[:, :-1]).astype(np.int64)
    schedule[:, 1:] = np.where(planned, later, -1)
    second = np.minimum(schedule[:, 1], np.maximum(target - crossover_days(), first + 60))
    schedule[:, 1] = np.where(planned[:, 0], second, schedule[:, 1])
    number = np.arange(MAX_LINES)[None, :]
    early = (schedule <= (target - crossover_days())[:, None]) & (
        schedule >= day_number("2013-02-08")
    )
    candidates = (number >= 1) & (number < prior[:, None]) & early
    weights = candidates.astype(float)
    return schedule, np.where(target >= 0, streams.choice("pomalidomide_line", weights), -1)


def crossover_days() -> int:
    """Days from pomalidomide to a planned CAR-T: the window of the comparison, and some."""
    return int(parameter("arm_window_days") + parameter("crossover_margin"))


def next_line(course: Course, decision, active, line: int, scenario: Scenario) -> np.ndarray:
    """Give every active patient line `line`; returns the day of the decision after it."""
    streams = course.streams
    phase = choose_phase(course, decision, line)
    regimen = choose_regimen(course, phase, decision, line)
    active = active & (regimen >= 0)
    is_cart = active & (phase == phase_number("cart"))
    after_cart = active & (course.cart_line >= 0)
    natural = np.maximum(decision, course.free_from) + death_wait(course, line)
    natural = np.where(course.doom < NEVER, course.doom, natural)
    scheduled = (course.prior_lines >= 0) & (line < course.prior_lines)
    natural = np.where(scheduled, np.where(course.doom < NEVER, course.doom, NEVER), natural)

    infused, apheresis, infusion = wait_for_infusion(
        course, decision, is_cart, natural, line, scenario
    )
    origin = np.where(infused, infusion, decision)
    next_decision = crossover_decision(course, active, phase, decision, line, scenario)
    crosses = next_decision < NEVER
    first = enter_arm(course, active, infused, phase, origin, decision, scenario)
    natural = np.where(first, course.doom, natural)

    response = draw_response(course, regimen, infused, after_cart, line)
    duration = therapy_duration(course, regimen, infused, after_cart, is_cart & ~infused, line)
    seen = origin + np.minimum(duration, NEVER // 4).astype(np.int64)
    following = seen + 5 + (25 * streams.uniform(f"lag/{line}")).astype(np.int64)
    planned = np.where(scheduled, course.schedule[:, min(line + 1, MAX_LINES - 1)], 0)
    seen = np.where(scheduled, np.maximum(planned - 12, decision + 5), seen)
    following = np.where(scheduled, np.maximum(planned, decision + 10), following)
    seen = np.where(crosses, next_decision - 12, seen)
    following = np.where(crosses, next_decision, following)
    delay = (20 * streams.uniform(f"seen/{line}")).astype(np.int64)
    progression = np.maximum(seen - delay, origin + 1)
    settle_after_cart(course, infused, first, infusion, seen, line)
    death = np.where(course.doom < NEVER, course.doom, natural)
    hospice = active & np.isin(regimen, ending_regimens())
    dies = active & (death < following)
    course.death = np.where(dies | (hospice & (course.doom < NEVER)), death, course.death)

    record = {
        "start": (decision, active),
        "regimen": (regimen, active),
        "response": (response, active),
        "progression": (progression, active),
        "seen": (seen, active),
        "end": (therapy_end(course, decision, seen, line), active),
        "apheresis": (apheresis, is_cart),
        "infusion": (infusion, infused),
        "bridging": (
            apheresis + 3,
            is_cart & (streams.uniform(f"bridging/{line}") < parameter("bridging_share")),
        ),
    }
    for name, (value, where) in record.items():
        target = getattr(course, name)
        target[:, line] = np.where(where, value, target[:, line])
    transplant_in(course, decision, seen, regimen, active, line)
    new = infused & (course.cart_line < 0)
    course.penta = np.where(new, course.penta_refractory(), course.penta)
    course.cart_line = np.where(infused & (course.cart_line < 0), line, course.cart_line)
    given = regimen_drugs()[np.maximum(regimen, 0)] & active[:, None]
    course.exposed |= given & ~(is_cart & ~infused)[:, None]
    stopped = course.end[:, line] < seen - 60
    course.refractory |= given & ~stopped[:, None]
    lost = active & np.isin(regimen, ending_regimens("unknown"))
    course.last = np.where(lost, np.minimum(course.last, decision + 5), course.last)
    return np.where(active & ~dies & ~hospice & ~lost, following, NEVER)


def ending_regimens(*names: str) -> np.ndarray:
    """Numbers of the regimens after which no line follows."""
    wanted = names or ("hospice",)
    return np.array([position("regimens", "regimen")[name] for name in wanted])


def death_wait(course: Course, line: int) -> np.ndarray:
    """Days to death from other lines' hazards: shorter with every line and with frailty."""
    mean = parameter("death_mean_years_line_1") * parameter("death_mean_years_decline") ** line
    wait = course.streams.exponential(f"death/{line}") * mean * YEAR * np.exp(-course.frailty)
    return wait.astype(np.int64) + 1


def wait_for_infusion(course, decision, is_cart, natural, line, scenario):
    """Who is infused, and the days of apheresis and infusion."""
    apheresis, infusion, goes_on = way_to_infusion(course, decision, line)
    infused = is_cart & (infusion < course.last) & goes_on
    before = natural
    if scenario.from_decision:
        planted = course.planted.days(np.ones(len(decision)), decision / YEAR + 1970)[:, 0]
        could_enter = (course.arm == 0) & ~course.had("pomalidomide") & is_cart
        dies = np.where(planted < NEVER, decision + planted, NEVER)
        course.doom = np.where(could_enter, dies, course.doom)
        before = np.where(could_enter, dies, natural)
    return infused & (infusion < before), apheresis.astype(np.int64), infusion


def way_to_infusion(course, decision, line):
    """Days of apheresis and infusion after a decision, and who does not drop out between them."""
    streams = course.streams
    apheresis = decision + (parameter("apheresis_wait") * (0.5 + streams.uniform(f"aph/{line}")))
    gap = parameter("vein_to_vein") + parameter("vein_to_vein_sd") * streams.normal(f"v2v/{line}")
    infusion = (apheresis + np.clip(gap, 21, 100)).astype(np.int64)
    return apheresis, infusion, streams.uniform(f"dropout/{line}") >= parameter("infusion_dropout")


def crossover_decision(course, active, phase, decision, line, scenario) -> np.ndarray:
    """The day on which who begins pomalidomide is chosen for CAR-T all the same, else NEVER.

    Sets the day of that infusion in `crossover`. Only whoever will be followed to it crosses over.
    """
    nobody = np.full(len(decision), NEVER)
    if not scenario.crossover_share:
        return nobody
    streams = course.streams
    wait = parameter("crossover_earliest") + parameter("crossover_spread") * streams.uniform(
        "cross"
    )
    chosen = decision + wait.astype(np.int64)
    _, infusion, goes_on = way_to_infusion(course, chosen, line + 1)
    crosses = active & (phase == phase_number("pomalidomide")) & (course.prior_lines < 0)
    crosses &= (course.arm == 0) & ~course.had("pomalidomide") & ~course.had_bispecific()
    crosses &= (course.cart_line < 0) & (streams.uniform("crosses") < scenario.crossover_share)
    crosses &= goes_on & (infusion < course.last) & (chosen >= parameter("cart_era_start"))
    course.crossover = np.where(crosses, infusion - decision, course.crossover)
    return np.where(crosses, chosen, nobody)


def enter_arm(course, active, infused, phase, origin, decision, scenario) -> np.ndarray:
    """Who enters one of the two arms with this line; sets arm, index, clock, doom and last."""
    pomalidomide = active & (phase == phase_number("pomalidomide"))
    first = active & (course.arm == 0) & ~course.had("pomalidomide") & (course.cart_line < 0)
    first &= ~course.had_bispecific() & (infused | pomalidomide)
    choice = np.where(pomalidomide, POMALIDOMIDE, CAR_T)
    open_choice = active & (course.assigned == 0) & ~course.had("pomalidomide")
    open_choice &= ~course.had_bispecific() & (pomalidomide | (phase == phase_number("cart")))
    course.assigned = np.where(open_choice, choice, course.assigned)
    course.decided = np.where(open_choice, decision, course.decided)
    clock = decision if scenario.from_decision else origin
    course.arm = np.where(first, np.where(infused, CAR_T, POMALIDOMIDE), course.arm)
    course.index = np.where(first, origin, course.index)
    course.clock = np.where(first, clock, course.clock)
    after = course.planted.days(infused.astype(float), origin / YEAR + 1970, course.crossover)[:, 0]
    window = int(parameter("arm_window_days"))
    doom = np.where(after < NEVER, clock + after, NEVER)
    course.doom = np.where(first, doom, course.doom)
    course.free_from = np.where(first, clock + window + 1, course.free_from)
    loses = first & infused & (doom < NEVER)
    loses &= course.streams.uniform("lost_before_event") < scenario.lost_before_event
    before = np.maximum(
        doom - 1 - (30 * course.streams.uniform("lost_days")).astype(np.int64), origin + 1
    )
    course.last = np.where(loses, np.minimum(course.last, before), course.last)
    return first


def settle_after_cart(course, infused, first, infusion, seen, line) -> None:
    """Death after the first CAR-T infusion: without progression, or some time after it."""
    new = infused & (course.cart_line < 0)
    streams = course.streams
    open_end = new & (course.doom >= NEVER)
    population = [row["population"] for row in rows("populations")]
    is_long = course.population == population.index("long_term")
    long_wait = streams.exponential("long_term_death") / parameter("long_term_death_hazard") * MONTH
    remission = (
        streams.exponential("remission_death") / parameter("death_after_remission_rate") * YEAR
    )
    doomed = np.where(is_long, infusion + long_wait, infusion + remission)
    survival = months_after_progression(course, line) * MONTH
    progresses = seen < NEVER // 8
    after = np.where(progresses & ~is_long, np.minimum(doomed, seen + survival), doomed)
    early = (
        streams.uniform("early_death")
        < column("populations", "died_before_progression", 0.0)[course.population]
    )
    early &= course.prior_lines >= 0
    after = np.where(
        early & ~is_long, infusion + 20 + 200 * streams.uniform("early_death_day"), after
    )
    # within the window of the comparison only planted deaths happen; the others wait their time out
    after = np.where(after < course.free_from, course.free_from + after - infusion, after)
    after = np.maximum(after, infusion + 5)
    course.doom = np.where(open_end, after.astype(np.int64), course.doom)


def months_after_progression(course: Course, line: int) -> np.ndarray:
    """Months from progression after CAR-T to death, longer with a response to what follows."""
    before, after = has_emd(course.biology.baseline), has_emd(course.biology.progression)
    medians = column("after_progression", "os_median_months").reshape(2, 2)
    median = medians[before.astype(int), after.astype(int)]
    names = [row["population"] for row in rows("populations")]
    trial = np.where(
        course.penta_refractory(),
        parameter("trial_os_penta_refractory"),
        parameter("trial_os_not_penta_refractory"),
    )
    median = np.where(course.population == names.index("trial"), trial, median)
    rho = parameter("response_death_correlation")
    score = rho * course.streams.normal(f"response/{line + 1}")
    score = score + np.sqrt(1 - rho**2) * course.streams.normal("death_after_progression")
    return median * -np.log(np.clip(1 - ndtr(score), 1e-12, 1)) / np.log(2)


def therapy_end(course: Course, decision, seen, line: int) -> np.ndarray:
    """Last day of therapy: at progression, or some months before for those who stopped."""
    stops = course.streams.uniform(f"stop/{line}") < parameter("treatment_free_share")
    early = np.maximum(seen - int(parameter("treatment_free_days")), decision + 28)
    return np.minimum(np.where(stops, np.minimum(early, seen), seen), decision + 4 * 365)


def transplant_in(course: Course, decision, seen, regimen, active, line: int) -> None:
    """A planned transplant in the first line, one put off to just before CAR-T, or as salvage."""
    put_off = transplant_put_off(course)
    share = column("populations", "transplant_share")[course.population]
    planned = active & (course.streams.uniform("transplant") < share)
    if line == 0:
        fit = planned & (course.age < parameter("transplant_age_limit")) & ~put_off
        day = decision + parameter("transplant_day") + 60 * course.streams.uniform("transplant_day")
        fit &= (day + 30 < seen) & (day < course.death)
    else:
        salvage = active & np.isin(regimen, ending_regimens("autologous", "allogeneic"))
        late = planned & put_off & (line == course.prior_lines - 1) & (course.death > seen)
        day = np.where(late, seen - parameter("transplant_before_next_line"), decision + 5.0)
        fit = salvage | late
    course.transplant[:, line] = np.where(fit, day, -1).astype(np.int64)


def transplant_put_off(course: Course) -> np.ndarray:
    """Whose transplant waits for the last line before CAR-T, in which there is time for it."""
    late = column("populations", "transplant_put_off_share")[course.population]
    last = np.maximum(course.prior_lines - 1, 0)
    row = np.arange(len(last))
    room = course.schedule[row, last + 1] - course.schedule[row, last]
    enough = (course.prior_lines > 1) & (room > 2 * parameter("transplant_before_next_line"))
    return enough & (course.streams.uniform("transplant_put_off") < late)


def choose_phase(course: Course, decision, line: int) -> np.ndarray:
    """Number of the phase in PHASES that each patient's line belongs to."""
    if line == 0:
        return np.zeros(len(course.rows), dtype=np.int64)
    era = decision >= parameter("cart_era_start")
    free = decision > course.free_from
    treated = course.cart_line >= 0
    bispecific = course.had_bispecific()
    naive = (
        parameter("cart_choice_logit")
        + parameter("cart_choice_age") * (course.age - parameter("age_at_diagnosis_mean")) / 10
        + parameter("cart_choice_charlson") * (course.charlson - 1)
        + parameter("cart_choice_transplant") * (course.transplant >= 0).any(axis=1)
    )
    pomalidomide = course.had("pomalidomide")
    cart = np.where(pomalidomide, parameter("cart_after_pomalidomide_logit"), naive)
    weights = np.zeros((len(course.rows), len(PHASES)))
    network = (course.prior_lines < 0) & ~treated

    def put(phase: str, allowed, value) -> None:
        weights[:, phase_number(phase)] = np.where(allowed, value, 0)

    put("relapse", ~treated & (line <= 4), 1)
    put("late", ~treated & (line >= 3), 0.3 if line == 3 else 1)
    put("cart", network & era & free & ~bispecific, np.exp(cart))
    put(
        "pomalidomide",
        network & (decision >= day_number("2013-02-08")) & ~pomalidomide,
        np.exp(parameter("pomalidomide_choice_logit")),
    )
    launch = decision >= day_number("2022-10-25")
    put(
        "bispecific",
        network & launch & free & (line >= 3) & ~bispecific,
        np.exp(parameter("bispecific_choice_logit")),
    )
    put("salvage", treated, 1)
    phase = course.streams.choice(f"phase/{line}", weights)
    planned = course.prior_lines >= 0
    phase = np.where(
        planned & (line == course.pomalidomide_line), phase_number("pomalidomide"), phase
    )
    crossing = (course.crossover < NEVER) & ~treated & (decision < course.free_from)
    phase = np.where(crossing, phase_number("cart"), phase)
    return np.where(planned & (line == course.prior_lines), phase_number("cart"), phase)
