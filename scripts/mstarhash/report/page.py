"""Parts of an HTML page that needs no other file: tables, figures, bars; all texts are escaped here."""

import base64
import html
import re

STYLE = """
:root { --ink: #1b2733; --soft: #5b6876; --line: #d9dfe5; --back: #f5f7f9; --ours: #b34700; --good: #0b6e4f; --bad: #a33b00; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: white; font: 15px/1.5 "Segoe UI", system-ui, sans-serif; }
header, main { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 30px; }
h1 { font-size: 27px; margin: 0 0 4px; } h2 { font-size: 20px; margin: 44px 0 8px; padding-top: 8px; border-top: 2px solid var(--ink); }
h3 { font-size: 16px; margin: 24px 0 6px; }
nav { position: sticky; top: 0; background: white; border-bottom: 1px solid var(--line); z-index: 2; }
nav div { max-width: 1120px; margin: 0 auto; padding: 9px 24px; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; }
a { color: #075a96; text-decoration: none; } a:hover { text-decoration: underline; }
p { max-width: 78ch; } .soft, caption { color: var(--soft); } .none { color: var(--soft); font-style: italic; border-left: 3px solid var(--line); padding-left: 10px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13.5px; margin: 8px 0 14px; }
caption { text-align: left; padding: 2px 0 5px; max-width: 90ch; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--back); font-weight: 600; position: static; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.n, td:first-child { white-space: nowrap; }
tr.ours td { background: #fdf1e7; font-weight: 600; } tr.total td { border-top: 2px solid var(--ink); font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 16px 0; } .tiles div { background: var(--back); padding: 10px 14px; }
.tiles b { display: block; font-size: 22px; } .tiles span { font-size: 13px; color: var(--soft); }
figure { margin: 14px 0 30px; } figure img { max-width: 100%; height: auto; border: 1px solid var(--line); } figcaption { max-width: 90ch; font-size: 14px; }
.reproduced { color: var(--good); } .differs { color: var(--bad); } .open { color: var(--soft); }
.bar { position: relative; width: 170px; height: 14px; background: var(--back); } .bar i { position: absolute; top: 2px; bottom: 2px; left: 0; background: #8fb3cf; }
.bar u { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--ink); border-right: 1px solid var(--ink); background: rgba(0, 0, 0, .25); }
tr.ours .bar i { background: var(--ours); } code { background: var(--back); padding: 0 4px; } details { margin: 6px 0 12px; } summary { cursor: pointer; color: #075a96; }
"""


class Raw(str):
    """Text that is HTML already."""


def percent(value, digits=1):
    """A share in per cent; nothing where there is none."""
    return "" if value in ("", None) else f"{100 * float(value):.{digits}f} %"


def count(value):
    """A whole number with its thousands parted."""
    return f"{int(float(value)):,}"


def safe(value):
    """A value as HTML."""
    return value if isinstance(value, Raw) else Raw(html.escape(str(value), quote=True))


def element(tag, content="", **attributes):
    """<tag attributes>content</tag>; `kind` is the class."""
    words = "".join(
        f' {"class" if key == "kind" else key}="{safe(value)}"' for key, value in attributes.items() if value
    )
    return Raw(f"<{tag}{words}>{safe(content)}</{tag}>")


def join(*parts):
    """Several parts as one."""
    return Raw("\n".join(safe(part) for part in parts))


def paragraph(text):
    """A paragraph; `words` in backquotes are code."""
    return element("p", Raw(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe(text))))


def none(text):
    """A part that this run does not have, and why."""
    return element("p", Raw(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe(text))), kind="none")


def table(head, rows, caption="", numbers=(), marks=()):
    """A table. rows: of values; numbers: names of the columns of numbers; marks: {place of a row: its class}."""
    marks = dict(marks)
    side = ["n" if name in numbers else "" for name in head]
    top = element("tr", join(*(element("th", name, kind=kind) for name, kind in zip(head, side, strict=True))))
    body = [
        element("tr", join(*(element("td", value, kind=kind) for value, kind in zip(row, side, strict=True))), kind=marks.get(k, ""))
        for k, row in enumerate(rows)
    ]  # fmt: skip
    words = element("caption", caption) if caption else ""
    return element(
        "div", element("table", join(words, element("thead", top), element("tbody", join(*body)))), kind="wide"
    )


def bar(value, low, high):
    """A bar over 0 .. 1 with its error as a box."""
    length = f"width:{100 * value:.1f}%"
    box = f"left:{100 * low:.1f}%;width:{100 * max(high - low, 0.004):.1f}%"
    return element("div", join(element("i", style=length), element("u", style=box)), kind="bar")


def figure(path, title, text, link=""):
    """A PNG inside the page, with its caption; link: to the numbers behind it."""
    with open(path, "rb") as source:
        data = base64.b64encode(source.read()).decode()
    image = Raw(f'<img alt="{safe(title)}" src="data:image/png;base64,{data}">')
    words = join(element("b", title), Raw(" "), text, Raw(" "), element("a", "numbers", href=link) if link else "")
    return element("figure", join(image, element("figcaption", words)))


def tiles(pairs):
    """Large numbers with what they are."""
    return element(
        "div",
        join(*(element("div", join(element("b", value), element("span", name))) for value, name in pairs)),
        kind="tiles",
    )


def page(title, subtitle, sections):
    """The whole page. sections: (id, heading, content)."""
    menu = element("nav", element("div", join(*(element("a", name, href=f"#{key}") for key, name, _ in sections))))
    body = join(*(element("section", join(element("h2", name), content), id=key) for key, name, content in sections))
    head = join(Raw('<meta charset="utf-8">'), Raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
                element("title", title), Raw(f"<style>{STYLE}</style>"))  # fmt: skip
    top = element("header", join(element("h1", title), element("p", subtitle, kind="soft")))
    text = element(
        "html", join(element("head", head), element("body", join(top, menu, element("main", body)))), lang="en"
    )
    return f"<!DOCTYPE html>\n{text}\n"
