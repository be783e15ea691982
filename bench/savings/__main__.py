"""Write docs/savings.md anew: `python -m bench.savings hours.csv --write` (without --write it only prints).

1. Every store of the chain, a whole year, five schedules, through the portal's own decisions (`pure`).
2. A dozen of them, the same year, through the portal itself on PostgreSQL with Rekognition Local over HTTP
   (`portal`): its ledger must be the pure one run for run, and the meter must agree.
3. The made-up chain, which a test regenerates.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path

from bench._ground import portal
from bench.savings.chain import YEAR, ChainStore, made_up_chain, read_chain
from bench.savings.pure import FIRST, UNTIL, Schedule, store_year
from bench.savings.table import PAGE, SCHEDULES, Line, compare, replaced, table, verdicts

YEAR_SECONDS = UNTIL - FIRST


def main() -> None:
    said = _arguments()
    chain = read_chain(said.hours)[: said.stores]
    texts = {"chain": _chain_text(chain, said), "made-up": table(compare(made_up_chain()))}
    print(texts["chain"])
    if said.portal_stores:
        texts["portal"] = _portal_text(
            chain[:: max(1, len(chain) // said.portal_stores)][: said.portal_stores]
        )
        print(texts["portal"])
    if said.write:
        page = PAGE.read_text(encoding="utf-8")
        for name, text in texts.items():
            page = replaced(page, name, text)
        PAGE.write_text(page, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.savings", description=__doc__)
    parser.add_argument("hours", type=Path, help="a CSV with code, timezone, country and opening_hours")
    parser.add_argument("--stores", type=int, help="only the first so many")
    parser.add_argument(
        "--portal-stores", type=int, default=12, help="so many through the portal; 0 for none"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/savings.md")
    return parser.parse_args()


def _chain_text(chain: Sequence[ChainStore], said: argparse.Namespace) -> str:
    begun = time.monotonic()
    with Pool(said.processes) as pool:
        lines = compare(chain, lambda work, stores: pool.map(work, stores, chunksize=8))
    taken = time.monotonic() - begun
    command = f"python -m bench.savings {said.hours.name} --write"
    facts = (
        f"`{command}`: {len(chain)} stores, {YEAR}, five schedules in {taken:,.0f} s on "
        f"{said.processes} processes, each year {YEAR_SECONDS * len(SCHEDULES) / taken:,.0f} × real time."
    )
    return "\n".join([facts, "", table(lines), "", *verdicts(lines), "", _meter_text(lines)])


def _meter_text(lines: Sequence[Line]) -> str:
    scheduled = lines[1:]
    billed, metered = sum(line.minutes for line in scheduled), sum(line.metered for line in scheduled)
    return (
        f"Over all schedules the ledger bills {billed:,} minutes and the meter reads {metered:,}: "
        f"{abs(billed - metered) / metered:.4%} apart. The portal sees RUNNING at its next tick, up to five "
        "seconds after it began; now and then that is a minute less."
    )


def _portal_text(stores: Sequence[ChainStore]) -> str:
    plan: list[tuple[ChainStore, Schedule]] = [
        (store, SCHEDULES[4 if index % 2 else 2]) for index, store in enumerate(stores)
    ]
    with portal(), tempfile.TemporaryDirectory() as folder:
        from bench.savings.portal import portal_year

        seen = portal_year(plan, Path(folder), first=FIRST, until=UNTIL)
    same_runs = same_minutes = runs = 0
    for store, schedule in plan:
        pure = store_year(store, schedule)
        mine = [(run.requested_at, run.running_at, run.stopping_at) for run in pure.ledger]
        runs += len(mine)
        same_runs += sum(one == other for one, other in zip(mine, seen.ledgers[store.code], strict=False))
        same_minutes += pure.metered_minutes == seen.metered_minutes[store.code]
    return (
        f"{len(plan)} of these stores, the same year, half with each closing buffer, through the portal: "
        f"{seen.ticks:,} ticks in {seen.real_seconds:,.0f} s, "
        f"{seen.simulated_seconds / seen.real_seconds:,.0f} × real time. "
        f"{same_runs:,} of {runs:,} runs in its ledger are the pure ones to the second, and "
        f"Rekognition Local's meter reads the same minutes for {same_minutes} of {len(plan)} stores."
    )


if __name__ == "__main__":
    main()
