"""Modules are sent smaller and mean the same: what a blank or a newline may separate stays."""

from __future__ import annotations

import pytest

from gateway.assets import FOLDER
from gateway.slim import slim


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("// said to readers\nconst a = 1; // and here\n", "let a=1;"),
        ("const a = 1 /* one */ + 2;\n", "let a=1+2;"),
        # A newline that ends a statement stays; one inside an expression goes.
        ("a()\nb()\n", "a()\nb()"),
        ("a(\n  b,\n  c,\n);\n", "a(b,c);"),
        ("let a = [, b, , ];\nx = { c, };\n", "let a=[,b,,];x={c};"),
        # One declaration for several, where they are plain and follow each other.
        ("const a = 1;\nlet b = { c };\nconst d = 2;", "let a=1,b={c};let d=2;"),
        ("export const a = 1;\nconst b = 2;\nconst [c] = b;\n", "export let a=1;let b=2,[c]=b;"),
        ("for (let i = 0; i < 2; i += 1) { go(); }\nlet j;", "for(let i=0;i<2;i+=1){go()}\nlet j;"),
        # An arrow function of one name; a number below one.
        ("a((x) => x, (y, z) => y, ({ q }) => q);", "a(x=>x,(y,z)=>y,({q})=>q);"),
        ("const f = async (x) => x, g = (x = 1) => x;", "let f=async(x)=>x,g=(x=1)=>x;"),
        ("a = b ? 0.5 : 10.5 + a0.b;", "a=b?.5:10.5+a0.b;"),
        ("const x = y\n  .z();\n", "let x=y.z();"),
        ("a++\n++b\n", "a++\n++b"),
        ("return\nfoo\n", "return\nfoo"),
        ("const f = () => {\n  go();\n};\n", "let f=()=>{go()};"),
        ("if (a) { b(); } else c();", "if(a){b()}else c();"),
        # What would read differently without its blank.
        ("a + +b - -c", "a+ +b- -c"),
        ("new Map; typeof x; a in b", "new Map;typeof x;a in b"),
        # Literals stay as they are, whatever is in them.
        ('const s = "a  //  b { c ; }";', 'let s="a  //  b { c ; }";'),
        ("const s = 'it\\'s  //';", "let s='it\\'s  //';"),
        ("const r = /[/]  \\/  'x/g.test(y);", "let r=/[/]  \\/  'x/g.test(y);"),
        ("const q = a / b / c;", "let q=a/b/c;"),
        ("return /x  y/.test(z)", "return/x  y/.test(z)"),
        ('const t = `a  ${ b ? `  c  ` : "}" }  // d`;', 'let t=`a  ${ b ? `  c  ` : "}" }  // d`;'),
        # Private names get short; what may be a colour does not.
        ("class A { #deliver() {} go() { this.#deliver(`${ this.#deliver }`); } }", "class A{#a(){}go(){this.#a(`${ this.#a }`)}}"),
        ('this.#add = "#add"; this.#ring = 1', 'this.#add="#add";this.#a=1'),
        ("const a = true ? x.true : { false: y };", "let a=!0?x.true:{false:y};"),
        # A style sheet is smaller too.
        ("S.replaceSync(`\n.a , .b { color: red; /* x */ margin: 0 -1px; }\n`);", "S.replaceSync(`.a,.b{color:red;margin:0 -1px}`);"),
        ("S.replaceSync(`.a > .b { opacity: 0.5; width: 10.5px }`)", "S.replaceSync(`.a>.b{opacity:.5;width:10.5px}`)"),
        ("S.replaceSync(`.a:not(.b) :hover { width: calc(1px + 2px) }`)", "S.replaceSync(`.a:not(.b) :hover{width:calc(1px + 2px)}`)"),
    ],
)
def test_what_is_sent(source: str, sent: str) -> None:
    assert slim(source) == sent + "\n"


@pytest.mark.parametrize("broken", ['const a = "never ended', "const a = `never ended", "x = '"])
def test_what_cannot_be_read_is_not_sent_half(broken: str) -> None:
    with pytest.raises(ValueError, match="without end"):
        slim(broken)


def test_every_module_of_the_window_is_smaller_and_sent_twice_the_same() -> None:
    for path in FOLDER.glob("*.js"):
        source = path.read_text("utf-8")
        assert len(slim(source)) < len(source)
        assert slim(slim(source)) == slim(source)
