"""What a record of each kind consists of, and its check. Files, the integration and the seed all go through ``read``.

A record is a mapping of field names to values. The names, Chinese headers and forms are in docs/data_import.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policy.promotions import KINDS as PROMOTION_KINDS
from policy.promotions import faults
from shop import answer_fields, fields, promotions


@dataclass(frozen=True)
class Field:
    """A field: how it is read, what stands in for it when a new record lacks it, its other names, how to put it right."""

    parse: fields.Parser
    default: Any = None
    required: bool = False
    aliases: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class BadField:
    """Something wrong with one value: ``problem`` says what, ``remedy`` what to write instead. No floor price is ever shown."""

    field: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field} = {self.value!r}: {self.problem}; {self.remedy}"


class InvalidRecord(ValueError):
    """A record that cannot be stored; ``errors`` names each bad field."""

    def __init__(self, errors: list[BadField]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


_YES_NO = "write yes or no (是 or 否)"
_MONEY = "write yuan, e.g. 168 or 168.50"
_TIME = "write e.g. 2026-11-20 14:05 (Asia/Shanghai)"
_DAY = "write e.g. 2026-11-20"
_ID = "write the id as text (in a spreadsheet: format the column as text first)"
_REF = "write the id of a record that is stored or in the same import"

KINDS = ("clothing", "bedding", "furniture", "appliance", "other")
_KIND = fields.word(
    *KINDS,
    **{"服装": "clothing", "服饰": "clothing", "床品": "bedding", "家纺": "bedding"},
    **{"家具": "furniture", "电器": "appliance", "家电": "appliance", "其他": "other"},
)
STATES = ("unpaid", "paid", "shipped", "received", "confirmed", "cancelled")
_STATE = fields.word(
    *STATES,
    **{"待付款": "unpaid", "未付款": "unpaid", "待发货": "paid", "已付款": "paid"},
    **{"已发货": "shipped", "运输中": "shipped", "待收货": "shipped", "已签收": "received"},
    **{"交易成功": "confirmed", "已完成": "confirmed", "已取消": "cancelled", "交易关闭": "cancelled"},
)
_PAYMENTS = ("alipay", "wechat", "card", "paypal", "other")
_PAY = fields.word(
    *_PAYMENTS,
    **{"支付宝": "alipay", "微信": "wechat", "微信支付": "wechat", "信用卡": "card", "银行卡": "card", "其他": "other"},
)
_PURCHASE = fields.word("arrived", "awaiting", 已到货="arrived", 待到货="awaiting")
_DELIVERY = fields.word("parcel", "appointment", 快递="parcel", 预约="appointment", 送货上门="appointment")
_SCOPE = fields.word("kind", "series", "product", 类别="kind", 类目="kind", 系列="series", 商品="product", 单品="product")
_CAUSE = fields.word("list", "promotion", "coupon", 日常="list", 活动="promotion", 券后="coupon")
_COVER = fields.word("none", "insurance", "prepaid_pickup", 无="none", 运费险="insurance", 上门取件="prepaid_pickup")
_SPEED = fields.word("economy", "fast", "everywhere", "untracked")


def _id(*aliases: str) -> Field:
    return Field(fields.identifier, required=True, aliases=aliases, remedy=_ID)


def _optional_text(longest: int, *aliases: str) -> Field:
    return Field(fields.text(longest), aliases=aliases, remedy=f"write at most {longest} characters")


def _flag(*aliases: str, default: bool = False) -> Field:
    return Field(fields.boolean, default=default, aliases=aliases, remedy=_YES_NO)


def _day(*aliases: str) -> Field:
    return Field(fields.day, aliases=aliases, remedy=_DAY)


def _time(*aliases: str, required: bool = False) -> Field:
    return Field(fields.instant, required=required, aliases=aliases, remedy=_TIME)


def _yuan(*aliases: str, default: Decimal | None = None, required: bool = False) -> Field:
    return Field(fields.money, default=default, required=required, aliases=aliases, remedy=_MONEY)


SCHEMAS: dict[str, dict[str, Field]] = {
    "customers": {
        "id": _id("customer", "customer_id", "顾客编号", "客户编号", "会员号"),
        "name": _optional_text(255, "姓名", "称呼"),
        "phone": Field(fields.phone, aliases=("电话", "手机", "手机号"), remedy="write 5 to 20 digits, as text"),
        "region": _optional_text(255, "地区", "省市"),
    },
    "products": {
        "id": _id("product", "product_id", "商品编号", "货号", "商品id"),
        "name": Field(fields.text(255), required=True, aliases=("商品名称", "商品名", "名称"), remedy="write the product's name"),
        "kind": Field(_KIND, default="other", aliases=("类别", "类目", "品类"), remedy="write one of " + ", ".join(KINDS)),
        "price": _yuan("价格", "售价", "单价", required=True),
        "floor_price": _yuan("底价", "最低价"),
        "discounted": _flag("已打折", "是否打折", "促销"),
        "brand": _optional_text(255, "品牌"),
        "fabric": _optional_text(2000, "面料", "材质", "成分"),
        "care": _optional_text(2000, "洗涤", "保养", "洗护"),
        "manual": _optional_text(4000, "使用说明", "说明书"),
        "dimensions": _optional_text(255, "尺寸", "外形尺寸"),
        "warranty_months": Field(fields.integer, aliases=("保修月数", "质保月数"), remedy="write whole months, e.g. 12"),
        "colours": Field(fields.words, default=[], aliases=("colors", "颜色"), remedy="separate the colours by 、"),
        "sizes": Field(fields.words, default=[], aliases=("尺码", "规格"), remedy="separate the sizes by 、"),
        "size_chart": Field(fields.size_chart, default=[], aliases=("尺码表",), remedy="give a list of sizes, or a sheet size_charts"),
        "attributes": Field(fields.mapping, default={}, aliases=("属性",), remedy='write JSON, e.g. {"shrink_rate_pct": 3}'),
        "image": _optional_text(2000, "图片"),
        "link": _optional_text(2000, "链接"),
    },
    "size_charts": {
        "product": _id("product_id", "商品编号", "货号", "商品id"),
        "size": Field(fields.text(64), required=True, aliases=("尺码", "规格"), remedy="write the size, e.g. M"),
        "height": Field(fields.span, aliases=("身高",), remedy="write cm from-to, e.g. 156-163"),
        "weight": Field(fields.span, aliases=("体重",), remedy="write 斤 from-to, e.g. 92-108"),
        **{
            name: Field(fields.measure, aliases=(alias,), remedy="write cm, e.g. 88")
            for name, alias in zip(fields.MEASURES, ("胸围", "腰围", "臀围", "肩宽", "衣长", "袖长", "腿围", "下摆"), strict=True)
        },
    },
    "stock": {
        "product": _id("product_id", "商品编号", "货号", "商品id"),
        "variant": Field(fields.text(255), required=True, aliases=("规格", "颜色尺码", "sku"), remedy="write colour/size, e.g. 米白/M"),
        "pieces": Field(fields.integer, required=True, aliases=("库存", "件数", "数量"), remedy="write a whole number from 0"),
    },
    "prices": {
        "product": _id("product_id", "商品编号", "货号", "商品id"),
        "variant": Field(fields.text(255), default="", aliases=("规格", "颜色尺码", "sku"), remedy="write colour/size, e.g. 米白/M"),
        "since": _time("开始时间", "生效时间", required=True),
        "price": _yuan("价格", "售价", "单价", required=True),
        "cause": Field(_CAUSE, default="list", aliases=("原因", "价格类型"), remedy="write list, promotion or coupon"),
    },
    "orders": {
        "id": _id("order", "order_id", "order_number", "订单编号", "订单号"),
        "customer": _id("customer_id", "顾客编号", "客户编号", "会员号"),
        "product": _id("product_id", "商品编号", "货号", "商品id"),
        "variant": Field(fields.text(255), default="", aliases=("规格", "颜色尺码", "sku"), remedy="write colour/size, e.g. 米白/M"),
        "state": Field(_STATE, required=True, aliases=("状态", "订单状态"), remedy="write one of " + ", ".join(STATES)),
        "paid": _yuan("实付", "实付金额", "实付款", required=True),
        "postage": _yuan("邮费", "运费", default=Decimal(0)),
        "pay_by": Field(_PAY, aliases=("支付方式", "付款方式"), remedy="write one of " + ", ".join(_PAYMENTS)),
        "ordered_at": _time("ordered", "下单时间", required=True),
        "ship_by": _day("最晚发货", "承诺发货日"),
        "ship_on": _day("预计发货", "计划发货日"),
        "restock_on": _day("到货日", "补货日"),
        "purchase": Field(_PURCHASE, aliases=("采购",), remedy="write arrived or awaiting"),
        "insurance": _flag("运费险"),
        "cross_border": _flag("跨境"),
        "delivery": Field(_DELIVERY, default="parcel", aliases=("配送方式",), remedy="write parcel or appointment"),
        "custom_made": _flag("定制"),
        "no_reason_excluded": _flag("不支持七天无理由"),
        "loss_agreed_before_payment": _flag("已告知损失"),
        "purchase_loss": _yuan("采购损失"),
        "gifts": Field(fields.words, default=[], aliases=("赠品", "礼品"), remedy="separate the gifts by 、"),
        "invoiced_on": _day("开票日期", "已开票"),
        "return_cover": Field(_COVER, aliases=("退货保障",), remedy="write none, insurance or prepaid_pickup"),
        "address_id": Field(fields.identifier, aliases=("地址编号",), remedy=_ID),
        "address_area": Field(fields.text(255), aliases=("收货地区",), remedy="write city and district, e.g. 上海市浦东新区"),
        "warehouse": Field(fields.identifier, aliases=("仓库",), remedy=_ID),
    },
    "shipments": {
        "order": _id("order_id", "order_number", "订单编号", "订单号"),
        "courier": Field(fields.identifier, aliases=("courier_id", "快递", "快递公司"), remedy="write a courier's id, e.g. yto"),
        "tracking": Field(fields.code, aliases=("tracking_number", "快递单号", "运单号"), remedy=_ID),
        "shipped_at": _time("shipped", "发货时间"),
        "signed_at": _time("signed", "签收时间"),
    },
    "scans": {
        "order": _id("order_id", "order_number", "订单编号", "订单号"),
        "at": _time("时间", required=True),
        "place": Field(fields.text(255), default="", aliases=("地点",), remedy="write the place"),
        "text": Field(fields.text(500), required=True, aliases=("动态", "内容"), remedy="write what the courier reported"),
        "arrived_region": _flag("已到目的地"),
        "out_for_delivery": _flag("派送中"),
    },
    "couriers": {
        "id": _id("编号"),
        "name": Field(fields.text(255), required=True, aliases=("名称",), remedy="write the courier's name"),
        "speed": Field(_SPEED, default="economy", aliases=("速度",), remedy="write economy, fast, everywhere or untracked"),
        "fee": _yuan("运费", required=True),
        "pickup_phone": _optional_text(32, "电话"),
    },
    "coupons": {
        "code": _id("id", "优惠券编号", "代码"),
        "name": Field(fields.text(255), required=True, aliases=("名称", "优惠券"), remedy="write the coupon's name"),
        "amount": _yuan("面额", "立减", required=True),
        "min_spend": _yuan("门槛", "满", default=Decimal(0)),
        "valid_from": _time("开始时间", "生效时间"),
        "valid_until": _time("结束时间", "失效时间"),
    },
    "promotions": {
        "id": _id("promotion", "promotion_id", "活动编号"),
        "name": Field(
            fields.text(255), required=True, aliases=("活动名称", "名称"), remedy="write the promotion's name as shoppers read it"
        ),
        "kind": Field(promotions.KIND, required=True, aliases=("类型", "活动类型"), remedy="write one of " + ", ".join(PROMOTION_KINDS)),
        "scope": Field(promotions.SCOPE, default="shop", aliases=("范围",), remedy="write shop, kind or product"),
        "targets": Field(fields.words, default=[], aliases=("适用", "适用商品", "适用品类"), remedy="separate kinds or product ids by 、"),
        "slot": Field(fields.identifier, aliases=("档位", "活动位"), remedy=_ID),
        "exclusive_group": Field(fields.identifier, aliases=("group", "互斥组"), remedy=_ID),
        "with_promotions": _flag("可叠加活动", default=True),
        "with_coupons": _flag("可用券", "可叠加优惠券", default=True),
        "discounted_goods": _flag("含打折商品"),
        "limit_count": Field(fields.integer, aliases=("limit", "限购", "上限"), remedy="write a whole number from 1, or nothing"),
        "steps": Field(promotions.steps, default=[], aliases=("满减", "满减档位"), remedy="write e.g. 满200减20;满400减50"),
        "every": _flag("每满"),
        "percent": Field(fields.integer, default=50, aliases=("第二件减", "减百分之"), remedy="write 1 to 100, e.g. 50 for half"),
        "price": _yuan("活动价"),
        "deposit": _yuan("定金"),
        "deposit_worth": _yuan("定金抵", "定金抵扣", "定金膨胀"),
        "balance_from": Field(promotions.begins, aliases=("尾款开始", "尾款开始时间"), remedy=_TIME),
        "balance_to": Field(promotions.ends, aliases=("尾款结束", "尾款结束时间"), remedy=_TIME),
        "ships_by": Field(promotions.begins, aliases=("最晚发货", "发货时间"), remedy=_TIME),
        "gift": _optional_text(255, "赠品"),
        "threshold": _yuan("赠品门槛", "满赠门槛", default=Decimal(0)),
        "spoken": Field(fields.words, default=[], aliases=("别名", "其他叫法"), remedy="separate the names by 、"),
        "valid_from": Field(promotions.begins, aliases=("开始时间", "生效时间", "开始日期"), remedy=_TIME),
        "valid_to": Field(promotions.ends, aliases=("结束时间", "失效时间", "结束日期"), remedy=_TIME),
        "announced_from": Field(promotions.begins, aliases=("预告时间", "预热时间"), remedy=_TIME),
    },
    "answers": {
        "scope": Field(_SCOPE, required=True, aliases=("适用范围", "范围"), remedy="write kind 类别, series 系列 or product 商品"),
        "target": Field(fields.text(255), required=True, aliases=("适用对象", "对象"), remedy="write a product's id, a series or a kind"),
        "attribute": Field(answer_fields.attribute, required=True, aliases=("属性",), remedy="write what it is about, e.g. 口袋"),
        "questions": Field(answer_fields.questions, default=[], aliases=("问法", "问题"), remedy="separate the questions by ；"),
        "answer": Field(answer_fields.sentence, required=True, aliases=("答案", "回答"), remedy="write one short plain sentence"),
        "source": Field(fields.text(255), required=True, aliases=("来源", "依据"), remedy="write where it is known from, e.g. 商品详情页"),
        "valid_from": Field(answer_fields.validity, aliases=("开始日期", "生效日期"), remedy=_DAY),
        "valid_to": Field(answer_fields.validity, aliases=("结束日期", "失效日期"), remedy=_DAY),
    },
}

# Fields that name another record: field -> kind. Checked before anything is written.
REFERENCES: dict[str, dict[str, str]] = {
    "orders": {"customer": "customers", "product": "products"},
    "stock": {"product": "products"},
    "prices": {"product": "products"},
    "size_charts": {"product": "products"},
    "shipments": {"order": "orders", "courier": "couriers"},
    "scans": {"order": "shipments"},
}
REFERENCE_REMEDY = _REF
KEYS = {"customers": "id", "products": "id", "orders": "id", "shipments": "order", "coupons": "code", "couriers": "id", "promotions": "id"}


def shown(field: str, value: object) -> str:
    """A value as errors may show it: shortened, and never a floor price."""
    if field == "floor_price":
        return "(not shown)"
    written = str(value)
    return written if len(written) <= 60 else written[:57] + "…"


def read(kind: str, raw: Mapping[str, object], *, whole: bool) -> dict[str, Any]:
    """The checked values of a record of ``kind`` (canonical field names).

    ``whole``: fields that are missing get their defaults (a new record, or a PUT); else only what is given is returned, and a
    blank value is the default. Raises InvalidRecord with every bad field, unknown ones included.
    """
    schema = SCHEMAS[kind]
    values: dict[str, Any] = {}
    errors: list[BadField] = []
    for name in raw:
        if name not in schema:
            errors.append(BadField(name, shown(name, raw[name]), "there is no such field", "known are " + ", ".join(schema)))
    for name, field in schema.items():
        if name not in raw or is_missing(raw[name]):
            if field.required and (whole or name in raw):
                errors.append(BadField(name, "", "it is empty", field.remedy))
            elif whole or name in raw:
                values[name] = field.default
            continue
        try:
            values[name] = field.parse(raw[name])
        except ValueError as error:
            errors.append(BadField(name, shown(name, raw[name]), str(error), field.remedy))
    if kind == "answers" and values.get("scope") == "kind" and values.get("target"):
        values["target"] = answer_fields.kind_key(values["target"])
    if not errors and kind == "products":
        errors += _check_product(values, whole)
    if not errors and kind == "promotions":
        errors += _check_promotion(values)
    if errors:
        raise InvalidRecord(errors)
    return values


def is_missing(value: object) -> bool:
    """Whether a value counts as not given."""
    return fields.is_blank(value)


def _check_product(values: dict[str, Any], whole: bool) -> list[BadField]:
    # Without a floor price there is no room to bargain: the price itself. An emptied cell alone changes nothing.
    if "price" not in values and values.get("floor_price") is None:
        values.pop("floor_price", None)
    if "price" in values and values.get("floor_price") is None and (whole or "floor_price" in values):
        values["floor_price"] = values["price"]
    if "price" in values and values.get("floor_price") is not None and values["floor_price"] > values["price"]:
        return [BadField("floor_price", "(not shown)", "it is above the price", "write an amount from 0 to the price")]
    return []


def _check_promotion(values: dict[str, Any]) -> list[BadField]:
    found = [BadField(one.field, shown(one.field, values.get(one.field) or ""), one.problem, one.remedy) for one in faults(values)]
    if values.get("limit_count") == 0:
        found.append(BadField("limit_count", "0", "nobody could have it", "write a whole number from 1, or nothing"))
    start, stop = values.get("valid_from"), values.get("valid_to")
    if start is not None and stop is not None and stop <= start:
        found.append(BadField("valid_to", str(stop), "it is not after valid_from", "correct one of the two"))
    if values.get("scope") == "kind":
        found += [
            BadField("targets", one, "no kind of goods", "write " + ", ".join(KINDS)) for one in values["targets"] if one not in KINDS
        ]
    return found
