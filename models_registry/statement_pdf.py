"""A statement as one page of A4, by reportlab. Japanese is set in a CID font that every PDF reader brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from django.utils import translation
from django.utils.translation import gettext, ngettext
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from models_registry.domain.reasons import WISH_SENTENCES
from models_registry.domain.statement import Statement
from models_registry.domain.variance import Cause
from models_registry.views.spend_words import WORDS
from portal.base.instants import plain_instant
from portal.base.showing import locale, show_day, show_usd
from stores.domain.localtime import zone

JAPANESE, LATIN, LATIN_BOLD = "HeiseiKakuGo-W5", "Helvetica", "Helvetica-Bold"
MARGIN, WIDTH, HEIGHT = 18 * mm, A4[0], A4[1]
INK, SOFT, LINE, ACCENT = HexColor("#1c1917"), HexColor("#78716c"), HexColor("#d6d3d1"), HexColor("#b45309")
MOST_ROWS = 5
CAUSES: dict[str, Callable[[], str]] = {
    "HOURS": lambda: gettext("opening hours"),
    "SPECIAL_DAY": lambda: gettext("special day"),
    "OVERRIDE_RUN": lambda: gettext("override"),
    "OUTSIDE": lambda: gettext("started outside the portal"),
    "PROMOTION": lambda: gettext("new version taking over"),
    "TRIAL": lambda: gettext("trial on stored photos"),
}
Row = Sequence[str]


def statement_pdf(statement: Statement, *, language: str, compressed: bool = True) -> bytes:
    """Return the page in a language. No I/O; about 10 ms."""
    pdfmetrics.registerFont(UnicodeCIDFont(JAPANESE))
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, pageCompression=int(compressed), invariant=1)
    with translation.override(language):
        _Page(canvas, statement).draw()
    canvas.showPage()
    canvas.save()
    return file.getvalue()


class _Page:
    """A pen that goes down the page."""

    def __init__(self, canvas: Any, statement: Statement) -> None:
        self.canvas, self.statement = canvas, statement
        self.y = HEIGHT - MARGIN

    def draw(self) -> None:
        said = self.statement
        month = str(format_skeleton("yMMMM", said.month, locale=locale()))
        title = gettext("Statement for %(month)s") % {"month": month}
        self.canvas.setTitle(f"{said.code} {title}")
        self.text(MARGIN, title, size=18, bold=True)
        self.down(7)
        self.text(MARGIN, f"{said.name}  {said.code}  {said.area}", size=11)
        self.down(5)
        made = plain_instant(said.made_at.astimezone(zone(said.timezone)))
        status = gettext("final") if said.is_final else gettext("to date; the month is not over")
        self.text(MARGIN, gettext("Made %(at)s, %(status)s") % {"at": made, "status": status}, colour=SOFT)
        self.down(11)
        self.tiles()
        self.allocations()
        self.prices_and_causes()
        self.days()
        self.foot()

    def tiles(self) -> None:
        minutes, overhead, usd = self.statement.shown_total()
        tiles = (
            (gettext("Total"), show_usd(usd)),
            (gettext("Unit minutes"), _number(minutes)),
            (gettext("of which overhead"), _number(overhead)),
            (gettext("Runs"), _number(self.statement.runs)),
            (gettext("STARTING, not billed"), _hours(self.statement.starting)),
        )
        step = (WIDTH - 2 * MARGIN) / len(tiles)
        for index, (label, value) in enumerate(tiles):
            self.text(MARGIN + index * step, label, size=8, colour=SOFT)
            self.y -= 6 * mm
            colour = ACCENT if index == 0 else INK
            self.text(MARGIN + index * step, value, size=14, bold=True, colour=colour)
            self.y += 6 * mm
        self.down(15)

    def allocations(self) -> None:
        rows = [
            (
                each.deployment,
                ngettext("%(count)d store", "%(count)d stores", each.stores) % {"count": each.stores},
                _percent(each.share),
                _number(minutes),
                show_usd(usd),
            )
            for each, minutes, usd in self.statement.shown_allocations()
        ]
        head = (gettext("Deployment"), gettext("shared by"), gettext("this store’s part"),
                gettext("Unit minutes"), "USD")  # fmt: skip
        self.table(gettext("Allocation"), (MARGIN, 78, 105, 137, 174), head, _most(rows))

    def prices_and_causes(self) -> None:
        top = self.y
        prices = [
            (rate.region or gettext("every region"), f"{rate.valid_from:%Y-%m-%d}",
             show_usd(rate.usd_per_hour))
            for rate in self.statement.prices
        ]  # fmt: skip
        head = (gettext("Region"), gettext("From"), gettext("USD an hour"))
        self.table(gettext("Prices"), (MARGIN, 48, 76), head, _most(prices))
        after, self.y = self.y, top
        causes = [(_cause(each.code), each.author, _number(each.runs)) for each in self.statement.causes]
        head = (gettext("Why it was started"), gettext("by"), gettext("Runs"))
        self.table(gettext("Causes"), (102 * mm, 150, 174), head, _most(causes), right=2)
        self.y = min(after, self.y)
        deviations = [
            (gettext(WORDS[Cause(each.cause)]), each.who, show_usd(each.usd))
            for each in self.statement.deviations
        ]
        if deviations:
            head = (gettext("Why it differs from the plan"), gettext("by"), "USD")
            title = gettext("Difference from the plan")
            self.table(title, (MARGIN, 110, 174), head, _most(deviations), right=2)

    def days(self) -> None:
        shown = [
            (show_day(on), _number(minutes), _number(overhead), show_usd(usd))
            for on, (minutes, overhead, usd) in self.statement.shown_days().items()
        ]
        half = max(-(-len(shown) // 2), 1)
        head = (gettext("Day"), gettext("Unit minutes"), gettext("overhead"), "USD")
        top = self.y
        self.table(gettext("Days"), (MARGIN, 42, 58, 76), head, shown[:half])
        after, self.y = self.y, top
        if shown[half:]:
            self.table("", (102 * mm, 136, 155, 174), head, shown[half:])
        self.y = min(after, self.y)

    def foot(self) -> None:
        self.y = MARGIN + 8 * mm
        self.text(MARGIN, gettext(
            "A run is billed by begun minutes of RUNNING and inference unit, at the price of its beginning."
        ), size=7.5, colour=SOFT)  # fmt: skip
        self.down(4)
        self.text(MARGIN, gettext(
            "A minute is shared by the stores that needed it; overhead is the share of minutes nobody needed."
        ), size=7.5, colour=SOFT)  # fmt: skip

    def table(
        self, title: str, at: Sequence[float], head: Row, rows: Iterable[Row], *, right: int = 1
    ) -> None:
        """Draw rows; the first column begins at at[0] points, from `right` on they end at millimetres."""
        self.text(at[0], title or " ", size=11, bold=True)
        self.down(6)
        self.row(at, head, right, size=7.5, colour=SOFT)
        self.down(1.6)
        self.canvas.setStrokeColor(LINE)
        self.canvas.line(at[0], self.y, at[-1] * mm + MARGIN, self.y)
        self.down(4.2)
        for row in rows:
            self.row(at, row, right, size=8.5)
            self.down(4.7)
        self.down(5)

    def row(self, at: Sequence[float], cells: Row, right: int, **style: Any) -> None:
        for index, (place, cell) in enumerate(zip(at, cells, strict=True)):
            if index == 0:
                self.text(place, cell, **style)
            elif index < right:
                self.text(place * mm, cell, **style)
            else:
                self.text(place * mm + MARGIN, cell, is_right=True, **style)

    def text(
        self, x: float, text: str, *, size: float = 9, bold: bool = False, colour: Any = INK,
        is_right: bool = False,
    ) -> None:  # fmt: skip
        self.canvas.setFont(_font(text, bold), size)
        self.canvas.setFillColor(colour)
        (self.canvas.drawRightString if is_right else self.canvas.drawString)(x, self.y, text)

    def down(self, millimetres: float) -> None:
        self.y -= millimetres * mm


def _font(text: str, bold: bool) -> str:
    """Return Helvetica for what it has letters for, else the Japanese font."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return JAPANESE
    return LATIN_BOLD if bold else LATIN


def _most(rows: Sequence[Row]) -> list[Row]:
    """Keep the page one page: the first rows, and how many more there are."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    more = gettext("and %(count)d more") % {"count": len(rows) - MOST_ROWS + 1}
    return [*rows[: MOST_ROWS - 1], (more, *[""] * (len(rows[0]) - 1))]


def _cause(code: str) -> str:
    return CAUSES[code]() if code in CAUSES else code if code in WISH_SENTENCES else gettext("other")


def _number(value: Decimal | int) -> str:
    return str(format_decimal(value, format="#,##0", locale=locale()))


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else str(format_percent(share, format="#,##0.0%", locale=locale()))


def _hours(taken: timedelta) -> str:
    hours = format_decimal(taken.total_seconds() / 3600, format="#,##0.0", locale=locale())
    return gettext("%(hours)s h") % {"hours": hours}
