"""The language of town templates: Jinja's, cut down to what cannot run for long, reach anything, or hide what must be said.

Allowed are variables, `if`, one loop over `paragraphs`, comparisons and a few filters. There is no arithmetic, no call, no
attribute, no nested loop, so that the time to render is bounded by the length of the template.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hejnal_contracts.base import Channel, Language, Severity

LONGEST_SOURCE = 32_000
MOST_NODES = 2_000
MOST_PARAGRAPHS = 100
FILTERS = ("upper", "lower", "capitalize", "trim", "truncate", "default", "length")

TEXTS = (
    "headline",
    "body",
    "instruction",
    "label",
    "category",
    "severity",
    "kind",
    "valid_from",
    "valid_until",
    "validity",
    "url",
    "town",
    "language",
    "footer",
    "unsubscribe_url",
    "unsubscribe",
    "more",
    "message",
)
VARIABLES = (*TEXTS, "drill", "paragraphs")
"""`headline` is the title with what it is: drill, update, all-clear, emergency. `message`: what the built-in SMS would say."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a message."""

    longest: int
    """Characters it may come to; an HTML part in the mail, a title on a phone."""
    says: tuple[tuple[str, ...], ...]
    """Of each group, at least one variable must be printed: what may not be left out."""
    html: bool = False


_WHOLE = (("headline",), ("body", "paragraphs"), ("instruction",), ("unsubscribe_url",))
PARTS: dict[Channel, dict[str, Part]] = {
    Channel.EMAIL: {
        "subject": Part(300, (("headline",),)),
        "text": Part(60_000, _WHOLE),
        "html": Part(250_000, _WHOLE, html=True),
    },
    Channel.PUSH: {"title": Part(300, (("headline",),)), "body": Part(6_000, (("body", "message"),))},
    Channel.SMS: {"text": Part(2_000, (("message", "headline"),))},
}

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.For,
    nodes.Keyword,
)
_NAMES: dict[type[nodes.Node], str] = {
    nodes.Call: "calls",
    nodes.Getattr: "attributes",
    nodes.Getitem: "indices",
    nodes.Assign: "`set`",
    nodes.Include: "`include`",
    nodes.Import: "`import`",
    nodes.FromImport: "`import`",
    nodes.Extends: "`extends`",
    nodes.Block: "`block`",
    nodes.Macro: "`macro`",
    nodes.Concat: "`~`",
    nodes.Mul: "arithmetic",
    nodes.Add: "arithmetic",
    nodes.Sub: "arithmetic",
    nodes.Div: "arithmetic",
    nodes.Pow: "arithmetic",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a part cannot be used."""

    part: str
    line: int
    variable: str
    """The name it is about; empty where it is about none."""
    message: str


class TooLongError(Exception):
    """A rendered part is longer than it may be."""


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.globals = {}
    return made


_ENVIRONMENTS = {html: _environment(html=html) for html in (False, True)}


def check(channel: Channel, sources: Mapping[str, str]) -> list[Mistake]:
    """Everything that is wrong with the parts of a template; empty when they can be used."""
    parts = PARTS[channel]
    found = [Mistake(name, 0, "", "there is no such part") for name in sources if name not in parts]
    for name, part in parts.items():
        if name not in sources:
            found.append(Mistake(name, 0, "", "this part is missing"))
        else:
            found += _check_part(name, part, sources[name])
    return found or _say_it_always(channel, sources)


def _say_it_always(channel: Channel, sources: Mapping[str, str]) -> list[Mistake]:
    """What must be said is said in every case: tried with each kind and severity, as a drill and in earnest."""
    template = TownTemplate(channel, 0, {name: _compiled(channel, name, source) for name, source in sources.items()})
    found: dict[tuple[str, str], Mistake] = {}
    for kind, severity, drill in product(("issued", "updated", "cancelled"), Severity, (False, True)):
        values: dict[str, Any] = {name: f"‹{name}›" for name in TEXTS}
        values |= {"kind": kind, "severity": severity.value, "drill": drill, "paragraphs": ["‹paragraphs›"]}
        try:
            rendered = template.render(values)
        except (TooLongError, TemplateError) as error:
            return [Mistake("", 0, "", str(error))]
        for name, part in PARTS[channel].items():
            said = rendered[name].lower()
            for group in part.says:
                if not any(f"‹{variable}›" in said for variable in group):
                    case = f"kind {kind}, severity {severity.value}{', drill' if drill else ''}"
                    found.setdefault((name, group[0]), Mistake(name, 0, group[0], f"is not said in every case: {case}"))
    return list(found.values())


def _compiled(channel: Channel, name: str, source: str) -> Template:
    return _ENVIRONMENTS[PARTS[channel][name].html].from_string(source)


def _check_part(name: str, part: Part, source: str) -> list[Mistake]:
    if len(source) > LONGEST_SOURCE:
        return [Mistake(name, 0, "", f"longer than {LONGEST_SOURCE} characters")]
    try:
        tree = _ENVIRONMENTS[part.html].parse(source)
    except TemplateSyntaxError as error:
        return [Mistake(name, error.lineno, "", error.message or "cannot be read")]
    except RecursionError:
        return [Mistake(name, 0, "", "too deeply nested")]
    found: list[Mistake] = []
    printed: set[str] = set()
    for count, (node, loops) in enumerate(_walk(tree, ()), start=1):
        if count > MOST_NODES:
            return [Mistake(name, node.lineno, "", f"more than {MOST_NODES} elements")]
        found += [Mistake(name, node.lineno, variable, message) for variable, message in _faults(node, loops)]
        if isinstance(node, nodes.Name) and node.ctx == "load":
            printed.add(node.name)
    for group in part.says:
        if not printed & set(group):
            found.append(Mistake(name, 0, group[0], "must be in this part: " + " or ".join(f"{{{{ {one} }}}}" for one in group)))
    return found


def _walk(node: nodes.Node, loops: tuple[str, ...]) -> "Iterator[tuple[nodes.Node, tuple[str, ...]]]":
    yield node, loops
    inside = loops
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        inside = (*loops, node.target.name)
    for child in node.iter_child_nodes():
        yield from _walk(child, inside)


def _faults(node: nodes.Node, loops: tuple[str, ...]) -> "Iterator[tuple[str, str]]":
    if not isinstance(node, _ALLOWED):
        yield "", f"{_NAMES.get(type(node), type(node).__name__)} cannot be used in a template"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield "", f"there is no filter `{node.name}`; there are {', '.join(FILTERS)}"
    elif isinstance(node, nodes.For):
        if loops:
            yield "", "a loop within a loop"
        if not isinstance(node.iter, nodes.Name) or node.iter.name != "paragraphs" or not isinstance(node.target, nodes.Name):
            yield "", "the only loop there is: {% for paragraph in paragraphs %}"
    elif isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in VARIABLES and node.name not in loops:
        yield node.name, f"there is no variable `{node.name}`; there are {', '.join(VARIABLES)}"


@dataclass(frozen=True, slots=True)
class TownTemplate:
    """A checked template of one channel and language."""

    channel: Channel
    version: int
    parts: Mapping[str, Template]

    @classmethod
    def compiled(cls, channel: Channel, version: int, sources: Mapping[str, str]) -> "TownTemplate":
        """Compile parts that `check` has found nothing wrong with; ValueError otherwise."""
        mistakes = check(channel, sources)
        if mistakes:
            raise ValueError(f"{mistakes[0].part}, line {mistakes[0].line}: {mistakes[0].message}")
        return cls(channel, version, {name: _compiled(channel, name, source) for name, source in sources.items()})

    def render(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Every part with its values. TooLongError, naming the part, when one comes out too long; TemplateError for a bug."""
        bounded = {**values, "paragraphs": list(values["paragraphs"])[:MOST_PARAGRAPHS]}
        return {
            name: _bounded(name, template, bounded, PARTS[self.channel][name].longest) for name, template in self.parts.items()
        }


class Templates(Protocol):
    """Who knows the words a channel uses."""

    def find(self, channel: Channel, language: Language) -> TownTemplate | None:
        """The template, or None where the built-in one is used."""
        ...

    def render(self, channel: Channel, language: Language, values: Mapping[str, Any]) -> dict[str, str] | None:
        """The parts in the template's words; None where the built-in ones are used."""
        ...


def _bounded(name: str, template: Template, values: Mapping[str, Any], longest: int) -> str:
    pieces, length = [], 0
    for piece in template.generate(values):
        length += len(piece)
        if length > longest:
            raise TooLongError(f"{name} comes to more than {longest} characters")
        pieces.append(piece)
    return "".join(pieces)
