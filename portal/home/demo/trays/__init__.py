"""Baker's trays, photographed from above: drawn by arithmetic, with the exact box of every bread."""

from portal.home.demo.trays.breads import BREADS, Bread, breads_named
from portal.home.demo.trays.manifest import write_trays
from portal.home.demo.trays.scene import Tray, TrayItem, render_tray

__all__ = ["BREADS", "Bread", "Tray", "TrayItem", "breads_named", "render_tray", "write_trays"]
