"""Facts of products, from the catalogue only: what is not there is not said, a colleague is asked instead."""

from __future__ import annotations

from actions.bargaining import ask_product
from actions.base import XiaoerAction
from actions.turn import Turn
from actions.values import listed, money, product_values, shop_values
from policy import orders as order_policy
from policy.facts import ProductFacts
from policy.words import words
from shop.workdays import speak_time

# Topic of a question → response and the values it needs; the words of each topic are in policy/words.yml (product_topics).
RESPONSES = {
    "care": ("utter_products_care", ("care",)),
    "fabric": ("utter_products_fabric", ("fabric",)),
    "colours": ("utter_products_colours", ("colours",)),
    "dimensions": ("utter_products_dimensions", ("measure",)),
}


def topics(text: str) -> list[str]:
    """The topics of a product question, in the order of ``policy/words.yml``."""
    return [topic for topic, signs in words()["product_topics"].items() if any(sign in text for sign in signs)]


class ActionTellProduct(XiaoerAction):
    """Fabric, care, colours, dimensions; anything else goes to a colleague with the question."""

    def name(self) -> str:
        return "action_tell_product"

    def answer(self, turn: Turn) -> None:
        product = turn.product()
        if product is None:
            ask_product(turn, "utter_products_which")
            return
        turn.set("product_id", product.product_id)
        values = product_values(turn, product)
        asked = topics(turn.text)
        told = [topic for topic in asked if topic in RESPONSES and all(values.get(name) for name in RESPONSES[topic][1])]
        for topic in told[:2]:
            turn.say(RESPONSES[topic][0], **values)
        if not told and asked:
            _, spoken = turn.open_ticket("other", fields={"product": product.product_id, "question": turn.text[:500]})
            turn.say("utter_products_unknown_fact", **values, **spoken)
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
        as_of = order_policy.stock_as_of(product, turn.parameters, turn.now) or turn.now
        values = {
            **product_values(turn, product),
            **shop_values(turn),
            "as_of": speak_time(as_of, turn.now),
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
        buttons = [{"title": p.name, "payload": f'/ask_product_info{{"product": "{p.product_id}"}}'} for p in chosen[:6]]
        turn.say("utter_products_recommend", buttons=buttons, options=listed(p.name for p in chosen[:3]))


class ActionTellArrival(XiaoerAction):
    """s_arrival_estimate: when it is sent and how long it usually takes, as an estimate."""

    def name(self) -> str:
        return "action_tell_arrival"

    def answer(self, turn: Turn) -> None:
        turn.say(
            "utter_products_arrival",
            **shop_values(turn),
            normal_days=str(turn.parameters.get("delivery_days") or "2-5"),
            days=str(turn.parameters["dispatch_workdays"]),
        )


class ActionTellCouriers(XiaoerAction):
    """cc_01, cc_02: the shop's couriers with their fees, quick and economical, without judging any."""

    def name(self) -> str:
        return "action_tell_couriers"

    def answer(self, turn: Turn) -> None:
        line = words()["formats"]["courier_line"]
        named = [line.format(name=c.name, fee=money(c.fee), speed=words()["speeds"].get(c.speed, "")) for c in turn.shop.couriers]
        turn.say("utter_products_couriers", row="cc_01", options=listed(named), **shop_values(turn))
