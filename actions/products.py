"""Facts of products, from the catalogue only: what is not there is not said, a colleague is asked instead."""

from __future__ import annotations

from actions.bargaining import ask_product
from actions.base import XiaoerAction
from actions.logistics import tell_parcel
from actions.turn import Turn
from actions.values import listed, money, product_values, shop_values
from policy import orders as order_policy
from policy.facts import OrderFacts, ProductFacts
from policy.words import words
from shop.workdays import speak_time

# Topic of a question → response and the values it needs; the words of each topic are in policy/words.yml (product_topics).
RESPONSES = {
    "care": ("utter_products_care", ("care",)),
    "fabric": ("utter_products_fabric", ("fabric",)),
    "colours": ("utter_products_colours", ("colours",)),
    "dimensions": ("utter_products_dimensions", ("measure",)),
}

# Answers about the price whose button for a recommendation means cheaper goods.
PRICE_TALK = ("utter_bargaining_budget", "utter_bargaining_offer_low", "utter_bargaining_stop")


def topics(text: str) -> list[str]:
    """The topics of a product question, in the order of ``policy/words.yml``."""
    return [topic for topic, signs in words()["product_topics"].items() if any(sign in text for sign in signs)]


def health_claim(text: str) -> bool:
    """Whether a claim about health is asked for: nobody may make one without a report (decisions.md 8)."""
    return any(sign in text for sign in words()["health_signs"])


class ActionTellProduct(XiaoerAction):
    """Fabric, care, colours, dimensions; for anything else a colleague is offered."""

    def name(self) -> str:
        return "action_tell_product"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_products_which")
            return
        turn.set("product_id", product.product_id)
        values = product_values(turn, product)
        if health_claim(turn.text):
            turn.say("utter_products_no_health_claim", **values)
            return
        asked = topics(turn.text)
        told = [topic for topic in asked if topic in RESPONSES and all(values.get(name) for name in RESPONSES[topic][1])]
        for topic in told[:2]:
            turn.say(RESPONSES[topic][0], **values)
        if not told and asked:
            turn.say("utter_products_unknown_fact", **values)
        elif not told:
            turn.say("utter_products_overview", **values)


class ActionTellPrice(XiaoerAction):
    """The price of the page."""

    def name(self) -> str:
        return "action_tell_price"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_products_which")
            return
        turn.set("product_id", product.product_id)
        turn.say("utter_products_price", **product_values(turn, product))


class ActionTellStock(XiaoerAction):
    """ps_01, ps_02, os_03: what the stock says, with its time when that is old."""

    def name(self) -> str:
        return "action_tell_stock"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_products_which")
            return
        turn.set("product_id", product.product_id)
        colour, size = turn.entity("colour"), turn.entity("size")
        fitting = [v for v in self.variants(product) if (not colour or v.startswith(f"{colour}/")) and (not size or v.endswith(f"/{size}"))]
        stocked = [v for v in fitting if product.stock.get(v, 0) > 0]
        old = order_policy.stock_as_of(product, turn.parameters, turn.now)
        values = {
            **product_values(turn, product),
            **shop_values(turn),
            "as_of": speak_time(old or turn.now, turn.now),
            "variant": fitting[0] if len(fitting) == 1 else None,
        }
        if not fitting:
            turn.say(
                "utter_products_stock_list",
                row="ps_01",
                **values,
                stock=listed([v for v in self.variants(product) if product.stock.get(v, 0) > 0][:8]),
            )
        elif not stocked:
            other = [v for v in self.variants(product) if product.stock.get(v, 0) > 0]
            if other:
                turn.say(
                    "utter_products_stock_no", row="ps_02", **{**values, "variant": listed(fitting[:3]), "alternative": listed(other[:3])}
                )
            else:
                turn.say("utter_products_stock_none", row="ps_02", **{**values, "variant": listed(fitting[:3])})
        elif len(fitting) == 1:
            few = product.stock.get(fitting[0], 0) <= 2
            turn.say(
                "utter_products_stock_few" if few else "utter_products_stock_yes",
                row="os_03" if few else "ps_01",
                **values,
                stock=str(product.stock.get(fitting[0], 0)),
            )
        else:
            turn.say("utter_products_stock_list", row="ps_01", **values, stock=listed(stocked[:8]))
        if old is not None:
            turn.say("utter_products_stock_as_of", **values)

    def variants(self, product: ProductFacts) -> list[str]:
        """Every colour/size of a product."""
        return [f"{c}/{s}" for c in product.colours for s in product.sizes]


class ActionRecommend(XiaoerAction):
    """s_recommend_item: what is in stock, by kind or price, as buttons; no claim about anybody's taste."""

    def name(self) -> str:
        return "action_recommend"

    def answer(self, turn: Turn) -> None:
        stocked = [p for p in turn.repo.products() if any(n > 0 for n in p.stock.values())]
        kinds = [kind for kind, signs in words()["kind_signs"].items() if any(sign in turn.text for sign in signs)]
        chosen = [p for p in stocked if p.kind in kinds] or stocked
        compared = turn.product() if self.cheaper(turn) else None
        if compared is not None:
            chosen = sorted((p for p in chosen if p.price < compared.price), key=lambda p: (p.kind != compared.kind, -p.price))
        if not chosen:
            turn.say("utter_products_recommend_none")
            return
        buttons = [{"title": p.name, "payload": f'/ask_product_info{{"product": "{p.product_id}"}}'} for p in chosen[:6]]
        turn.say("utter_products_recommend", buttons=buttons, options=listed(p.name for p in chosen[:3]))

    def cheaper(self, turn: Turn) -> bool:
        """Whether cheaper goods are wanted: said so, or the button after an answer about the price was pressed."""
        if any(sign in turn.text for sign in words()["cheaper_signs"]):
            return True
        said = [str((e.get("metadata") or {}).get("utter_action")) for e in turn.tracker.events if e.get("event") == "bot"]
        return turn.text.startswith("/") and bool(said) and said[-1] in PRICE_TALK


class ActionTellArrival(XiaoerAction):
    """s_arrival_estimate: when it is sent and how long it usually takes; of an order already placed, its own dates."""

    def name(self) -> str:
        return "action_tell_arrival"

    def answer(self, turn: Turn) -> None:
        order = self.placed(turn)
        if order is not None:
            turn.set("order_id", order.order_id)
            tell_parcel(turn, order, "status")
            return
        product = turn.product()
        if product is not None and product.kind == "furniture":
            turn.say("utter_products_arrival_appointment", **product_values(turn, product))
            return
        turn.say("utter_products_arrival", **shop_values(turn), normal_days=str(turn.parameters.get("delivery_days") or "2-5"))

    def placed(self, turn: Turn) -> OrderFacts | None:
        """The one order under way of a signed-in shopper that the question is about; None before buying, or when it is not clear which."""
        if not turn.customer_id:
            return None
        mine = [o for o in turn.repo.orders_of(turn.customer_id) if o.state in ("paid", "shipped")]
        named = [o for o in mine if o.product.product_id == turn.entity("product")]
        if turn.entity("product") or turn.meta.get("product_id"):
            return named[0] if len(named) == 1 else None
        told = [e for e in turn.tracker.events if e.get("event") == "bot"]
        if told and (told[-1].get("metadata") or {}).get("table") == "logistics":
            return next((o for o in mine if o.order_id == turn.slot("order_id")), None)
        return mine[0] if len(mine) == 1 and any(sign in turn.text for sign in words()["placed_signs"]) else None


class ActionTellCouriers(XiaoerAction):
    """cc_01, cc_02: the shop's couriers with their fees, quick and economical, without judging any."""

    def name(self) -> str:
        return "action_tell_couriers"

    def answer(self, turn: Turn) -> None:
        line = words()["formats"]["courier_line"]
        named = [line.format(name=c.name, fee=money(c.fee), speed=words()["speeds"].get(c.speed, "")) for c in turn.shop.couriers]
        turn.say("utter_products_couriers", row="cc_01", options=listed(named), **shop_values(turn))
