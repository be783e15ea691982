"""A chain from one file: all of it or nothing."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest

from stores.models import Area, OpeningHours, SpecialDay, Store
from stores.selectors.export import as_csv, export_rows
from stores.selectors.rules import weeks_of
from stores.services.import_reading import MAX_BYTES, MAX_LINES, ImportRefused
from stores.services.stores_import import ImportReport, import_stores
from tests.stores.conftest import MORNING, Cast

HEADER = "code,name,area,timezone,country,subdivision,opening_hours"
GINZA = 'JP-1,銀座店,東京,Asia/Tokyo,JP,,"Mo-Fr 07:00-20:00; Sa 08:00-12:00,14:00-19:00"'
UENO = "JP-2,上野店,東京,Asia/Tokyo,JP,,Fr-Sa 18:00-02:00"
EMPTY = "JP-3,横浜店,神奈川,Asia/Tokyo,JP,,"


def sheet(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO("\n".join((header, *lines)).encode(encoding))


def run(*lines: str, **kwargs: Any) -> ImportReport:
    header, encoding = kwargs.pop("header", HEADER), kwargs.pop("encoding", "utf-8")
    return import_stores(file=sheet(*lines, header=header, encoding=encoding), at=MORNING, **kwargs)


def chain_of(count: int) -> list[str]:
    return [
        f"JP-{n},Store {n},Area {n % 40},Asia/Tokyo,JP,,Mo-Sa {7 + n % 3:02}:00-20:00" for n in range(count)
    ]


@pytest.mark.django_db
class TestAFileThatStands:
    def test_stores_areas_and_weeks_are_created(self) -> None:
        report = run(GINZA, UENO, EMPTY)
        assert report.created == ("JP-1", "JP-2", "JP-3")
        assert report.new_areas == ("東京", "神奈川")
        assert report.without_hours == ("JP-3",)
        ginza = Store.objects.get(code="JP-1")
        assert (ginza.name, ginza.area.name, ginza.open_buffer_minutes) == ("銀座店", "東京", 30)
        saturday = ((480, 720), (840, 1140))
        assert weeks_of([ginza.pk])[ginza.pk] == (((420, 1200),),) * 5 + (saturday, ())

    def test_second_import_changes_nothing(self) -> None:
        run(GINZA, UENO, EMPTY)
        before = list(OpeningHours.objects.order_by("id").values())
        report = run(GINZA, UENO, EMPTY)
        assert not report.has_changes
        assert report.unchanged == 3
        assert list(OpeningHours.objects.order_by("id").values()) == before

    def test_only_what_differs_is_written(self) -> None:
        run(GINZA, UENO, EMPTY)
        kept = set(OpeningHours.objects.filter(store__code="JP-1").values_list("pk", flat=True))
        report = run(GINZA.replace("銀座店", "銀座本店"), UENO.replace("Fr-Sa", "Sa"), EMPTY)
        assert report.changed == ("JP-1", "JP-2")
        assert Store.objects.get(code="JP-1").name == "銀座本店"
        assert set(OpeningHours.objects.filter(store__code="JP-1").values_list("pk", flat=True)) == kept
        assert OpeningHours.objects.filter(store__code="JP-2").count() == 1

    def test_stores_missing_from_the_file_stay_and_are_counted(self) -> None:
        run(GINZA, UENO)
        report = run(EMPTY)
        assert report.not_in_file == 2
        assert Store.objects.count() == 3

    def test_dry_run_writes_nothing_and_reports_the_same(self) -> None:
        report = run(GINZA, UENO, dry_run=True)
        assert report.created == ("JP-1", "JP-2")
        assert report.is_dry_run
        assert not Store.objects.exists()
        assert not Area.objects.exists()

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
    def test_both_encodings_are_read(self, encoding: str) -> None:
        report = run(GINZA, encoding=encoding)
        assert Store.objects.get().name == "銀座店"
        assert report.encoding == ("Shift_JIS" if encoding == "cp932" else "UTF-8")
        assert bool(report.warnings) == (encoding == "cp932")

    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    def test_delimiter_is_found(self, mark: str) -> None:
        header = HEADER.replace(",", mark)
        run(
            mark.join(["JP-1", "銀座店", "東京", "Asia/Tokyo", "JP", "", '"Mo 07:00-12:00; Tu off"']),
            header=header,
        )
        assert OpeningHours.objects.get().closes_minute == 720

    def test_columns_come_in_any_order_and_unknown_ones_are_named(self) -> None:
        header = "phone,opening_hours,TimeZone,area,name,code,close_buffer_minutes,control"
        report = run("03,Mo 07:00-08:00,Asia/Tokyo,東京,銀座店,JP-1,10,dry_run", header=header)
        store = Store.objects.get()
        assert (store.close_buffer_minutes, store.control) == (10, "DRY_RUN")
        assert "phone" in report.warnings[0]

    def test_empty_optional_cells_keep_what_there_is(self) -> None:
        header = f"{HEADER},open_buffer_minutes,control"
        run(f"{GINZA},15,HANDS_OFF", header=header)
        report = run(f"{GINZA},,", header=header)
        assert not report.has_changes
        store = Store.objects.get()
        assert (store.open_buffer_minutes, store.control) == (15, "HANDS_OFF")

    def test_windows_line_ends_blank_lines_and_trailing_commas_are_fine(self) -> None:
        text = f"{HEADER}\r\n\r\n{UENO},,\r\n,,,,,,\r\n"
        report = import_stores(file=io.BytesIO(text.encode()), at=MORNING)
        assert report.created == ("JP-2",)

    def test_dates_become_special_days(self, cast: Cast) -> None:
        hours = "Mo-Sa 07:00-20:00; 2026 Dec 31 07:00-14:00; Jan 1 off; 2026 Jan 1 off"
        line = f'JP-001,Ginza,Kanto,Asia/Tokyo,JP,,"{hours}"'
        report = run(line, author=cast.hanako)
        assert report.changed == ("JP-001",)
        assert len(report.warnings) == 2
        days = SpecialDay.objects.order_by("on").values_list(
            "on", "kind", "hours", "source", "author__username"
        )
        assert list(days) == [
            (date(2026, 12, 31), "HOURS", [[420, 840]], "IMPORT", "hanako"),
            (date(2027, 1, 1), "CLOSED", [], "IMPORT", "hanako"),
        ]
        assert not run(line).has_changes
        assert run(line.replace("14:00;", "15:00;")).changed == ("JP-001",)
        assert SpecialDay.objects.count() == 2

    def test_export_is_an_import_that_changes_nothing(self) -> None:
        run(GINZA, UENO, EMPTY)
        text = as_csv(export_rows(Store.objects.all()))
        report = import_stores(file=io.BytesIO(text.encode()), at=MORNING)
        assert (report.unchanged, report.has_changes, report.not_in_file) == (3, False, 0)

    def test_queries_do_not_grow_with_the_stores(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(12) as first:
            run(*chain_of(60))
        with django_assert_max_num_queries(12) as second:
            run(*(line.replace("-20:00", "-19:00").replace("Store", "Shop") for line in chain_of(600)))
        with django_assert_max_num_queries(7) as third:
            run(*chain_of(600), dry_run=True)
        assert len(second) <= len(first) + 4
        assert len(third) < len(first)


@pytest.mark.django_db
class TestAFileThatIsRefused:
    def test_broken_line_700_leaves_nothing_changed(self) -> None:
        run(GINZA)
        lines = chain_of(800)
        lines[698] = lines[698].replace("Asia/Tokyo", "Asia/Tokio")
        report = run(*lines)
        assert [(problem.line, problem.column) for problem in report.problems] == [(700, "timezone")]
        assert "Asia/Tokyo or Europe/Paris" in report.problems[0].reason
        assert list(Store.objects.values_list("code", flat=True)) == ["JP-1"]

    def test_every_bad_line_is_named_with_column_and_reason(self) -> None:
        header = f"{HEADER},open_buffer_minutes,close_buffer_minutes,control"
        report = run(
            "JP-1,a,b,Asia/Tokyo,JP,,PH off,,,",
            "JP-1,a,b,Asia/Tokyo,JP,,,,,",
            "J P,,,Tokyo,Japan,tokyo to,,900,x,NEVER",
            "JP-2,a,b",
            "JP-3,a,b,Asia/Tokyo,JP,,Mo 20:00-08:00; Tu 07:00-09:00,,,",
            header=header,
        )
        assert [(problem.line, problem.column) for problem in report.problems] == [
            (2, "opening_hours"),
            (3, "code"),
            (4, "close_buffer_minutes"),
            (4, "area"),
            (4, "code"),
            (4, "name"),
            (4, "timezone"),
            (4, "country"),
            (4, "subdivision"),
            (4, "open_buffer_minutes"),
            (4, "control"),
            (5, ""),
            (6, "opening_hours"),
        ]
        assert "Column 1, “PH”" in report.problems[0].reason
        assert "line 2 already" in report.problems[1].reason
        assert "runs into Tue 07:00" in report.problems[-1].reason
        assert not Store.objects.exists()

    def test_first_hundred_problems_are_told_and_all_are_counted(self) -> None:
        report = run(*(line.replace("Mo-Sa", "PH") for line in chain_of(250)))
        assert (len(report.problems), report.problem_count) == (100, 250)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "empty"),
            (b"\n \n", "empty"),
            (b"code,name\nx,y\n", "Missing: area, timezone, opening_hours"),
            (f"{HEADER},code\n".encode(), "twice: code"),
            (f"{HEADER}\n".encode(), "no store"),
            (HEADER.encode("utf-16"), "not a plain text file"),
            (b"\x7fELF\0\0", "not a plain text file"),
            (HEADER.encode() + b"\nJP-1,caf\xe9", "neither UTF-8 nor Shift_JIS"),
            (HEADER.encode() + b"\n" + b'"' + b"x" * 200_000, "cannot be read as CSV"),
            (HEADER.encode() + b"\n" * (MAX_LINES + 1), "more than 50,000 lines"),
        ],
    )
    def test_what_is_no_store_file_is_refused_with_a_sentence(self, data: bytes, sentence: str) -> None:
        with pytest.raises(ImportRefused, match=sentence):
            import_stores(file=io.BytesIO(data), at=MORNING)

    @pytest.mark.parametrize("is_seekable", [True, False])
    def test_50_megabytes_are_refused_without_being_read(self, is_seekable: bool) -> None:
        file = FiftyMegabytes(is_seekable)
        with pytest.raises(ImportRefused, match="larger than 20 MB"):
            import_stores(file=file, at=MORNING)  # type: ignore[arg-type]
        assert file.taken <= (0 if is_seekable else MAX_BYTES + 1)


class FiftyMegabytes(io.RawIOBase):
    """A file that counts what is read of it."""

    size = 50 * 1024 * 1024

    def __init__(self, is_seekable: bool) -> None:
        self.taken, self._is_seekable = 0, is_seekable

    def seekable(self) -> bool:
        return self._is_seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.size if whence == io.SEEK_END else offset

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read the whole file"
        self.taken += size
        return b"," * size


@pytest.mark.django_db
class TestTheCommands:
    def call(self, *args: Any) -> tuple[int, str, str]:
        from django.core.management import CommandError, call_command

        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*map(str, args), stdout=out, stderr=err)
        except CommandError as error:
            return error.returncode, out.getvalue(), str(error)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    def test_import_says_what_it_did_and_what_a_second_one_did_not(self, tmp_path: Any) -> None:
        file = tmp_path / "chain.csv"
        file.write_bytes(sheet(GINZA, EMPTY).getvalue())
        code, out, _ = self.call("import_stores", file, "--dry-run")
        assert (code, "Dry run" in out, Store.objects.count()) == (0, True, 0)
        code, out, _ = self.call("import_stores", file)
        assert code == 0
        assert "2 created, 0 changed, 0 unchanged." in out
        assert "never start: JP-3" in out
        assert "Nothing changed" in self.call("import_stores", file)[1]

    def test_refusal_goes_to_stderr_with_exit_code_1(self, tmp_path: Any) -> None:
        file = tmp_path / "chain.csv"
        file.write_bytes(sheet(*(["JP-1,a,b,Tokio,JP,,"] * 120)).getvalue())
        code, out, err = self.call("import_stores", file)
        assert (code, out) == (1, "")
        assert "line 2, timezone: “Tokio”" in err
        assert "and 20 more" in err
        code, out, err = self.call("import_stores", file, "--format", "json")
        assert (code, out) == (1, "")
        assert json.loads(err)["problem_count"] == 120

    def test_file_that_cannot_be_read_is_refused_without_a_traceback(self, tmp_path: Any) -> None:
        assert "No such file" in self.call("import_stores", tmp_path / "none.csv")[2]
        assert "Is a directory" in self.call("import_stores", tmp_path)[2]
        (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
        assert self.call("import_stores", tmp_path / "picture.png")[0] == 1

    def test_export_is_csv_or_json_to_a_file_or_the_screen(self, tmp_path: Any) -> None:
        run(GINZA, UENO)
        file = tmp_path / "out.csv"
        assert self.call("export_stores", "--output", file)[0] == 0
        assert file.read_text(encoding="utf-8") == self.call("export_stores")[1]
        rows = json.loads(self.call("export_stores", "--format", "json")[1])
        assert rows[1]["opening_hours"] == "Fr-Sa 18:00-02:00"
        assert self.call("export_stores", "--output", tmp_path)[0] == 1
        assert "Nothing changed" in self.call("import_stores", file)[1]
