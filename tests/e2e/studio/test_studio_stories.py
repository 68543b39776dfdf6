"""Stories and rules in a browser: found, edited as a talk, drawn, contradictions with both paths, a real talk made into a test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.studio.conftest import Studio
from tests.e2e.studio.test_studio_changes import clean
from tests.gateway.support import bubble, turn

BARGAINING = "data/stories/bargaining.yml"
DECLINES = "shopper asks again, is offered a present or coupon and declines it"


def step(page: Page, number: int) -> Locator:
    """A step of the talk that is edited."""
    return page.locator(f".steps [data-step='{number}']")


def write(page: Page, name: str, question: str, action: str) -> None:
    """A new story by hand: bargain → what the bot does by itself → a question stands → the shopper chooses → the action."""
    page.get_by_role("button", name="新故事").click()
    page.get_by_label("名称（一句话").fill(name)
    page.get_by_label("放在文件").select_option(BARGAINING)
    page.get_by_label("第 1 步：买家的意图").fill("讲价")
    page.get_by_label("第 1 步：买家的意图").press("Tab")
    expect(page.get_by_label("第 1 步：买家的意图")).to_have_value("bargain")
    page.get_by_label("第 2 步：机器人的动作或话术").fill("action_bargain")
    page.get_by_role("button", name="＋记下").click()
    page.get_by_label("第 3 步：值").select_option(label=question)
    page.get_by_role("button", name="＋买家说").click()
    page.get_by_label("第 4 步：买家的意图").fill("choose_option")
    page.get_by_role("button", name="＋机器人做").click()
    expect(page.get_by_label("第 5 步：机器人的动作或话术")).to_be_focused()
    page.get_by_label("第 5 步：机器人的动作或话术").fill(action)


class TestStories:
    def test_a_story_is_found_drawn_and_saved(self, studio: Studio) -> None:
        page = studio.trainer("rong", path="/studio/stories")
        rows = page.locator(".talks a")
        expect(rows).to_have_count(50)
        page.get_by_label("搜名称、意图、动作、词槽").fill("讲价")
        page.get_by_label("种类").select_option("story")
        expect(rows).to_have_count(6)
        rows.filter(has_text=DECLINES).click()
        expect(step(page, 1).get_by_role("combobox")).to_have_value("bargain")
        expect(step(page, 5).get_by_role("combobox")).to_have_value("action_decline_offer")
        expect(page.locator(".checks")).to_have_text("没有发现问题。")
        clean(page)
        studio.picture(page, "stories")
        page.get_by_role("button", name="流程图").click()
        nodes = page.locator(".flow .node")
        # One beginning for all that begin with bargaining; the path of this story stands out.
        expect(nodes.filter(has_text="讲价")).to_have_count(1)
        expect(page.locator(".flow .node.on")).to_have_count(5)
        clean(page)
        studio.picture(page, "stories_flow")
        page.get_by_role("link", name="action_answer_bargain_reason").first.click()
        expect(page.get_by_label("名称（一句话")).to_have_value("shopper asks for less, says why, and hears about the offers")
        page.go_back()
        expect(page.get_by_label("名称（一句话")).to_have_value(DECLINES)
        page.get_by_label("画流程图：选一个意图").select_option("objection")
        expect(page.get_by_role("heading", level=2)).to_have_text("从「犹豫或异议」开始的规则和故事")
        expect(page.locator(".flow .node").filter(has_text="犹豫或异议")).to_have_count(1)
        page.go_back()
        page.get_by_label("名称（一句话").fill("买家不要礼物也不要券")
        page.get_by_role("button", name="保存…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".diff .add")).to_have_text("+   - story: 买家不要礼物也不要券")
        expect(dialog.locator(".diff .del")).to_have_count(1)
        dialog.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=2)).to_contain_text("买家不要礼物也不要券")
        assert studio.workspace.block(BARGAINING, "story:买家不要礼物也不要券") is not None
        assert "# Flow F8: which point it is, whether it is clear now." in studio.workspace.text(BARGAINING)

    def test_a_contradiction_shows_both_paths_and_is_resolved(self, studio: Studio) -> None:
        page = studio.trainer("rong", path="/studio/stories")
        write(page, "买家想要人工来谈价", "bargain_offer", "action_hand_over")
        clash = page.locator(".clash").first
        expect(clash).to_contain_text("两边都学不会")
        expect(clash.locator(".path").first.locator("[data-parts]")).to_contain_text("action_hand_over")
        expect(clash.locator(".path").nth(1).locator("[data-parts]")).to_contain_text("action_answer_bargain_reason")
        clean(page)
        studio.picture(page, "stories_clash", clash)
        # It cannot be saved like this.
        page.get_by_role("button", name="保存…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("有错误，改好才能保存。")).to_be_visible()
        dialog.get_by_role("button", name="取消").click()
        # Another question stands open: now the two are apart.
        page.get_by_label("第 3 步：值").select_option(label="return_tracking")
        expect(page.locator(".clash")).to_have_count(0)
        expect(page.locator(".checks")).to_contain_text("第 5 步现在会是没听懂")
        page.keyboard.press("Control+s")
        dialog.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=2)).to_contain_text("买家想要人工来谈价")
        expect(page.locator(".talks a[aria-current=true]")).to_have_count(0)
        page.get_by_label("搜名称、意图、动作、词槽").fill("人工来谈价")
        expect(page.locator(".talks a[aria-current=true]")).to_contain_text("买家想要人工来谈价")
        # What an editor broke is on the page of contradictions.
        studio.elsewhere(
            BARGAINING,
            "story:谁写的",
            "  - story: 谁在编辑器里写的\n    steps:\n      - intent: bargain\n      - action: action_greet\n",
            "手改",
        )
        page.reload()
        page.get_by_role("button", name="1 处矛盾").click()
        expect(page.locator(".clash .path")).to_have_count(2)
        page.get_by_role("link", name="打开「answer a request for a lower price」").click()
        expect(page.get_by_label("名称（一句话")).to_have_value("answer a request for a lower price")
        expect(page.locator(".clash")).to_have_count(1)

    def test_a_real_talk_becomes_a_test_and_a_failing_one_is_told(self, studio: Studio) -> None:
        def answer(body: dict[str, Any]) -> Any:
            made = turn(bubble("好的"), intent="bargain", active_loop=None, open_question="none")
            said = made.json()
            said["trace"]["actions"] = ["action_tell_offers"]
            return type(made)(200, json=said)

        studio.shell.engine.answer = answer
        talk = studio.shopper(None, "我叫王小明，便宜点")
        # One click from the talk at the desk; a test instead of a story is one word in the address.
        desk = studio.agent("rong-lead", "supervisor", path=f"/desk?talk={talk.id}")
        expect(desk.get_by_role("link", name="做成故事")).to_have_attribute("href", f"/studio/stories?talk={talk.id}", timeout=20_000)
        desk.close()
        page = studio.trainer("rong-lead", "supervisor", path=f"/studio/stories?talk={talk.id}&as=test")
        expect(page.locator(".note").first).to_have_text("从对话做成")
        expect(step(page, 1).get_by_role("combobox")).to_have_value("bargain")
        expect(page.locator("#detail")).not_to_contain_text("王小明")
        page.get_by_label("名称（一句话").fill("昨天的讲价")
        page.get_by_label("放在文件").select_option("tests/stories/test_bargaining.yml")
        # The bot of that day did otherwise than the rules say now: the test may take over what is right now.
        expect(page.locator(".checks .warn")).to_contain_text("第 2 步失败：应当是「action_tell_offers」，会是「action_bargain」")
        page.get_by_role("button", name="改成现在的结果").click()
        expect(page.locator(".checks")).to_have_text("没有发现问题。")
        page.get_by_role("button", name="保存…").click()
        page.get_by_role("dialog").get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=2)).to_contain_text("昨天的讲价")
        assert studio.workspace.block("tests/stories/test_bargaining.yml", "story:昨天的讲价") is not None

    def test_what_was_tried_out_becomes_a_story(self, studio: Studio) -> None:
        page = studio.trainer("rong", path="/studio/stories")
        turns = [{"intents": ["bargain"], "actions": ["action_bargain"], "state": {"open_question": "bargain_offer"}}]
        page.evaluate("turns => sessionStorage.setItem('xiaoer.studio.turns', JSON.stringify(turns))", turns)
        page.goto(f"{studio.shell.address}/studio/stories?from=turns")
        expect(page.locator(".note").first).to_have_text("从试聊做成")
        expect(page.get_by_label("第 3 步：值")).to_have_value("2")
        expect(step(page, 3)).to_contain_text("问的是：")
        # The pane to try out stands beside the editor, and is closed again.
        page.locator("#top-tools").get_by_role("button", name="试聊").click()
        expect(page.locator(".try")).to_be_visible()
        page.locator("#top-tools").get_by_role("button", name="试聊").click()
        page.get_by_role("button", name="做成测试").click()
        expect(page.get_by_role("heading", level=2)).to_contain_text("新测试")
        expect(step(page, 2).get_by_role("combobox")).to_have_value("action_bargain")

    def test_it_is_usable_on_a_phone_and_asks_before_it_forgets(self, studio: Studio) -> None:
        page = studio.trainer("rong", path="/studio/stories", phone=True)
        page.get_by_label("搜名称、意图、动作、词槽").fill("answer a request for a lower price")
        expect(page.locator(".talks a")).to_have_count(1)
        page.locator(".talks a").first.click()
        expect(step(page, 2).get_by_role("combobox")).to_have_value("action_bargain")
        clean(page)
        step(page, 2).get_by_role("button", name="第 2 步上移").click()
        expect(step(page, 1).get_by_role("combobox")).to_have_value("action_bargain")
        page.get_by_role("button", name="新故事").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("改过还没有保存")
        dialog.get_by_role("button", name="继续编辑").click()
        expect(step(page, 1).get_by_role("combobox")).to_have_value("action_bargain")
        page.get_by_role("button", name="新规则").click()
        dialog.get_by_role("button", name="放弃修改").click()
        expect(page.get_by_label("名称（一句话")).to_have_value("")
        page.get_by_text("更多", exact=True).click()
        page.get_by_role("button", name="＋正在填表单").click()
        page.get_by_label("名称（一句话").fill("没写完的规则")
        expect(page.locator(".checks")).to_contain_text("第 1 步：买家这一步没有意图")
        clean(page)

    def test_the_browsers_back_key_asks_before_it_forgets(self, studio: Studio) -> None:
        page = studio.trainer("rong", path="/studio/stories")
        page.get_by_label("搜名称、意图、动作、词槽").fill("answer a request for a lower price")
        expect(page.locator(".talks a")).to_have_count(1)
        page.locator(".talks a").first.click()
        name = page.get_by_label("名称（一句话")
        expect(name).to_have_value("answer a request for a lower price")
        shown = page.url
        name.fill("没写完")
        dialog = page.get_by_role("dialog")
        page.evaluate("() => history.back()")
        dialog.get_by_role("button", name="继续编辑").click()
        expect(name).to_have_value("没写完")
        expect(page).to_have_url(shown)
        page.evaluate("() => history.back()")
        dialog.get_by_role("button", name="放弃修改").click()
        expect(page.locator("#detail")).to_have_text("从左边选一条，或新建一条。")
        expect(page).not_to_have_url(shown)
