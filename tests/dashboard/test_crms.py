"""Several CRMs on one page: which of them is shown is chosen like everything else."""

from pipelines.place import Place
from tests.dashboard.browser import Shown
from tests.support import records


def test_a_crm_is_chosen_by_its_control_with_its_owners_and_pipelines(whole: Shown) -> None:
    whole.choose("")
    page, everything = whole.page, whole.value("#week", "added") or 0
    page.get_by_label("CRM", exact=True).select_option(label="Deskera")
    assert page.url.endswith("#crm=deskera")
    assert page.get_by_role("status").inner_text() == "Showing Deskera, All owners, All pipelines, 13 weeks."
    theirs = whole.value("#week", "added") or 0
    assert 0 < theirs < everything
    owners = [owner for crm, owner, *_ in whole.embedded()["owners"] if crm == 1]
    page.get_by_role("button", name="Owner All owners").click()
    assert page.locator("#owner-choices label:visible").count() == len(owners)
    page.keyboard.press("Escape")
    assert "Pipedrive" not in whole.text("main"), "whose the names are is plain now"
    page.get_by_label("CRM", exact=True).select_option(label="Pipedrive")
    assert theirs + (whole.value("#week", "added") or 0) == everything


def test_owners_and_a_pipeline_of_another_crm_are_no_longer_chosen(whole: Shown) -> None:
    (theirs, *_) = [owner for crm, owner, *_ in whole.embedded()["owners"] if crm == 1]
    whole.choose(f"owner=2,{theirs}&pipeline=1")
    page = whole.page
    page.get_by_label("CRM", exact=True).select_option(label="Deskera")
    assert page.url.endswith(f"#crm=deskera&owner={theirs}")
    assert page.get_by_label("Pipeline").input_value() == ""
    page.get_by_role("button", name="Clear filters").click()
    assert "#" not in page.url
    assert page.evaluate("document.activeElement.id") == "crm"


def test_types_of_one_name_are_one_type(whole: Shown) -> None:
    types = [name.casefold() for name in whole.embedded()["types"]]
    assert len(types) == len(set(types))
    assert "meeting" in types


def test_data_quality_is_that_of_the_crms_shown(whole: Shown, published: Place) -> None:
    for address, chosen in (("", "true"), ("crm=deskera", "crm = 'deskera'")):
        whole.choose(address)
        rows = records(
            published,
            f"select sum(records)::int as n from rpt_data_quality where {chosen} group by check_name having n > 0",
            reports=True,
        )
        shown = sorted(value or 0 for value in whole.values("#quality-table", "records"))
        assert shown == sorted(row["n"] for row in rows)
        assert shown
