"""Log-in, the change of a one-time password, roles, presence, and the staff's list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.desk.conftest import PASSWORD, Desk
from tests.e2e.shell import Shell
from tests.e2e.test_widget_accessible import serious

pytestmark = pytest.mark.browser


def test_a_one_time_password_is_changed_and_leads_where_one_wanted_to_go(desk: Desk, shell: Shell, visit: Open) -> None:
    staff = shell.services.staff
    first = staff.reset_password(desk.member("hong").id)
    page = visit(f"{shell.address}/desk?talk=c_none")
    expect(page).to_have_url(re.compile(r"/login\?next=/desk%3Ftalk%3Dc_none$"))
    desk.log_in(page, "hong", "not-the-password")
    expect(page.get_by_role("alert")).to_have_text("账号或密码不对。")
    desk.log_in(page, "hong", first)
    expect(page.get_by_role("heading")).to_have_text("请设置您自己的密码")
    for new, repeat, said in (("short", "short", "至少 10 个字符"), ("long-enough-1", "long-enough-2", "不一样")):
        page.get_by_label("新密码", exact=True).fill(new)
        page.get_by_label("再输入一次新密码").fill(repeat)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(said)
    page.get_by_label("新密码", exact=True).fill("my-own-words-2026")
    page.get_by_label("再输入一次新密码").fill("my-own-words-2026")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk?talk=c_none")
    expect(page.locator("#top .me")).to_contain_text("小hong")


@pytest.mark.parametrize("goal", ["https://elsewhere.example/desk", "//elsewhere.example/desk", "/api/v1/staff/me", "javascript:alert(1)"])
def test_the_log_in_leads_to_no_page_but_the_desks(desk: Desk, shell: Shell, visit: Open, goal: str) -> None:
    desk.member("lan")
    page = visit(f"{shell.address}/login?next={goal}")
    desk.log_in(page, "lan")
    page.wait_for_url("**/desk")


def test_five_wrong_passwords_say_how_long_the_door_is_shut(desk: Desk, shell: Shell, visit: Open) -> None:
    desk.member("wen")
    page = visit(f"{shell.address}/login")
    for _ in range(5):
        with page.expect_response("**/session"):
            desk.log_in(page, "wen", "wrong-password")
        # Until the page has told of the answer it sends no second one.
        expect(page.get_by_role("button")).to_be_enabled()
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"请 \d+ 分钟后再试"))
    with page.expect_response("**/session") as refused:
        desk.log_in(page, "wen", PASSWORD)
    assert refused.value.status == 429
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"请 \d+ 分钟后再试"))
    expect(page).to_have_url(re.compile("/login"))


def test_each_role_sees_its_pages_and_no_other(desk: Desk, shell: Shell, visit: Open) -> None:
    desk.member("hua", "trainer")
    trainer = visit(f"{shell.address}/login")
    desk.log_in(trainer, "hua")
    trainer.wait_for_url("**/desk/scripts")
    assert trainer.request.get(f"{shell.address}/api/v1/staff/me").json()["pages"] == ["/desk/scripts", "/desk/figures", "/desk/modes"]
    answer = trainer.goto(f"{shell.address}/desk")
    assert answer is not None
    assert answer.status == 403
    expect(trainer.get_by_role("heading")).to_have_text("您的角色不能打开这个页面。")
    agent = desk.agent("lan")
    expect(agent.locator("#nav a")).not_to_contain_text(["员工"])
    for path, status in (("/desk/staff", 403), ("/desk/watch", 403), ("/desk/nothing", 404)):
        answer = agent.goto(f"{shell.address}{path}")
        assert answer is not None
        assert answer.status == status, path


def test_presence_is_kept_and_a_log_out_asks_for_the_open_talks(desk: Desk, shell: Shell) -> None:
    page = desk.agent("lan")
    for presence in ("online", "break"):
        with page.expect_response("**/me/presence"):
            page.locator("#presence").select_option(presence)
        assert shell.services.staff.get(desk.who("lan")).presence == presence
    page.reload()
    expect(page.locator("#presence")).to_have_value("break")
    shopper = desk.waiting("c05")
    page.locator("#inbox .take").click(timeout=15_000)
    expect(page.locator("#owner")).to_contain_text("我在接待")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("dialog")).to_contain_text("您还有 1 个会话")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    assert desk.owner(shopper.id).startswith("agent:")
    page.locator("#presence").select_option("away")
    page.get_by_role("dialog").get_by_role("button", name="留着").click()
    expect(page.locator("#presence")).to_have_value("away")
    page.get_by_role("button", name="退出").click()
    page.get_by_role("dialog").get_by_role("button", name="放回排队").click()
    page.wait_for_url("**/login")
    assert desk.owner(shopper.id) == "queue"
    page.goto(f"{shell.address}/desk")
    expect(page).to_have_url(re.compile("/login"))


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.get_by_role("dialog").locator(f"[name={name}]").fill(value)


def test_topics_are_chosen_a_group_at_a_time(desk: Desk, shell: Shell) -> None:
    desk.member("lan", topics=("track_parcel",))
    page = desk.agent("boss", "admin", path="/desk/staff")
    page.locator(f"[data-member={desk.who('lan')}]").get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    group = dialog.locator("details", has=page.locator("[value=track_parcel]"))
    every = group.get_by_label("物流全选")
    assert every.evaluate("(box) => [box.checked, box.indeterminate]") == [False, True]
    every.check()
    boxes = group.locator("[name=topics]")
    chosen = boxes.evaluate_all("(all) => all.map((box) => box.value)")
    expect(group.locator("[name=topics]:checked")).to_have_count(len(chosen))
    boxes.first.uncheck()
    expect(every).not_to_be_checked()
    boxes.first.check()
    expect(every).to_be_checked()
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_have_count(0)
    assert len(chosen) > 1
    # The question is closed when it is answered, and saved right after.
    desk.until(lambda: set(shell.services.staff.get(desk.who("lan")).topics) == set(chosen))
    desk.member("lan")


def test_an_administrator_keeps_accounts_and_tokens(desk: Desk, shell: Shell) -> None:
    page = desk.agent("boss", "admin", path="/desk/staff")
    staff = shell.services.staff
    for old in [one for one in staff.all() if one.login == "qing"]:
        pytest.fail(f"{old.login} is there already")
    page.get_by_role("button", name="添加员工").click()
    dialog = page.get_by_role("dialog")
    fill(page, login="Qing!", number="777", name="小青")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("alert")).to_contain_text("账号要 2 到 32 个")
    fill(page, login="boss")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("alert")).to_have_text("账号或工号已经有人用了。")
    fill(page, login="qing", capacity="3")
    page.keyboard.press("Enter")
    secret = dialog.locator(".once").inner_text()
    dialog.get_by_role("button", name="关闭").click()
    made = next(one for one in staff.all() if one.login == "qing")
    assert (made.name, made.capacity, made.must_change) == ("小青", 3, True)
    assert shell.services.staff_sessions.log_in("qing", secret).member.id == made.id
    line = page.locator(f"[data-member={made.id}]")
    expect(line).to_contain_text("待改密码")
    line.get_by_role("button", name="修改").click()
    page.get_by_role("dialog").locator("[name=role]").select_option("supervisor")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(line).to_contain_text("主管")
    line.get_by_role("button", name="停用").click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()
    expect(line).to_contain_text("已停用")
    assert shell.services.staff.get(made.id).active is False
    mine = page.locator(f"[data-member={desk.who('boss')}]")
    mine.get_by_role("button", name="修改").click()
    page.get_by_role("dialog").locator("[name=role]").select_option("agent")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    if sum(one.role == "admin" and one.active for one in staff.all()) == 1:
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("至少要留一位管理员")
        page.get_by_role("dialog").get_by_role("button", name="取消").click()
    page.get_by_role("button", name="新建令牌").click()
    fill(page, label="自有工作台")
    page.get_by_role("dialog").get_by_role("button", name="新建").click()
    expect(page.locator(".once")).to_contain_text("xs_")
    page.get_by_role("dialog").get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="收回：自有工作台").click()
    page.get_by_role("dialog").get_by_role("button", name="收回").click()
    expect(page.locator("#tokens")).to_contain_text("还没有令牌")


def test_a_supervisor_reads_the_list_and_changes_nothing(desk: Desk) -> None:
    lan = desk.agent("lan")
    page = desk.agent("zhu", "supervisor", path="/desk/staff")
    line = page.locator(f"[data-member={desk.who('lan')}]")
    expect(line).to_contain_text("离开")
    lan.locator("#presence").select_option("online")
    expect(line).to_contain_text("在线", timeout=15_000)
    expect(page.get_by_role("button", name="添加员工")).to_have_count(0)
    expect(page.locator("#tokens")).to_be_empty()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_pages_keep_nobody_out(desk: Desk, shell: Shell, visit: Open, scheme: str, phone: bool) -> None:
    page = desk.agent("boss", "admin", path="/desk/staff", phone=phone, color_scheme=scheme)
    expect(page.locator("[data-member]").first).to_be_visible()
    assert serious(page, "html") == []
    page.get_by_role("button", name="添加员工").click()
    assert serious(page, "html") == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    login = visit(f"{shell.address}/login", phone=phone, color_scheme=scheme)
    expect(login.get_by_label("账号")).to_be_focused()
    assert serious(login, "html") == []


def test_a_screen_left_alone_logs_out(desk: Desk, shell: Shell, visit: Open) -> None:
    desk.member("lan")
    page = visit("about:blank")
    page.clock.install()
    page.goto(f"{shell.address}/desk")
    desk.log_in(page, "lan")
    expect(page.locator("#top")).to_be_visible(timeout=20_000)
    page.clock.run_for(3_600_000)
    page.mouse.move(40, 40)
    page.clock.run_for(5_400_000)
    assert page.url.endswith("/desk"), "somebody was here half an hour before"
    page.clock.run_for(3_600_000)
    page.wait_for_url("**/login?next=%2Fdesk", timeout=20_000)


ONE_LINE_AT_A_TIME = """async () => {
  const made = [];
  const open = [];
  window.WebSocket = class extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    readyState = 1;
    constructor() { super(); made.push(this); open.push(this); }
    send() { if (this !== made.at(-1)) throw new Error("a line that was replaced is spoken on"); }
    close() { open.splice(open.indexOf(this), 1); }
  };
  const { Live } = await import("/static/desk/live.js");
  const live = new Live(() => {}, () => {}, async () => {});
  const ready = (socket) => socket.onmessage({ data: JSON.stringify({ type: "ready" }) });
  live.start(true, 0);
  document.dispatchEvent(new Event("visibilitychange"));  // the page is looked at before the line has said that it is ready
  dispatchEvent(new Event("online"));
  ready(made[0]);
  await new Promise((done) => setTimeout(done, 50));
  const waiting = made.length;
  live.send({ type: "viewing" });
  made[0].onclose({ code: 1006 });
  dispatchEvent(new Event("online"));
  await new Promise((done) => setTimeout(done, 50));
  ready(made.at(-1));
  return { waiting, made: made.length, open: open.length, up: live.up };
}"""


def test_a_line_that_is_not_ready_yet_is_waited_for_and_never_replaced(desk: Desk, shell: Shell, visit: Open) -> None:
    page = desk.agent("lan", path="/desk/figures")
    told = page.evaluate(ONE_LINE_AT_A_TIME)
    assert told == {"waiting": 1, "made": 2, "open": 2, "up": True}, "one line, and one more after it was lost"
