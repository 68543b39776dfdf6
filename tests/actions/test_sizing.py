"""Size advice (flow F9): from the chart, both when between two, none without a chart; a form left for it is taken up again."""

from __future__ import annotations

from typing import Any

import pytest

from actions.sizing import ActionAdviseSize, ActionChooseSize, ActionShowSizeChart, ActionTellFit, AskSizeProduct, ValidateSizeForm
from tests.actions.support import changed, next_action, rows, run, said, turn

SIZES = ("XS", "XXL", "XL", "S码", "M码", "L码", "26码", "27码", "28码", "29码", "30码", "31码")


def opened(form: str) -> dict[str, Any]:
    return {"event": "active_loop", "name": form, "timestamp": 0}


@pytest.mark.parametrize(
    ("product", "known", "row", "size"),
    [
        ("p1001", {"height": 158.0, "weight": 98.0}, "sz_01", "M码"),
        ("p1001", {"height": 165.0, "weight": 115.0}, "sz_01", "L码"),
        ("p1003", {"waist": 72.0, "hip": 92.0}, "sz_01", "28码"),
        ("p1003", {"weight": 110.0, "waist": 71.0}, "sz_01", "28码"),
        ("p1002", {"height": 170.0, "weight": 120.0}, "sz_01", "L码"),
    ],
)
async def test_one_size_fits(product: str, known: dict[str, float], row: str, size: str) -> None:
    _, messages = await run(ActionAdviseSize(), turn("ask_size", slots={"product_id": product, **known}))
    assert rows(messages) == [row]
    assert messages[0]["size"] == size
    assert messages[0]["size_reason"]


async def test_between_two_sizes_both_are_named_with_the_difference() -> None:
    slots = {"product_id": "p1001", "height": 161.0, "weight": 106.0}
    events, messages = await run(ActionAdviseSize(), turn("give_measurements", slots=slots))
    assert rows(messages) == ["sz_03"]
    assert messages[0]["sizes"] == "M码和L码"
    assert "胸围" in messages[0]["size_difference"]
    assert changed(events)["open_question"] == "size_choice"


@pytest.mark.parametrize(("option", "size"), [("fitted", "M码"), ("loose", "L码")])
async def test_liking_decides_between_two_sizes(option: str, size: str) -> None:
    slots = {"product_id": "p1001", "height": 161.0, "weight": 106.0, "open_question": "size_choice"}
    events, messages = await run(ActionChooseSize(), turn("choose_option", {"option": option}, slots))
    assert said(messages) == ["utter_sizing_chosen"]
    assert messages[0]["size"] == size
    assert changed(events)["open_question"] is None


async def test_a_yes_between_two_sizes_hears_what_each_choice_means() -> None:
    slots = {"product_id": "p1001", "height": 161.0, "weight": 106.0, "open_question": "size_choice"}
    _, messages = await run(ActionChooseSize(), turn("affirm", slots=slots))
    assert said(messages) == ["utter_sizing_which_size"]
    assert (messages[0]["size"], messages[0]["other_size"]) == ("M码", "L码")


@pytest.mark.parametrize("action", [ActionAdviseSize, ActionShowSizeChart, ActionTellFit])
async def test_without_a_chart_no_size_is_named_and_a_person_offered(action: type[ActionAdviseSize]) -> None:
    slots = {"product_id": "p1004", "height": 160.0, "weight": 100.0}
    events, messages = await run(action(), turn("ask_size", slots=slots))
    assert rows(messages) == ["sz_04"]
    assert "size" not in messages[0]
    assert not any(size in str(value) for value in messages[0].values() for size in SIZES)
    assert changed(events)["open_question"] == "offer_person"


async def test_no_size_of_ours_fits() -> None:
    _, messages = await run(ActionAdviseSize(), turn("ask_size", slots={"product_id": "p1001", "height": 200.0, "weight": 300.0}))
    assert rows(messages) == ["sz_02"]
    assert {"title": "转人工", "payload": "/request_human"} in messages[-1]["buttons"]


async def test_goods_that_nobody_wears_have_their_sizes_told() -> None:
    _, messages = await run(ActionAdviseSize(), turn("ask_size", slots={"product_id": "p2001"}))
    assert rows(messages) == ["sz_z_02"]


async def test_the_chart_is_told_line_by_line() -> None:
    _, messages = await run(ActionShowSizeChart(), turn("ask_size_chart", product_id="p1001"))
    assert said(messages) == ["utter_sizing_chart"]
    assert len(messages[0]["summary"].splitlines()) == 4


@pytest.mark.parametrize("action", [ActionAdviseSize, ActionShowSizeChart, ActionTellFit])
async def test_no_product_is_asked_for_with_buttons(action: type[ActionAdviseSize]) -> None:
    _, messages = await run(action(), turn("ask_size"))
    assert said(messages) == ["utter_ask_size_form_product_id"]
    assert messages[0]["buttons"]


async def test_only_garments_are_offered_for_a_size() -> None:
    _, messages = await run(AskSizeProduct(), turn("ask_size", loop="size_form"))
    assert {button["payload"] for button in messages[0]["buttons"]} == {
        f'/ask_size{{"product": "{product}"}}' for product in ("p1001", "p1002", "p1003", "p1004")
    }


@pytest.mark.parametrize(
    ("product", "said_already", "asked"),
    [
        ("p1001", {}, "height"),
        ("p1001", {"height": 161.0}, "weight"),
        ("p1003", {}, "weight"),
        ("p1003", {"waist": 72.0}, "hip"),
        ("p1001", {"height": 161.0, "weight": 106.0}, None),
        ("p1004", {}, None),
        ("p2001", {}, None),
    ],
)
async def test_only_what_the_chart_has_is_asked(product: str, said_already: dict[str, float], asked: str | None) -> None:
    events, _ = await run(ValidateSizeForm(), turn("ask_size", said_already, product_id=product, loop="size_form"))
    assert changed(events)["requested_slot"] == asked


@pytest.mark.parametrize("measure", [{"height": 16.0, "weight": 100.0}, {"height": 160.0, "weight": 980.0}])
async def test_a_measure_that_nobody_has_is_asked_again(measure: dict[str, float]) -> None:
    events, messages = await run(ValidateSizeForm(), turn("give_measurements", measure, product_id="p1001", loop="size_form"))
    assert said(messages) == ["utter_sizing_implausible"]
    wrong = changed(events)["requested_slot"]
    assert changed(events)[wrong] is None


async def test_a_corrected_value_replaces_the_old_one() -> None:
    slots = {"product_id": "p1001", "height": 158.0, "weight": 98.0}
    events, _ = await run(ValidateSizeForm(), turn("give_measurements", {"weight": 108.0}, slots, loop="size_form"))
    assert changed(events)["weight"] == 108.0
    assert changed(events)["requested_slot"] is None


async def test_a_size_asked_in_a_return_remembers_the_return() -> None:
    asked = turn("ask_size", {"height": 165.0, "weight": 115.0}, {"product_id": "p1001"}, loop="size_form", memory=[opened("return_form")])
    asked.events.append(opened("size_form"))
    events, _ = await run(ValidateSizeForm(), asked)
    assert changed(events)["paused_form"] == "return_form"


async def test_after_the_size_the_return_goes_on() -> None:
    slots = {"product_id": "p1001", "height": 165.0, "weight": 115.0, "paused_form": "return_form"}
    events, _ = await run(ActionAdviseSize(), turn("ask_size", slots=slots))
    assert next_action(events) == "return_form"
    assert changed(events)["paused_form"] is None


async def test_a_size_asked_on_its_own_resumes_nothing() -> None:
    asked = turn("ask_size", {"height": 165.0, "weight": 115.0}, {"product_id": "p1001"}, loop="size_form")
    asked.events.append(opened("size_form"))
    events, _ = await run(ValidateSizeForm(), asked)
    assert "paused_form" not in changed(events)


async def test_fit_is_not_a_health_claim() -> None:
    _, messages = await run(ActionTellFit(), turn("ask_fit", text="孕妇能穿吗", product_id="p1001"))
    assert said(messages) == ["utter_products_no_health_claim"]


async def test_fit_is_answered_from_the_chart() -> None:
    _, messages = await run(ActionTellFit(), turn("ask_fit", text="偏大吗", product_id="p1001"))
    assert said(messages) == ["utter_sizing_fit"]
