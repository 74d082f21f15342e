from html import escape
from itertools import islice

from apps.notifications.emulator.store import Received

SHOWN_PHONES = 60
SHOWN_EACH = 12

_SYMBOLS = {"android": "Android", "ios": "iPhone", "web": "Web"}

_STYLE = """
:root { color-scheme: light dark; --back: #eef0f4; --ink: #1c2430; --soft: #667085; --card: #fff; --phone: #1c2430; --accent: #b4532a }
@media (prefers-color-scheme: dark) { :root { --back: #12161d; --ink: #e8ecf2; --soft: #94a0b3; --card: #232b38; --phone: #05070a; --accent: #f0996c } }
* { box-sizing: border-box } body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
header { display: flex; align-items: baseline; gap: 1rem; padding: 1.6rem 2rem .4rem; flex-wrap: wrap }
h1 { font-size: 1.35rem; margin: 0 } header p { margin: 0; color: var(--soft) }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 1.6rem; padding: 1.2rem 2rem 3rem }
.phone { background: var(--phone); border-radius: 34px; padding: 12px; box-shadow: 0 12px 32px #0003; align-self: start }
.screen { background: linear-gradient(160deg, #33507a, #7a4a5f); border-radius: 24px; padding: 14px 12px 18px; min-height: 190px }
.bar { display: flex; justify-content: space-between; color: #fffc; font-size: .78rem; padding: 0 6px 10px; font-variant-numeric: tabular-nums }
article { background: var(--card); border-radius: 16px; padding: .65rem .85rem; margin-top: 8px }
article h2 { font-size: .95rem; margin: 0; overflow-wrap: anywhere } article p { margin: .1rem 0 0; overflow-wrap: anywhere }
article footer { color: var(--soft); font-size: .75rem; margin-top: .25rem; display: flex; justify-content: space-between; gap: .6rem }
article.high h2::before { content: "● "; color: var(--accent) } a { color: inherit }
.empty { grid-column: 1 / -1; text-align: center; color: var(--soft); padding: 5rem 1rem }
"""

_SCRIPT = """
setInterval(async () => {
  try {
    const next = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    for (const part of ["main", "header"]) {
      const old = document.querySelector(part), now = next.querySelector(part);
      if (old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
    }
  } catch { /* the emulator is away; try again */ }
}, 1000);
"""


def page(messages: list[Received]) -> str:
    """Every phone with what it shows, the one rung last first."""
    phones: dict[str, list[Received]] = {}
    for received in reversed(messages):
        phones.setdefault(received.address, []).append(received)
    shown = "".join(_phone(address, list_) for address, list_ in islice(phones.items(), SHOWN_PHONES))
    hidden = len(phones) - SHOWN_PHONES
    more = f" The {SHOWN_PHONES} rung last are shown." if hidden > 0 else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Campanile's phones</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="2"></noscript><style>{_STYLE}</style></head>
<body><header><h1>Phones</h1><p>{len(phones)} rung, {len(messages)} messages.{more} <a href="/messages">JSON</a></p></header>
<main>{shown or '<p class="empty">No phone has been rung yet.</p>'}</main>
<script>{_SCRIPT}</script></body></html>"""


def _phone(address: str, received: list[Received]) -> str:
    latest: dict[str, Received] = {}
    for each in received:
        latest.setdefault(each.tag, each)
    cards = "".join(_card(each) for each in islice(latest.values(), SHOWN_EACH))
    name = _SYMBOLS.get(received[0].platform, "Phone")
    return f"""<section class="phone"><div class="screen">
<div class="bar"><span>{name}</span><span>…{escape(address[-8:])}</span></div>{cards}</div></section>"""


def _card(received: Received) -> str:
    android = received.message.get("android", {})
    high = ' class="high"' if android.get("priority") == "high" else ""
    channel = android.get("notification", {}).get("channel_id", "")
    link = received.message.get("data", {}).get("deep_link", "")
    return f"""<article{high} title="{escape(link)}"><h2>{escape(received.title)}</h2><p>{escape(received.body)}</p>
<footer><span>{escape(channel)}</span><time>{received.at:%H:%M:%S} UTC</time></footer></article>"""
