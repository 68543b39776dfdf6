"""The scripts library's page: folders, writing with the wording check, the bin, import with a preview, export, ranking; keys and phone."""

from __future__ import annotations

import io

import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import delete

from shop.db import writing
from shop.models import Script, ScriptFolder, ScriptUse
from tests.e2e.desk.conftest import Desk
from tests.e2e.desk.steps import draft, open_talk, said
from tests.e2e.test_widget_accessible import serious

pytestmark = pytest.mark.browser

SOON = 20_000
LOWEST = "全国最低价，最后一件，再不买就没了！"
FILE = f"快捷编码,快捷短语,快捷短语分组\n1,您好，请您稍等,接待\n1,在的，请说,接待\n,{LOWEST},\n,{{买家昵称}}您好,接待/开场\n"


@pytest.fixture(autouse=True)
def _only_the_starting_content(desk: Desk) -> None:
    """Nothing of an earlier test is in the library; it is made anew when it is first asked for."""
    with writing(desk.shell.services.database) as session:
        for table in (ScriptUse, Script):
            session.execute(delete(table))
        session.execute(delete(ScriptFolder).where(ScriptFolder.parent_id.is_not(None)))
        session.execute(delete(ScriptFolder))
    library = desk.shell.services.library
    library._begun, library._read = False, {}


def opened(desk: Desk, login: str = "lead", role: str = "supervisor", **more: object) -> Page:
    page = desk.agent(login, role, path="/desk/scripts", **more)  # type: ignore[arg-type]
    expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=SOON)
    return page


def script(page: Page, title: str) -> Locator:
    return page.locator(".script", has=page.get_by_role("heading", name=title, exact=True))


def write(page: Page, title: str, text: str, code: str = "", **fields: str) -> Locator:
    """Fill the form of a new script in; the dialog."""
    page.get_by_role("button", name="新增话术").click()
    form = page.locator("dialog.script-form")
    form.get_by_label("标题").fill(title)
    form.get_by_label("内容", exact=True).fill(text)
    form.get_by_label("短码").fill(code)
    for label, value in fields.items():
        form.get_by_label(label).fill(value)
    return form


def add(page: Page, title: str, text: str, code: str = "") -> None:
    form = write(page, title, text, code)
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0, timeout=SOON)


def test_the_handbooks_scripts_are_there_in_folders(desk: Desk) -> None:
    page = opened(desk)
    folders = page.locator("#folders")
    expect(folders).to_contain_text("投诉处理")
    folders.get_by_role("button", name="电话话术（电话）").first.click()
    expect(page.locator("h1")).to_have_text("店铺公共 / 电话话术")
    expect(page.locator(".script").first).to_be_visible(timeout=SOON)
    page.get_by_label("搜索话术").fill("没有声音")
    expect(script(page, "接通后没有声音（一）")).to_be_visible(timeout=SOON)
    expect(script(page, "接通后没有声音（一）")).to_contain_text("{店名}")


def test_writing_a_script_marks_what_nobody_may_say_and_keeps_it_out(desk: Desk) -> None:
    page = opened(desk)
    form = write(page, "催单", LOWEST)
    expect(form.locator(".findings .block").first).to_be_visible(timeout=SOON)
    form.get_by_role("button", name="保存").click()
    expect(form.locator(".wrong")).to_contain_text("不能用", timeout=SOON)
    form.get_by_label("内容", exact=True).fill("您的运单号是")
    form.get_by_label("插入一个值").select_option("运单号")
    expect(form.get_by_label("内容", exact=True)).to_have_value("您的运单号是{运单号}")
    expect(form.locator(".sample")).to_contain_text("YT8800000003", timeout=SOON)
    form.get_by_label("短码").fill("cdh")
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0, timeout=SOON)
    page.get_by_label("搜索话术").fill("cdh")
    expect(script(page, "催单")).to_contain_text("/cdh", timeout=SOON)


def test_closing_asks_before_words_are_lost_and_a_taken_code_keeps_them(desk: Desk) -> None:
    page = opened(desk)
    add(page, "第一条", "您好，请说。", "abc")
    form = write(page, "第二条", "在的，请说。", "abc")
    form.get_by_role("button", name="保存").click()
    expect(form.locator(".wrong")).to_contain_text("已属于《第一条》", timeout=SOON)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="继续编辑").click()
    expect(form.get_by_label("内容", exact=True)).to_have_value("在的，请说。")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="放弃修改").click()
    expect(form).to_have_count(0)


def test_who_was_slower_keeps_their_words_and_sees_the_newer_ones(desk: Desk) -> None:
    page = opened(desk)
    add(page, "并发", "旧的话。")
    page.get_by_label("搜索话术").fill("并发")
    script(page, "并发").get_by_role("button", name="编辑").click()
    form = page.locator("dialog.script-form")
    form.get_by_label("内容", exact=True).fill("我写的话。")
    library = desk.shell.services.library
    stored = next(one for one in library.scripts.all() if one.title == "并发")
    library.scripts.change(stored.id, "s_other", stored.version, {"text": "别人写的话。"})
    form.get_by_role("button", name="保存").click()
    expect(form.locator(".wrong")).to_contain_text("别人写的话。", timeout=SOON)
    expect(form.get_by_label("内容", exact=True)).to_have_value("我写的话。")
    form.get_by_role("button", name="保存").click()
    expect(script(page, "并发")).to_contain_text("我写的话。", timeout=SOON)


def test_a_script_goes_into_the_bin_and_comes_back(desk: Desk) -> None:
    page = opened(desk)
    add(page, "要删的", "您好，请说。")
    page.get_by_label("搜索话术").fill("要删的")
    script(page, "要删的").get_by_role("button", name="放入回收站").click()
    expect(page.get_by_text("没有找到")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="回收站", exact=True).click()
    script(page, "要删的").get_by_role("button", name="恢复").click()
    expect(page.locator("#toasts")).to_contain_text("已恢复", timeout=SOON)
    page.get_by_role("button", name="全部话术").click()
    expect(script(page, "要删的")).to_be_visible(timeout=SOON)


def test_an_agent_edits_only_their_own_and_takes_a_copy_of_the_shops(desk: Desk) -> None:
    page = opened(desk, "lan", "agent")
    shops = script(page, "请顾客稍等去查（一）")
    expect(shops).to_be_visible(timeout=SOON)
    expect(shops.get_by_role("button", name="编辑")).to_have_count(0)
    shops.get_by_role("button", name="复制成我的").click()
    form = page.locator("dialog.script-form")
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0, timeout=SOON)
    page.locator("#folders").get_by_role("button", name="我的话术").first.click()
    expect(script(page, "请顾客稍等去查（一）").get_by_role("button", name="编辑")).to_be_visible(timeout=SOON)


def test_folders_are_made_renamed_and_removed(desk: Desk) -> None:
    page = opened(desk, "lan", "agent")
    page.get_by_role("button", name="新建文件夹（我的话术）").click()
    page.get_by_label("文件夹名称").fill("售后")
    page.get_by_role("button", name="保存").click()
    manage = page.get_by_role("button", name="修改文件夹「售后」")
    expect(manage).to_be_visible(timeout=SOON)
    manage.click()
    page.get_by_role("button", name="在「售后」里新建").click()
    page.get_by_label("文件夹名称").fill("退款")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#folders")).to_contain_text("退款", timeout=SOON)
    manage.click()
    page.get_by_role("button", name="删除文件夹").click()
    expect(page.locator("#toasts")).to_contain_text("文件夹里还有内容", timeout=SOON)
    page.get_by_role("button", name="修改文件夹「退款」").click()
    page.get_by_role("button", name="删除文件夹").click()
    expect(page.get_by_role("button", name="修改文件夹「退款」")).to_have_count(0, timeout=SOON)


def test_an_import_is_judged_line_by_line_mended_and_taken_over(desk: Desk) -> None:
    page = opened(desk, "lan", "agent")
    page.get_by_role("button", name="导入", exact=True).click()
    dialog = page.locator("dialog.script-import")
    dialog.get_by_label("选择文件").set_input_files({"name": "千牛.csv", "mimeType": "text/csv", "buffer": FILE.encode("gbk")})
    lines = dialog.locator(".lines > li")
    expect(lines).to_have_count(4, timeout=SOON)
    assert lines.evaluate_all("nodes => nodes.map(node => node.className)") == ["new", "code", "block", "new"]
    expect(lines.nth(3)).to_contain_text("买家昵称")
    expect(dialog.get_by_role("button", name="导入选中的 2 条")).to_be_enabled()
    lines.nth(1).get_by_label("短码").fill("2")
    expect(dialog.get_by_role("button", name="导入选中的 3 条")).to_be_enabled(timeout=SOON)
    lines.nth(2).get_by_label("内容").fill("有需要随时找我。")
    dialog.get_by_role("button", name="导入选中的 4 条").click()
    expect(dialog).to_have_count(0, timeout=SOON)
    expect(page.locator("#toasts")).to_contain_text("已导入 4 条")
    mine = page.locator("#folders")
    expect(mine).to_contain_text("接待", timeout=SOON)
    expect(mine).to_contain_text("开场")
    page.get_by_role("button", name="导入", exact=True).click()
    dialog.get_by_label("选择文件").set_input_files({"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    expect(dialog.locator(".wrong")).to_contain_text("只能导入", timeout=SOON)


def test_the_library_is_exported_as_a_workbook(desk: Desk) -> None:
    page = opened(desk)
    add(page, "我的", "您好，请说。")
    page.get_by_role("button", name="导出", exact=True).click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="导出 Excel").click()
    sheet = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes())).worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["快捷编码", "快捷短语", "快捷短语分组"]
    assert "您好，请说。" in [cell.value for cell in sheet["B"]]


def test_a_picture_is_shown_with_its_script(desk: Desk) -> None:
    page = opened(desk)
    form = write(page, "尺码图", "这是{商品}的尺码表。")
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    form.get_by_label("图片").set_input_files({"name": "表.png", "mimeType": "image/png", "buffer": out.getvalue()})
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0, timeout=SOON)
    page.get_by_label("搜索话术").fill("尺码图")
    image = script(page, "尺码图").get_by_role("img")
    expect(image).to_be_visible(timeout=SOON)
    page.wait_for_function("node => node.naturalWidth === 40", arg=image.element_handle())


def test_the_ranking_shows_what_is_used_and_goes_out_as_it_stands(desk: Desk) -> None:
    page = opened(desk)
    add(page, "常用的", "您好，请说。")
    library = desk.shell.services.library
    stored = next(one for one in library.scripts.all() if one.title == "常用的")
    talk = desk.shopper(None, "在吗")
    for number, text in enumerate(("您好，请说。", "您好，请说。", "您好呀")):
        library.sent(desk.who("lead"), talk.id, f"m_{number}", text, [stored.id])
    page.get_by_role("button", name="使用排行").click()
    row = page.get_by_role("row", name="常用的")
    expect(row).to_contain_text("67%", timeout=SOON)
    expect(row.locator("td").first).to_have_text("3")
    page.get_by_role("button", name="全部话术").click()
    page.get_by_label("排序").select_option("uses")
    expect(page.locator(".script").first).to_contain_text("67% 原样发出", timeout=SOON)


def test_the_page_is_used_with_the_keyboard_alone(desk: Desk) -> None:
    page = opened(desk)
    page.keyboard.press("/")
    page.keyboard.type("请示")
    expect(page.locator(".script")).to_have_count(1, timeout=SOON)
    page.keyboard.press("Enter")
    expect(page.locator(".script.at")).to_be_focused()
    page.keyboard.press("e")
    form = page.locator("dialog.script-form")
    expect(form.get_by_label("内容", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("谢谢。")
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0, timeout=SOON)
    expect(page.locator(".script").first).to_contain_text("谢谢。", timeout=SOON)
    page.keyboard.press("n")
    expect(form.get_by_label("标题")).to_be_focused()


def test_at_the_desk_a_script_comes_filled_in_with_its_picture_and_is_counted(desk: Desk) -> None:
    shipped = next(one for one in desk.shell.services.shop.orders_of("c05") if one.tracking)
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    shopper = desk.waiting("c05", f"{shipped.order_id}到哪了，转人工")
    page = desk.agent("lan", "agent")
    library, lan = desk.shell.services.library, desk.who("lan")
    texts = [("查单号", "{快递}的单号是{运单号}。", "cdh"), ("请等", "请您等一下，我去看{所问的事}。", "qd")]
    made, asking = library.scripts.add(lan, lan, [dict(zip(("title", "text", "code"), one, strict=True)) for one in texts])
    library.scripts.put_picture(made.id, lan, "image/png", 40, 30, out.getvalue())
    open_talk(page, shopper.id)
    draft(page).press_sequentially("您好！/cdh")
    expect(page.locator("#matches li").first).to_contain_text("查单号", timeout=SOON)
    draft(page).press("Enter")
    words = f"您好！\n\n圆通的单号是{shipped.tracking}。"
    expect(draft(page)).to_have_value(words, timeout=SOON)
    draft(page).press("Enter")
    said(shopper, words)
    expect(draft(page)).to_have_value("", timeout=SOON)
    assert any(message["attachments"] for message in shopper.messages() if message["from"] == "agent"), "the picture went along"
    # Nobody waits for what is counted: that it was put in and that it was sent are told by requests of their own, and after the words.
    kept = library.scripts.get
    desk.until(lambda: (kept(made.id).inserted, kept(made.id).sent, kept(made.id).edited) == (1, 1, 0))
    draft(page).press_sequentially("qd")
    expect(page.locator("#matches li").first).to_contain_text("请等", timeout=SOON)
    draft(page).press("Tab")
    expect(draft(page)).to_have_value("请您等一下，我去看{所问的事}。", timeout=SOON)
    draft(page).press("Enter")
    expect(page.locator("#toasts")).to_contain_text("所问的事", timeout=SOON)
    assert library.scripts.get(asking.id).sent == 0, "a gap is not sent"


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_nobody_is_kept_out(desk: Desk, look: str) -> None:
    page = opened(desk, phone=look == "phone", color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    expect(page.locator(".script").first).to_be_visible(timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert serious(page, "html") == []
    form = write(page, "题", LOWEST)
    expect(form.locator(".findings .block").first).to_be_visible(timeout=SOON)
    assert serious(page, "dialog") == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="放弃修改").click()
    page.get_by_role("button", name="导入", exact=True).click()
    dialog = page.locator("dialog.script-import")
    dialog.get_by_label("选择文件").set_input_files({"name": "千牛.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    expect(dialog.locator(".lines > li")).to_have_count(4, timeout=SOON)
    assert serious(page, "dialog") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
