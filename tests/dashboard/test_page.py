"""The page: it runs, it is closed to the outside, and whoever reads it can use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from pipelines.place import Place
from tests.dashboard.browser import Shown, shown
from tests.dashboard.tables import emptied, written
from tests.dashboard.texts import EVIL


def test_the_page_says_nothing_on_the_console_and_asks_nobody_for_anything(
    chromium: Browser, published: Place
) -> None:
    with shown(chromium, published.dashboard) as view:
        view.page.wait_for_selector("#touch-chart svg")
        assert view.page.locator("svg.marks").count() == 3, "each chart is drawn"
        assert view.problems == []
        assert view.requests == [published.dashboard.as_uri()]
        refused = view.page.evaluate("fetch('https://example.com').then(() => 'reached', () => 'refused')")
        assert refused == "refused"
        assert "Content Security Policy" in view.problems[0], "the page's own policy forbids it"


def test_texts_from_the_crm_stay_texts(whole: Shown) -> None:
    whole.choose("crm=pipedrive")
    whole.page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    whole.page.wait_for_selector("#overdue tbody tr")
    visible = " ".join(EVIL.split())
    for part in ("#owners", "#overdue", "#deals"):
        assert visible in " ".join(whole.text(part).split()), part
    whole.page.locator("#done-chart .mark-rect path").first.hover()
    whole.page.wait_for_selector("#vg-tooltip-element.visible")
    assert whole.page.title() == "Sales activity"
    assert whole.page.locator("main img, #vg-tooltip-element img").count() == 0
    assert whole.page.locator("script").count() == 3
    assert whole.problems == []


def test_controls_change_the_numbers_and_the_address(whole: Shown) -> None:
    whole.choose("")
    everything = whole.value("#week", "added")
    page = whole.page
    page.get_by_role("button", name="Owner All owners").click()
    page.get_by_label("Find an owner").fill("same name (2")
    assert page.locator("#owner-choices label:visible").count() == 1
    page.get_by_label("Same Name (2)").check()
    page.keyboard.press("Escape")
    page.get_by_label("Pipeline").select_option(label="Sales · Pipedrive")
    page.get_by_role("radio", name="26").check()
    assert page.url.endswith("#owner=2&pipeline=1&weeks=26")
    assert page.locator("#owners-table tbody tr").count() == 1
    assert (whole.value("#week", "added") or 0) < (everything or 0)
    assert (
        page.get_by_role("status").inner_text()
        == "Showing Same Name (2) · Pipedrive, Sales · Pipedrive, 26 weeks."
    )
    page.get_by_role("button", name="Clear filters").click()
    assert "#" not in page.url
    assert whole.value("#week", "added") == everything


def test_everything_can_be_reached_and_done_with_the_keyboard(chromium: Browser, published: Place) -> None:
    with shown(chromium, published.dashboard) as view:
        page, press = view.page, view.page.keyboard.press

        def focused() -> str:
            return str(page.evaluate("document.activeElement.id || document.activeElement.className"))

        for expected in ("skip", "theme", "crm", "owner"):
            press("Tab")
            assert focused() == expected
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", "where the focus is can be seen"
        press("Enter")
        assert focused() == "owner-search"
        press("Tab")
        press("Space")
        assert page.locator("#owners-table tbody tr").count() == 1
        press("Escape")
        assert focused() == "owner"
        press("Tab")
        assert focused() == "pipeline"
        press("Tab")
        press("ArrowRight")
        assert "weeks=26" in page.url
        page.locator("#owners-table .sort").nth(2).focus()
        press("Enter")
        assert page.locator("#owners-table thead th").nth(2).get_attribute("aria-sort") == "descending"
        assert focused() == "sort", "sorting does not lose the focus"


def test_every_control_has_a_name_and_every_chart_its_numbers(whole: Shown) -> None:
    whole.choose("")
    unnamed = whole.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select')].filter(node =>
            !(node.labels?.length || node.getAttribute('aria-label') || node.getAttribute('aria-labelledby')
            || node.textContent.trim())).map(node => node.outerHTML)"""
    )
    assert unnamed == []
    for landmark in ("header", "main", "footer", "form[aria-label]"):
        assert whole.page.locator(landmark).count() == 1, landmark
    for figure in whole.page.locator("figure").all():
        assert figure.locator(".chart").get_attribute("aria-label")
        figure.locator("details").evaluate("details => { details.open = true }")
        assert figure.get_by_role("table").locator("tbody tr").count() == 13


def test_what_was_opened_stays_open_when_the_choice_changes(whole: Shown) -> None:
    whole.choose("")
    whole.page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    whole.page.wait_for_selector("#overdue tbody tr")
    whole.choose("weeks=26")
    assert whole.page.locator("#done-chart details[open] tbody tr").count() == 26
    assert whole.page.locator("#overdue details[open] tbody tr").count() > 0


@contextmanager
def _everything_open(chromium: Browser, published: Place, **context: Any) -> Iterator[Shown]:
    with shown(chromium, published.dashboard, **context) as view:
        for summary in view.page.locator("details > summary").all():
            summary.click()
        yield view


@pytest.mark.parametrize("width", [320, 360, 768, 1024])
def test_nothing_scrolls_sideways(chromium: Browser, published: Place, width: int) -> None:
    with _everything_open(chromium, published, width=width) as view:
        wider = """() => [...document.querySelectorAll('main *, form *')].filter(node =>
            !node.closest('.scroll, .sr, thead, svg, [hidden]') && node.getBoundingClientRect().right > innerWidth + 1
            ).map(node => node.outerHTML.slice(0, 200))"""
        for choice in ("owner=1&pipeline=2", ""):  # long names in the controls, then everything
            view.choose(choice)
            assert view.page.evaluate("document.documentElement.scrollWidth") == width, choice
            assert view.page.evaluate(wider) == [], choice


CONTRASTS = """() => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = color => color.slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = node => {
        for (let at = node; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const weak = new Set();
    let texts = 0;
    for (const node of document.querySelectorAll('body *')) {
        const has = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
        if (!has || !node.getClientRects().length || node.closest('script, svg, .sr')) continue;
        const [ink, back] = [parse(getComputedStyle(node).color), ground(node)].map(light);
        const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
        texts += 1;
        if (ratio < 4.5) weak.add(`${node.className || node.tagName} ${ratio.toFixed(2)}`);
    }
    return {texts, weak: [...weak]};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_readers_scheme_and_every_text_has_enough_contrast(
    chromium: Browser, published: Place, scheme: str
) -> None:
    with _everything_open(chromium, published, color_scheme=scheme) as view:
        background = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(17, 21, 28)") is (scheme == "dark")
        found = view.page.evaluate(CONTRASTS)
        assert found["texts"] > 300
        assert found["weak"] == []


def test_a_chosen_theme_is_kept_and_paper_is_white(chromium: Browser, published: Place) -> None:
    with shown(chromium, published.dashboard) as view:
        theme = view.page.locator("html")
        view.page.get_by_role("button", name="Dark theme").click()
        assert theme.get_attribute("data-theme") == "dark"
        view.page.reload()
        assert theme.get_attribute("data-theme") == "dark"
        view.page.emulate_media(media="print")
        view.page.wait_for_selector("html[data-theme=light]")


def test_an_account_without_data_gets_a_page_that_says_so(
    chromium: Browser, published: Place, tmp_path: Path
) -> None:
    place = emptied(published, tmp_path)
    written(place)
    with shown(chromium, place.dashboard) as view:
        assert "Nothing to show yet" in view.text("main")
        assert not view.page.locator("#filters").is_visible()
        assert view.problems == []


def test_the_page_says_when_all_was_proved_equal_to_the_crm_if_it_was(
    chromium: Browser, whole: Shown, published: Place, tmp_path: Path
) -> None:
    assert "proved" not in whole.text("#meta"), "nobody has reconciled this account"
    place = emptied(published, tmp_path)
    with duckdb.connect(str(place.reports)) as connection:
        connection.execute("update published set proved_at = '2026-10-01 04:05:00+00'")
    written(place)
    with shown(chromium, place.dashboard) as view:
        assert "proved equal to the CRM at" in view.text("#meta")
        assert "2026-10-01T04:05:00" in str(view.page.locator("#meta time").last.get_attribute("datetime"))


def test_a_choice_that_leaves_nothing_says_so_in_every_part(whole: Shown) -> None:
    assert "none" in [owner for _, owner, *_ in whole.embedded()["owners"]]
    whole.choose("owner=none&pipeline=3&weeks=4")
    for part in ("done", "rates", "overdue", "deals", "touch"):
        assert "in this selection" in whole.text(f"#{part}"), part
    assert whole.text("#week [data-name=completion]") == "–"
    assert whole.problems == []
