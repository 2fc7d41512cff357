"""A laid-out graph as SVG inside a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lolpop.contract import StepGraph, StepSettings, StepState
from lolpop.pictures import states as looks
from lolpop.pictures import words
from lolpop.pictures.cards import LINE, PADDING, Card, badge_width, cards
from lolpop.pictures.layout import Area, Drawing, lay_out
from lolpop.pictures.markup import Html, tag
from lolpop.pictures.routes import Route, Way


def picture(
    graph: StepGraph,
    settings: Mapping[str, StepSettings],
    title: str,
    states: Mapping[str, StepState] | None = None,
) -> Html:
    """Draw a graph.

    Args:
        graph: The graph.
        settings: Retries and time-outs by step.
        title: What the picture is called by those who can't see it.
        states: Where each step stands in a run; None if no run is shown.
    """
    shown = cards(graph, settings, states)
    drawing = lay_out(graph, [(card.width, card.height) for card in shown])
    placed = zip(shown, drawing.steps, strict=True)
    return tag(
        "svg",
        tag("title", title, id="graph-title"),
        tag("desc", _description(graph), id="graph-desc"),
        _markers(),
        *(_group(graph, path, area) for path, area in drawing.groups),
        tag("g", *_edges(graph, drawing), class_="edges", aria_hidden="true"),
        *(_group_name(path, area) for path, area in drawing.groups),
        *(_step(number, card, area) for number, (card, area) in enumerate(placed)),
        class_="graph",
        viewBox=f"0 0 {drawing.width:g} {drawing.height:g}",
        width=drawing.width,
        height=drawing.height,
        role="group",
        aria_labelledby="graph-title graph-desc",
    )


def _description(graph: StepGraph) -> str:
    steps, groups = words.counted(len(graph.steps), "step"), len(graph.groups)
    within = f" in {words.counted(groups, 'group')}" if groups else ""
    return f"{steps}{within}; the steps are listed in words below."


def _markers() -> Html:
    return tag("defs", *(_marker(kind) for kind in ("data", "order", "lit")))


def _marker(kind: str) -> Html:
    return tag(
        "marker",
        tag("path", d="M0 0.5 L8 4 L0 7.5 z"),
        id=f"tip-{kind}",
        markerUnits="userSpaceOnUse",
        markerWidth=8,
        markerHeight=8,
        refX=7,
        refY=4,
        orient="auto",
    )


def _group(graph: StepGraph, path: tuple[str, ...], area: Area) -> Html:
    doc = next((group.doc for group in graph.groups if group.path == path), None)
    described = ": ".join(part for part in ("/".join(path), words.summary(doc)) if part)
    box = tag("rect", x=area.x, y=area.y, width=area.width, height=area.height, rx=12)
    return tag("g", tag("title", described), box, class_="group")


def _group_name(path: tuple[str, ...], area: Area) -> Html:
    name = words.cut(path[-1], int((area.width - 24) / 7.5))
    return tag("text", name, class_="group-name", x=area.x + 14, y=area.y + 20)


def _edges(graph: StepGraph, drawing: Drawing) -> Iterator[Html]:
    for route in drawing.routes:
        yield _edge(graph, route)
    yield from _labels(graph, drawing)


def _edge(graph: StepGraph, route: Route) -> Html:
    source, target = graph.steps[route.source], graph.steps[route.target]
    what = words.elements(target, source.name) if route.is_data else ""
    verb = "reads" if route.is_data else "starts after"
    kind = ("data" if route.is_data else "order") + (" far" if route.is_far else "")
    return tag(
        "path",
        tag("title", f"{target.name} {verb} {source.name}{what}"),
        class_=f"edge {kind}",
        d=_curve(route),
        data_from=str(route.source),
        data_to=str(route.target),
    )


def _curve(route: Route) -> str:
    """Draw straight pieces, joined by curves that begin and end straight down."""
    first, *others = route.ways
    if route.is_sideways:
        return f"M{first.x:.4g} {first.upper:.6g}H{others[-1].x - 1:.6g}"
    path = f"M{first.x:.6g} {first.upper:.6g}V{first.lower:.6g}"
    for one, other in zip(route.ways, others, strict=False):
        path += _bend(one, other, is_last=other is others[-1])
    return path


def _bend(one: Way, other: Way, *, is_last: bool) -> str:
    end = other.upper - (1 if is_last else 0)
    if one.x == other.x:
        return f"V{max(other.lower - (1 if is_last else 0), end):.6g}"
    middle = (one.lower + end) / 2
    straight = "" if is_last else f"V{other.lower:.6g}"
    return f"C{one.x:.6g} {middle:.6g} {other.x:.6g} {middle:.6g} {other.x:.6g} {end:.6g}{straight}"


def _labels(graph: StepGraph, drawing: Drawing) -> Iterator[Html]:
    """Write which elements are read beside the arrows' tips; a bundle has one tip."""
    tips: dict[Way, dict[str, Route]] = {}
    for route in drawing.routes:
        source, target = graph.steps[route.source], graph.steps[route.target]
        if route.is_data and (text := words.elements(target, source.name)):
            tips.setdefault(route.ways[-1], {})[text] = route
    for texts in tips.values():
        route = next(iter(texts.values()))
        yield _label(", ".join(texts), route, drawing.steps[route.target])


def _label(text: str, route: Route, target: Area) -> Html:
    """Write a label on that side of the tip where no other tip of the step is."""
    tip, width = route.ways[-1], 18
    x, anchor = tip.x + 7, "start"
    if route.is_sideways:
        x, anchor, width = (route.ways[0].x + tip.x) / 2 - 3, "middle", 7
    elif tip.x < target.x + target.width / 2 - 1:
        x, anchor = tip.x - 7, "end"
    return tag(
        "text",
        words.cut(text, width),
        class_="element",
        x=x,
        y=tip.upper - 6,
        text_anchor=anchor,
        data_from=str(route.source),
        data_to=str(route.target),
    )


def _step(number: int, card: Card, area: Area) -> Html:
    kind = " ".join(
        ["step", *(["collapsed"] if card.note else [])]
        + ([looks.style(card.state)] if card.state else [])
    )
    parts = tag(
        "g",
        tag("title", _spoken(card)),
        tag("rect", class_="card", width=area.width, height=area.height, rx=8),
        _sign(card),
        tag("text", card.name, class_="name", x=PADDING, y=25),
        *_body(card),
        transform=f"translate({area.x:.6g} {area.y:.6g})",
    )
    label = f"step {_spoken(card)}"
    return tag("a", parts, class_=kind, href=f"#s{number}", aria_label=label, data_step=str(number))


def _sign(card: Card) -> Html | None:
    if card.state is None:
        return None
    return tag(
        "text",
        looks.sign(card.state),
        class_="sign",
        x=card.width - PADDING,
        y=25,
        text_anchor="end",
    )


def _spoken(card: Card) -> str:
    state = f"{card.step.name}: {card.state.value}" if card.state else card.step.name
    badges = ", ".join(text for text, is_parameter in card.badges if not is_parameter)
    parts = (state, words.summary(card.step.doc), badges, " ".join(card.note))
    return "; ".join(part for part in parts if part)


def _body(card: Card) -> Iterator[Html]:
    top = 25.0
    if card.doc:
        top += LINE + 1
        yield tag("text", card.doc, class_="doc", x=PADDING, y=top)
    if card.badges:
        yield from _badges(card.badges, top + 9)
        top += 24
    if card.note:
        yield from _note(card.note, card.width, top + 13)


def _badges(badges: Sequence[tuple[str, bool]], top: float) -> Iterator[Html]:
    left = float(PADDING)
    for text, is_parameter in badges:
        width = badge_width(text)
        kind = "badge parameter" if is_parameter else "badge"
        yield tag("rect", class_=kind, x=left, y=top, width=width, height=18, rx=9)
        yield tag("text", text, class_=kind, x=left + width / 2, y=top + 13, text_anchor="middle")
        left += width + 6


def _note(lines: Sequence[str], width: float, top: float) -> Iterator[Html]:
    height = len(lines) * LINE + 8
    yield tag("rect", class_="note", x=6, y=top - 2, width=width - 12, height=height, rx=5)
    for place, line in enumerate(lines):
        yield tag("text", line, class_="note", x=PADDING, y=top + 12 + place * LINE)
