"""Who plays in the demonstration. Facts only."""

from __future__ import annotations

from typing import NamedTuple

STORES_CSV = """\
code,name,area,timezone,country,subdivision,opening_hours,control
TYO-01,浅草本店,東京,Asia/Tokyo,JP,13,Mo-Su 07:00-19:00,AUTOMATIC
TYO-02,銀座店,東京,Asia/Tokyo,JP,13,Mo-Fr 08:00-20:00; Sa-Su 09:00-19:00,AUTOMATIC
TYO-03,新宿夜パン店,東京,Asia/Tokyo,JP,13,Mo-Th 11:00-23:00; Fr-Sa 11:00-26:00; Su 11:00-21:00,AUTOMATIC
TYO-04,吉祥寺店,東京,Asia/Tokyo,JP,13,Tu-Su 07:30-18:30,AUTOMATIC
TYO-05,下北沢店,東京,Asia/Tokyo,JP,13,"We-Mo 08:00-12:30,14:00-18:30",AUTOMATIC
TYO-06,羽田空港店,東京,Asia/Tokyo,JP,13,Mo-Su 05:30-22:00,AUTOMATIC
TYO-07,高輪店（開店準備中）,東京,Asia/Tokyo,JP,13,,AUTOMATIC
TYO-08,国立店,東京,Asia/Tokyo,JP,13,Mo-Sa 07:00-18:00,DRY_RUN
OSA-01,梅田店,大阪,Asia/Tokyo,JP,27,Mo-Su 07:30-21:00,AUTOMATIC
OSA-02,心斎橋店,大阪,Asia/Tokyo,JP,27,Mo-Su 10:00-20:00,AUTOMATIC
OSA-03,天王寺店,大阪,Asia/Tokyo,JP,27,Mo-Sa 07:00-19:30,AUTOMATIC
OSA-04,堺店,大阪,Asia/Tokyo,JP,27,"Tu-Su 08:00-13:00,15:00-18:30",AUTOMATIC
SPK-01,札幌大通店,札幌,Asia/Tokyo,JP,01,Mo-Su 08:00-19:00,AUTOMATIC
SPK-02,円山店,札幌,Asia/Tokyo,JP,01,We-Su 08:30-17:30,AUTOMATIC
SPK-03,小樽運河店,札幌,Asia/Tokyo,JP,01,Mo-Su 09:00-18:00,AUTOMATIC
PAR-01,Bastille,Paris,Europe/Paris,FR,,"Tu-Sa 06:30-13:30,15:00-20:00; Su 07:00-13:00",AUTOMATIC
PAR-02,Batignolles,Paris,Europe/Paris,FR,,Mo-Sa 07:00-20:00,AUTOMATIC
PAR-03,Gare de Lyon,Paris,Europe/Paris,FR,,Mo-Su 05:00-22:30,AUTOMATIC
PAR-04,Butte-aux-Cailles,Paris,Europe/Paris,FR,,We-Su 07:00-19:30,AUTOMATIC
NYC-01,Bleecker Street,New York,America/New_York,US,NY,Mo-Su 06:00-18:00,AUTOMATIC
NYC-02,Williamsburg,New York,America/New_York,US,NY,Mo-Fr 07:00-19:00; Sa-Su 08:00-20:00,AUTOMATIC
NYC-03,Grand Central,New York,America/New_York,US,NY,Mo-Fr 05:00-21:00,AUTOMATIC
SAO-01,Pinheiros,São Paulo,America/Sao_Paulo,BR,SP,Mo-Su 06:00-21:00,AUTOMATIC
SAO-02,Vila Madalena,São Paulo,America/Sao_Paulo,BR,SP,Tu-Su 06:30-20:00,AUTOMATIC
"""

POP_UP_CODE = "POP-UP"
POP_UP_NAME = "ポップアップ店（まもなく開店）"
POP_UP_AREA = "東京"
POP_UP_ZONE = "Asia/Tokyo"

SIGN_IN = "hq"
SECOND_SIGN_IN = "hq2"
"""Another person of headquarters, for what wants two."""
PASSWORD = "oven-before-dawn"  # noqa: S105  printed on the screen of a demonstration on this machine


class PersonPart(NamedTuple):
    """Somebody of the demonstration beside headquarters: their role, and its area or store if it has one."""

    sign_in: str
    family_name: str
    given_name: str
    role: str
    area: str = ""
    store: str = ""


PEOPLE = (
    PersonPart("manager", "小川", "美咲", "AREA_MANAGER", area="東京"),
    PersonPart("owner", "田中", "健一", "OWNER", store="TYO-01"),
    PersonPart("analyst", "森", "葵", "ANALYST"),
    PersonPart("viewer", "林", "直樹", "VIEWER", area="大阪"),
)
FLEET_BUDGET_USD, AREA_BUDGET_USD = 12_000, 4_500
LATEST_CLOSING_MINUTE = 26 * 60
YEN_PER_USD = 150
"""A round figure to show yen by, not a rate of any day."""

MISSING_BREAD = "あんドーナツ"
"""What the starved model of the demonstration has seen once."""
NEW_BREAD_CODE = "SPK-01"
"""The store of that model in which trays with this bread wait to be put right."""

QUOTA = 10
"""Running models a region: as many as the demonstration's Rekognition Local allows."""


class ConnectionPart(NamedTuple):
    """An AWS account and region of the demonstration."""

    name: str
    region: str


class DeploymentPart(NamedTuple):
    """A deployment: where, its project, how many versions that has had, units, and its stores by prefix.

    The newest version has really learnt; a starved one has hardly seen the missing bread.
    """

    name: str
    connection: str
    project: str
    versions: int
    units: int
    prefixes: tuple[str, ...]
    is_starved: bool = False


CONNECTIONS = (ConnectionPart("Tokyo", "ap-northeast-1"), ConnectionPart("Ireland", "eu-west-1"))
DEPLOYMENTS = (
    DeploymentPart("kanto-breads", "Tokyo", "kanto-breads", 3, 2, ("TYO-0",)),
    DeploymentPart("kansai-breads", "Tokyo", "kansai-breads", 2, 1, ("OSA-",)),
    DeploymentPart("hokkaido-breads", "Tokyo", "hokkaido-breads", 1, 1, ("SPK-",), is_starved=True),
    DeploymentPart("paris-viennoiserie", "Ireland", "viennoiserie", 2, 1, ("PAR-",)),
    DeploymentPart("americas", "Ireland", "americas", 2, 1, ("NYC-", "SAO-")),
)
POP_UP_DEPLOYMENT = DeploymentPart("pop-up", "Tokyo", "pop-up", 1, 1, (POP_UP_CODE,))
