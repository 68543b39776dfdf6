"""What the extractor finds in shoppers' messages; the names are those of data/lookup."""

from __future__ import annotations

from datetime import date

import pytest

from engine.nlu.extract import Extractor
from engine.nlu.files import lookups
from engine.nlu.normalise import normalise

SUNDAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.from_lookups(lookups())


CASES: list[tuple[str, dict[str, object]]] = [
    # the body
    ("158 98斤穿啥码", {"height": 158.0, "weight": 98.0}),
    ("161，106斤", {"height": 161.0, "weight": 106.0}),
    ("一米六五 一百二十斤", {"height": 165.0, "weight": 120.0}),
    ("1.65m 55kg", {"height": 165.0, "weight": 110.0}),
    ("身高一米七体重一百三", {"height": 170.0, "weight": 130.0}),
    ("我身高168，体重50公斤", {"height": 168.0, "weight": 100.0}),
    ("165/110", {"height": 165.0, "weight": 110.0}),
    ("165 55", {"height": 165.0, "weight": 110.0}),
    ("180 80", {"height": 180.0, "weight": 160.0}),
    ("150 80", {"height": 150.0, "weight": 80.0}),
    ("1米58，体重95", {"height": 158.0, "weight": 95.0}),
    ("163cm，48kg，平时穿S", {"height": 163.0, "weight": 96.0, "size": "S"}),
    ("105斤半，160高", {"weight": 105.5, "height": 160.0}),
    ("腰围70 胸围88 臀围92", {"waist": 70.0, "bust": 88.0, "hip": 92.0}),
    ("腰围二尺一", {"waist": 70.0}),
    ("三围88 70 92", {"bust": 88.0, "waist": 70.0, "hip": 92.0}),
    ("肩宽38cm", {"shoulder": 38.0}),
    ("一百多斤能穿吗", {}),
    ("沙发长210cm吗", {"product": "p3001"}),
    ("被子重6斤", {"product": "p2003"}),
    ("深蓝29还有么", {"colour": "深蓝", "size": "29"}),
    ("黑色30件", {"colour": "黑色", "quantity": 30}),
    # numbers that identify
    ("订单号880000000009", {"order_number": "880000000009"}),
    ("8800 0000 0009", {"order_number": "880000000009"}),
    ("880000000009 0005", {"order_number": "880000000009", "phone_tail": "0005"}),
    ("订单880000000009，手机尾号0005", {"order_number": "880000000009", "phone_tail": "0005"}),
    ("尾号是0005", {"phone_tail": "0005"}),
    ("后四位 1234", {"phone_tail": "1234"}),
    ("0005", {"phone_tail": "0005"}),
    ("我手机号13800000005", {"phone_tail": "0005"}),
    ("YT8800000000009", {"tracking_number": "YT8800000000009"}),
    ("ea123456789cn到哪了", {"tracking_number": "EA123456789CN"}),
    ("快递单号7312345678901", {"tracking_number": "7312345678901"}),
    ("税号：914403001922038216", {}),
    ("纳税人识别号110000600037341，订单880000000009", {"order_number": "880000000009"}),
    ("https://shop.example/item?id=p2001&spm=880000000009 这个", {"product": "p2001"}),
    # money
    ("50卖不卖", {"amount": 50.0}),
    ("一百五行吗", {"amount": 150.0}),
    ("最多给120", {"amount": 120.0}),
    ("便宜10块", {"amount": 10.0}),
    ("150包邮吗", {"amount": 150.0}),
    ("¥99", {"amount": 99.0}),
    ("八块五", {"amount": 8.5}),
    ("便宜点", {}),
    # names
    ("p1001还有L码吗", {"product": "p1001", "size": "L"}),
    ("那条裙子", {"product": "p1001"}),
    ("连衣裙和T恤", {"product": "p1002"}),
    ("米白色M", {"colour": "米白", "size": "M"}),
    ("大衣黑的有M吗", {"product": "p1004", "colour": "黑色", "size": "M"}),
    ("1.8米床的四件套", {"size": "1.8米床", "product": "p2001"}),
    ("一米八的床", {"size": "1.8米床"}),
    ("28码的牛仔裤", {"size": "28", "product": "p1003"}),
    ("200*230的被子", {"size": "200x230cm", "product": "p2003"}),
    ("2XL有吗", {"size": "XXL"}),
    ("可以发顺丰吗", {"courier": "sf"}),
    ("EMS多少钱", {"courier": "ems"}),
    ("systems", {}),
    # reason, remedy, insurance, severity
    ("收到的裙子开线了想换一件", {"product": "p1001", "reason": "quality", "remedy": "exchange"}),
    ("不喜欢想退", {"reason": "buyer_reason", "remedy": "return_refund"}),
    ("尺码不合适换个L，我有运费险", {"reason": "buyer_reason", "remedy": "exchange", "size": "L", "insurance": "yes"}),
    ("没有运费险", {"insurance": "no"}),
    ("有运费险吗", {}),
    ("有没有运费险", {}),
    ("不想退了", {}),
    ("我没说要退货", {}),
    ("没坏", {}),
    ("没有破洞", {}),
    ("不是质量问题", {}),
    ("没有色差吧", {}),
    ("会掉色吗", {}),
    ("洗了一次就掉色", {"reason": "quality"}),
    ("色差太大了", {"reason": "description_mismatch"}),
    ("跟图片不一样", {"reason": "description_mismatch"}),
    ("发错颜色了", {"reason": "wrong_item"}),
    ("少发了一个枕套", {"reason": "missing_part"}),
    ("快递摔坏了", {"reason": "courier_damage"}),
    ("箱子压烂了，重新发一个吧", {"reason": "courier_damage", "remedy": "reship"}),
    ("买大了", {"reason": "buyer_reason"}),
    ("台灯不亮了", {"product": "p4001", "reason": "quality"}),
    ("破了个大洞，完全不能穿", {"reason": "quality", "severity": "severe"}),
    ("有个小线头，轻微瑕疵", {"reason": "quality", "severity": "minor"}),
    ("有点贵", {}),
    ("换货还是退货", {}),
    ("不想换了直接退款", {"remedy": "return_refund"}),
    ("不退了，赔我20块", {"remedy": "comp_no_return", "amount": 20.0}),
    ("退款到哪了", {}),
    ("不想要了取消", {"reason": "buyer_reason", "remedy": "cancel"}),
    ("拒收可以吗", {"remedy": "refuse_delivery"}),
    ("能修吗", {"remedy": "repair_return"}),
    # choices and days
    ("第一个", {"option": "1"}),
    ("选2", {"option": "2"}),
    ("退款吧", {"remedy": "return_refund", "option": "refund"}),
    ("再等等吧", {"option": "wait"}),
    ("第一次买", {}),
    ("明天发货吗", {"date": "2026-11-23"}),
    ("11月25号能到吗", {"date": "2026-11-25"}),
    ("下周三之前要", {"date": "2026-11-25"}),
    ("1月3号", {"date": "2027-01-03"}),
    ("昨日收到的", {"date": "2026-11-21"}),
    ("11.20付的款", {"date": "2026-11-20"}),
    ("2026/11/3 的订单", {"date": "2026-11-03"}),
    ("四天前就签收了", {"date": "2026-11-18"}),
    ("双十一抢的", {"date": "2026-11-11"}),
    ("月底能到吗", {"date": "2026-11-30"}),
    ("下个月5号再发", {"date": "2026-12-05"}),
    ("比例是3/10", {}),
    # a number beside a courier's name is a parcel's
    ("中通 70000000000001", {"courier": "zto", "tracking_number": "70000000000001"}),
    ("单号70000000000001，韵达的", {"courier": "yunda", "tracking_number": "70000000000001"}),
    ("订单880000000009 发顺丰", {"courier": "sf", "order_number": "880000000009"}),
    # pieces and places
    ("拍了6条裙子", {"product": "p1001", "quantity": 6}),
    ("只要一件", {"quantity": 1}),
    ("换一件", {"remedy": "exchange", "option": "exchange"}),
    ("破了两个洞", {"reason": "quality"}),
    ("等了两个月", {}),
    ("第二件半价吗", {"option": "2"}),
    ("送到浙江温州", {"place": "温州"}),
    ("内蒙包邮吗", {"place": "内蒙古"}),
    # heights by their words
    ("我姐168的个子", {"height": 168.0}),
    ("一五八，九十六斤", {"height": 158.0, "weight": 96.0}),
    ("173 腰围80", {"height": 173.0, "waist": 80.0}),
    ("床是一米五的", {"size": "1.5米床"}),
    # reasons that are none
    ("万一破了咋办", {}),
    ("送错小区了", {}),
    ("红包用不了", {}),
    ("满200减20", {"amount": 20.0}),
    ("原价300", {}),
    # nothing
    ("你好", {}),
    ("谢谢", {}),
    ("", {}),
]


@pytest.mark.parametrize(("typed", "expected"), CASES, ids=[typed or "empty" for typed, _ in CASES])
def test_a_message_holds_these_entities(extractor: Extractor, typed: str, expected: dict[str, object]) -> None:
    found = {one.entity: one.value for one in extractor.find(normalise(typed).text, SUNDAY)}
    assert found == expected


def test_the_table_is_as_long_as_promised() -> None:
    assert len(CASES) >= 60


def test_every_entity_covers_the_words_it_came_from(extractor: Extractor) -> None:
    text = normalise("订单880000000009的裙子开线了，换个L码，最多给120").text
    said = {one.entity: text[one.start : one.end] for one in extractor.find(text, SUNDAY)}
    assert said["order_number"] == "880000000009"
    assert said["product"] == "裙子"
    assert said["size"] == "l"
    assert said["amount"] == "120"
