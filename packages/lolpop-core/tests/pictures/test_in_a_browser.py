"""What a person sees: the pages in headless Chromium, measured there."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import Order, StepGraph, StepSettings
from lolpop.pictures import graph as graphs
from lolpop.pictures import report as reports

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"
MISSING = "no Chromium on PATH; on Debian and Ubuntu: apt-get install -y chromium"

# Runs in the page once it is shown, and leaves what it measured in the page.
MEASURE = """
const area = (each) => { const {x, y, width, height} = each.getBoundingClientRect();
  return [x, y, width, height]; };
const areas = (selector) => [...document.querySelectorAll(selector)].map(area);
const texts = (selector) => [...document.querySelectorAll(selector)]
  .filter((each) => each.checkVisibility()).map((each) => each.textContent);
const inside = [...document.querySelectorAll(".step")].map((step) =>
  [area(step.querySelector(".card")), [...step.querySelectorAll("text")].map(area)]);
const svg = document.querySelector("svg.graph");
document.querySelector(".step")?.dispatchEvent(new FocusEvent("focusin", {bubbles: true}));
const found = {
  names: texts(".step .name"), cards: areas(".step .card"), inside,
  groups: areas(".graph .group rect"),
  svg: svg && area(svg), wide: document.documentElement.scrollWidth,
  loaded: performance.getEntriesByType("resource").map((each) => each.name),
  paper: getComputedStyle(document.documentElement).backgroundColor,
  lit: document.querySelectorAll(".edge.lit").length, violations,
  states: texts("main .state"), errors: texts(".error"),
  open: texts("details[open] > summary .mono"),
  bars: areas(".time .bar"), ink: getComputedStyle(document.querySelector("h1")).color,
};
const note = document.createElement("pre");
note.id = "measured"; note.textContent = JSON.stringify(found); document.body.append(note);
"""
WATCH = """
const violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.blockedURI));
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(MISSING)
    if found is None:
        pytest.skip(MISSING)
    return found


def browse(chromium: str, folder: Path, text: str, *flags: str) -> tuple[dict[str, Any], bytes]:
    """Show a page; give what it measures of itself, and its screenshot."""
    assert "script-src" in text
    watched = re.sub(r"script-src [^;\"]*", "script-src &#x27;unsafe-inline&#x27;", text, count=1)
    watched = watched.replace("<style>", f"<script>{WATCH}</script><style>", 1)
    watched = watched.replace("</body>", f"<script>{MEASURE}</script></body>")
    page, picture = folder / "page.html", folder / "page.png"
    page.write_text(watched, encoding="utf-8")
    places = (f"--user-data-dir={folder / 'profile'}", f"--screenshot={picture}")
    command = [chromium, *FLAGS, *places, "--window-size=1360,1500", *flags, "--dump-dom"]
    done = subprocess.run(
        [*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert measured, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(unescape(measured[1])), picture.read_bytes()


def overlap(one: list[float], other: list[float]) -> bool:
    across = one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
    return across and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]


def within(inner: list[float], outer: list[float]) -> bool:
    return all(
        outer[side] - 1 <= inner[side]
        and inner[side] + inner[side + 2] <= outer[side] + outer[side + 2] + 1
        for side in (0, 1)
    )


def check_picture(seen: dict[str, Any], names: list[str]) -> None:
    """Check that steps are named, stand apart, hold their texts, and nothing is loaded."""
    assert seen["names"] == names
    assert not any(overlap(one, other) for one, other in combinations(seen["cards"], 2))
    assert not any(overlap(one, other) for one, other in combinations(seen["groups"], 2))
    assert all(within(card, seen["svg"]) for card in seen["cards"])
    outside = [(card, text) for card, texts in seen["inside"] for text in texts
               if not within(text, card)]  # fmt: skip
    assert not outside
    assert seen["loaded"] == []
    assert seen["violations"] == []
    assert seen["wide"] <= 1360, "wide pictures scroll in their frame, not the page"


def check_screenshot(picture: bytes) -> None:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1360, 1500)
    assert len(picture) > 20_000, "the screenshot is as good as empty"


def test_the_penguins(
    chromium: str, tmp_path: Path, penguins: StepGraph, settings: dict[str, StepSettings]
) -> None:
    text = graphs.page(penguins, settings, "PenguinRunner")
    seen, picture = browse(chromium, tmp_path, text)
    check_picture(seen, [step.name for step in penguins.steps])
    check_screenshot(picture)
    assert seen["lit"] == 1, "a step that has the focus lights up its edges"
    assert seen["svg"][3] < 1100
    assert seen["paper"] == "rgb(247, 247, 245)"


@pytest.mark.parametrize("order", Order)
def test_sixty_steps_in_twelve_groups(
    chromium: str, tmp_path: Path, grouped: Any, order: Order
) -> None:
    graph = grouped(12, order)
    seen, picture = browse(chromium, tmp_path, graphs.page(graph, {}, "BigRunner"))
    check_picture(seen, [step.name for step in graph.steps])
    check_screenshot(picture)
    assert len(seen["groups"]) == 12
    assert seen["svg"][2] < 1296, "no need to scroll sideways"


def test_a_failed_run_in_the_dark(
    chromium: str, tmp_path: Path, failed: reports.RunReport, penguins: StepGraph
) -> None:
    seen, picture = browse(chromium, tmp_path, reports.page(failed), DARK)
    check_picture(seen, [step.name for step in penguins.steps])
    check_screenshot(picture)
    assert seen["states"] == [
        "✓ succeeded", "✓ succeeded", "✓ succeeded",
        "✗ failed", "✗ failed", "✗ failed", "✗ failed",
        *["» skipped"] * 4,
    ]  # fmt: skip
    assert seen["errors"] == ["ValueError: Input X contains NaN."] * 4
    assert seen["open"] == ["train.fit"]
    assert len(seen["bars"]) == 7
    assert not any(overlap(one, other) for one, other in combinations(seen["bars"], 2))
    assert (seen["paper"], seen["ink"]) == ("rgb(21, 23, 27)", "rgb(233, 234, 238)")


def test_the_report_needs_no_script(
    chromium: str, tmp_path: Path, failed: reports.RunReport
) -> None:
    text = reports.page(failed)
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(text, encoding="utf-8")
    places = (f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}")
    light = (*FLAGS, *places, "--window-size=1360,1500", "--dump-dom", page.as_uri())
    done = subprocess.run(
        [chromium, *light], capture_output=True, text=True, timeout=120, check=True
    )
    assert "<script" not in done.stdout
    assert "train.fit</code></a> failed after 3 attempts" in done.stdout
    check_screenshot(picture.read_bytes())


def test_without_a_browser_the_tests_say_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = chromium.__wrapped__ if hasattr(chromium, "__wrapped__") else chromium
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install -y chromium"):
        find()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install -y chromium"):
        find()
