"""A theft from the terminal's mouth to the officer's eye: broker, log, detection, ledger, page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.running import TOKEN, Running, free_port
from tests.terminals import Terminals
from tests.timeline import Track


@pytest.mark.service
def test_a_theft_sent_over_mqtt_appears_on_the_open_page_and_can_be_closed(
    tmp_path: Path, look: Callable[..., object]
) -> None:
    port = free_port()
    run = Running(tmp_path, f"[ingest]\nport = {port}")
    run.start()
    # half past a moment ago, so that every fix is live when it comes
    track = Track("湘H-12345", t_ms=int(time.time() * 1000) - 280_000, armed=True, ignition=False)
    terminals = None
    try:
        visit = look(run, locale="zh-CN")
        visit.go(f"#token={TOKEN}")
        page = visit.page
        page.locator(".console").wait_for()
        expect(page.get_by_text("当前没有警情")).to_be_visible()
        terminals = Terminals(port, [track.park(3, every_s=30).ride(6)])
        terminals.wait(60)
        card = page.locator(".card")
        expect(card).to_have_count(1)
        expect(card).to_contain_text("湘H-12345")
        expect(card).to_contain_text("红")
        card.locator("button, .card-body").first.click()
        expect(page.locator(".detail")).to_contain_text("湘H-12345")
        page.get_by_role("button", name="签收").click()
        expect(page.locator(".detail .state")).to_contain_text("已签收")
    finally:
        if terminals is not None:
            terminals.close()
        assert run.stop() == 0
    assert run.tracebacks() == []
    visit.forgive("ERR_CONNECTION_REFUSED|Failed to load resource|ERR_INCOMPLETE_CHUNKED")
