"""What a page weighs on the wire, and when it can be used, as Chromium counts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

QUIET_MS = 1_500
OBSERVE = """
window.__long = [];
new PerformanceObserver((list) => {
  list.getEntries().forEach((each) => window.__long.push(each.startTime + each.duration));
}).observe({type: "longtask", buffered: true});
"""
READY = """() => {
  const load = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(paint ? paint.startTime : 0, load.domContentLoadedEventEnd, ...window.__long);
}"""


@dataclass
class Weight:
    """Bytes as transferred, requests, and the milliseconds until the last long task was over."""

    bytes: int = 0
    requests: int = 0
    interactive_ms: float = 0.0
    parts: dict[str, int] = field(default_factory=dict)


def weigh(context: Any, address: str, *, slower: int = 1) -> Weight:
    """Open a page with an empty cache on a processor `slower` times as slow, and wait until it is quiet."""
    page, weight, names = context.new_page(), Weight(), {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})

    def asked(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            names[event["requestId"]] = event["request"]["url"].rpartition("/")[2] or "/"
            weight.requests += 1

    def came(event: dict[str, Any]) -> None:
        if event["requestId"] in names:
            weight.bytes += int(event["encodedDataLength"])
            weight.parts[names[event["requestId"]]] = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", came)
    page.add_init_script(OBSERVE)
    page.goto(address, wait_until="load")
    page.wait_for_timeout(QUIET_MS)
    weight.interactive_ms = page.evaluate(READY)
    page.close()
    return weight
