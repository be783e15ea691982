"""Schedules side by side, as a table of docs/savings.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.savings.chain import YEAR, ChainStore
from bench.savings.pure import USD_PER_HOUR, Schedule, StoreYear, store_year
from models_registry.domain.billing import cents
from stores.domain.localtime import day_start

PAGE = Path(__file__).resolve().parents[2] / "docs" / "savings.md"
ARTICLE = Schedule("the article's fixed day, 06:30–19:30, seven days", lead=0, tail=0, fixed=((390, 1170),))
SCHEDULES = (
    ARTICLE,
    Schedule("the article's buffers: 30 min before, 30 min after"),
    Schedule("**learned lead, 30 min after**", learns=True),
    Schedule("30 min before, 10 min after", tail=10),
    Schedule("**learned lead, 10 min after**", learns=True, tail=10),
)
TARGETS = {SCHEDULES[2].name: Decimal("1.06"), SCHEDULES[4].name: Decimal("1.03")}
READY_TARGET = 0.99
HEADER = (
    "| schedule | billed hours | USD | billed ÷ open | ready at opening | latest | open time served |\n"
    "|---|--:|--:|--:|--:|--:|--:|"
)

Runner = Callable[[Callable[[ChainStore], StoreYear], Sequence[ChainStore]], Iterable[StoreYear]]


@dataclass(frozen=True, slots=True)
class Line:
    """One schedule's year over a chain."""

    name: str
    minutes: int
    metered: int
    usd: Decimal
    open_minutes: Decimal
    ready: float
    latest_minutes: int
    served: float

    @property
    def ratio(self) -> Decimal:
        """Billed over open minutes."""
        return self.minutes / self.open_minutes

    def __str__(self) -> str:
        cells = (
            self.name, f"{self.minutes / 60:,.0f}", f"{cents(self.usd):,.0f}", f"{self.ratio:.4f}",
            f"{self.ready:.2%}", f"{self.latest_minutes} min", f"{self.served:.2%}",
        )  # fmt: skip
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True)
class _Of:
    """A year of any store under one schedule, as a value that another process can be sent."""

    schedule: Schedule

    def __call__(self, store: ChainStore) -> StoreYear:
        return store_year(store, self.schedule)


def compare(chain: Sequence[ChainStore], run: Runner = map) -> list[Line]:
    """Return always-on and every schedule, for a chain; `run` may spread stores over processes."""
    lines = [line_of(schedule.name, list(run(_Of(schedule), chain))) for schedule in SCHEDULES]
    return [_always_on(chain, lines[0].open_minutes), *lines]


def line_of(name: str, years: Sequence[StoreYear]) -> Line:
    """Add up the years of stores under one schedule."""
    opened, openings = sum(each.open_seconds for each in years), sum(each.openings for each in years)
    return Line(
        name=name,
        minutes=sum(each.billed_minutes for each in years),
        metered=sum(each.metered_minutes for each in years),
        usd=sum((each.usd for each in years), Decimal(0)),
        open_minutes=Decimal(opened) / 60,
        ready=sum(each.ready for each in years) / openings,
        latest_minutes=-(-max(each.latest_seconds for each in years) // 60),
        served=sum(each.served_seconds for each in years) / opened,
    )


def _always_on(chain: Sequence[ChainStore], open_minutes: Decimal) -> Line:
    minutes = sum(
        int((day_start(zone, date(YEAR + 1, 1, 1)) - day_start(zone, date(YEAR, 1, 1))).total_seconds()) // 60
        for zone in (store.rules.timezone for store in chain)
    )
    usd = minutes * USD_PER_HOUR / 60
    return Line("always on", minutes, minutes, usd, open_minutes, 1.0, 0, 1.0)


def table(lines: Iterable[Line]) -> str:
    """Write the table."""
    return "\n".join([HEADER, *map(str, lines)])


def verdicts(lines: Iterable[Line]) -> list[str]:
    """Say of each figure that has a target whether it is met."""
    said = []
    for line in lines:
        if line.name in TARGETS:
            target = TARGETS[line.name]
            is_met = line.ratio <= target and line.ready >= READY_TARGET
            name = line.name.strip("*")
            said.append(
                f"- {name}: {line.ratio:.4f} (at most {target}), ready {line.ready:.2%} "
                f"(at least {READY_TARGET:.0%}): {'met' if is_met else 'missed'}."
            )
    return said


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with what stands between the marks of a name replaced."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{text}\n{end}{tail}"


def between(page: str, name: str) -> str:
    """Return what stands between the marks of a name."""
    return page.partition(f"<!-- {name}: begin -->\n")[2].partition(f"\n<!-- {name}: end -->")[0]
