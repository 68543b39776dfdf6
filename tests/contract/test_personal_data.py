"""Every column is declared: plain, or personal with purpose, retention and who sees it; docs/data.md says it (shop/personal_data.yml)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Column, MetaData, String, Table

from shop import privacy
from shop.models import Base
from tests.contract.project import ROOT

# A column of such a name holds personal data, whoever declares it plain has to say why in MEANT.
TELLTALE = re.compile(r"(?:^|_)(?:phone|email|address|customer|conversation|text|note|comment|answer|tracking|photo|path)(?:_id)?$")
MEANT = {
    "couriers.pickup_phone": "the courier's own number",
    "shops.return_address": "the shop's own",
    "product_answers.answer": "a reviewed script",
    "scripts.text": "the shop's own words, with {values} where a shopper's would stand",
}


def test_no_column_is_undeclared() -> None:
    assert privacy.problems() == []


def test_the_page_is_as_new_as_the_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    assert privacy.main(["--check"]) == 0, capsys.readouterr().err


def test_a_column_more_or_less_is_noticed_by_name() -> None:
    metadata = MetaData()
    Table("customers", metadata, *(Column(name, String) for name in ("shop_id", "id", "name", "phone", "region", "birthday")))
    declared = {**privacy.registry(), "tables": {"customers": privacy.registry()["tables"]["customers"], "gone": {"plain": []}}}
    told = privacy.problems(metadata, declared)
    assert [line.split(":")[0] for line in told] == ["table gone is declared and does not exist", "customers.birthday"]
    assert "personal_data.yml" in told[1]
    Table("new", metadata, Column("shop_id", String))
    assert any(line.startswith("table new:") for line in privacy.problems(metadata, declared))


@pytest.mark.parametrize(
    "change", [{"keep": "forever"}, {"seen": ["trainer"]}, {"seen": ["passer-by"]}, {"purpose": ""}, {"plain": ["id"]}]
)
def test_a_declaration_that_says_too_little_is_noticed(change: dict[str, object]) -> None:
    metadata = MetaData()
    Table("customers", metadata, *(Column(name, String) for name in ("shop_id", "id", "name", "phone", "region")))
    entry = {**privacy.registry()["tables"]["customers"], **change}
    assert privacy.problems(metadata, {**privacy.registry(), "tables": {"customers": entry}})


def test_a_column_whose_name_tells_of_a_person_is_not_declared_plain() -> None:
    plain = {f"{name}.{column}" for name, table in privacy.registry()["tables"].items() for column in table.get("plain") or ()}
    assert {name for name in plain if TELLTALE.search(name.split(".")[1])} == set(MEANT)


def test_the_engines_tables_are_declared_column_by_column() -> None:
    source = (ROOT / "engine" / "tracker_store.py").read_text("utf-8")
    schema = source[source.index("_SCHEMA = (") : source.index("_SAVE_TALK")].replace('"\n    "', "").replace('"', "")
    found = dict(re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) \((.+?)\)[,\n]*\s*(?=CREATE|\)\n)", schema, re.DOTALL))
    declared = {one["where"].split(" / ")[1]: one["holds"] for one in privacy.registry()["elsewhere"] if " / " in one["where"]}
    assert set(found) == set(declared) == {"talks", "turns"}
    for table, columns in found.items():
        names = [part.split()[0] for part in re.sub(r"\(\d+\)", "", columns).split(", ")]
        assert declared[table].split(":")[0] == ", ".join(names), table


def test_every_table_with_personal_data_is_in_the_page() -> None:
    page = privacy.PAGE.read_text("utf-8")
    assert all(f"`{name}." in page or not privacy.registry()["tables"][name].get("personal") for name in Base.metadata.tables)
