"""Below each step of a runbook: whether somebody followed it."""

from pathlib import Path

from plumbline.site.proven import Followed, steps_followed, with_proven

EVIDENCE = """\
| Part | Store | What | Outcome |
| --- | --- | --- | --- |
| runbooks | classic | offline-update: Back up (7 s) | right |
| runbooks | containerd | offline-update: Back up (12 s) | right |
| runbooks | classic | offline-update: Install | right |
| runbooks | containerd | offline-update: Install | **wrong** |
| runbooks | classic | offline-install: Back up (99 s) | right |
"""
PAGE = """<h1>Update</h1><p>What it does.</p><h2 id="where">Where</h2>
<h2 id="1">1. Back up<a class="headerlink" href="#1">&para;</a></h2><p>First.</p>
<h2 id="2">2. Install</h2>
<h2 id="3">3. Look</h2>
"""


def test_evidence_tells_of_the_steps_of_one_runbook() -> None:
    assert steps_followed(EVIDENCE, "offline-update") == {
        "Back up": Followed(12, True),
        "Install": Followed(None, False),
    }


def test_each_step_says_whether_it_was_followed() -> None:
    shown = with_proven(PAGE, steps_followed(EVIDENCE, "offline-update"), "../e.html", "2026-01-02, current")
    link = '<a href="../e.html">evidence</a> (2026-01-02, current)'
    first, second, third = (
        part.partition("</p>")[0] for part in shown.split('<p class="proven" data-search-exclude>')[1:]
    )
    assert first == f"<strong>Proven</strong>: it was followed to the letter and took 12 s, {link}."
    assert second == f"<strong>Not proven</strong>: it failed when it was last followed, {link}."
    assert third.startswith("<strong>Not proven</strong>: nobody")


def test_what_was_proven_of_another_state_does_not_pass_for_proven() -> None:
    shown = with_proven(PAGE, steps_followed(EVIDENCE, "offline-update"), "e.html", "2026-01-02, stale")
    assert "<strong>Proven</strong>" not in shown
    assert "<strong>Proven once, not of this state</strong>: it was followed to the letter and took 12 s" in shown


def test_a_runbook_that_nobody_followed_says_so_once() -> None:
    shown = with_proven(PAGE, {}, "e.html", "")
    assert shown.count("Not proven") == 1
    assert shown.index("Not proven") < shown.index("<h2")


def test_pages_of_runbooks_have_it(site: Path) -> None:
    runbooks = site / "operator/runbooks"
    offline = (runbooks / "offline-update.html").read_text("utf-8")
    assert offline.count("it was followed to the letter") == 4
    assert (runbooks / "online-restore.html").read_text("utf-8").count("Not proven") == 1
    assert "Not proven" not in (runbooks / "index.html").read_text("utf-8")
