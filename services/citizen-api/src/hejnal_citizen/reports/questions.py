"""Questions of a category's own, and answers to them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hejnal_citizen.schema import Input
from hejnal_runtime.errors import AppError, Kind

QuestionKind = Literal["string", "text", "number", "datetime", "single", "multiple"]
Answers = dict[str, str | float | list[str]]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

MOST_QUESTIONS = 12
MOST_CHOICES = 40
_LONGEST: Mapping[str, int] = {"string": 200, "text": 2000}
_LISTS = frozenset({"single", "multiple"})


class Wording(Input):
    """The same words in each language of the town."""

    pl: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)
    uk: str = Field(min_length=1, max_length=200)


class Choice(Input):
    """One answer that may be picked."""

    code: Code
    label: Wording


class Question(Input):
    """One question of a category."""

    code: Code
    kind: QuestionKind = Field(
        description="string: one line, text: several, number, datetime: ISO 8601 with offset, single, multiple: of `choices`"
    )
    label: Wording
    hint: Wording | None = None
    required: bool = False
    choices: tuple[Choice, ...] = Field(default=(), max_length=MOST_CHOICES, description="For single and multiple, else empty")

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if (self.kind in _LISTS) != bool(self.choices):
            raise ValueError("questions of the kinds single and multiple need choices, the others have none")
        if len({choice.code for choice in self.choices}) != len(self.choices):
            raise ValueError("two choices have the same code")
        return self


def check_answers(questions: Sequence[Question], given: Mapping[str, Any]) -> Answers:
    """The answers in their own types, without empty ones. AppError(INVALID, answers-invalid) names each that does not fit."""
    known = {question.code: question for question in questions}
    errors = [_error(code, "There is no such question in this category.") for code in sorted(given.keys() - known.keys())]
    kept: Answers = {}
    for question in questions:
        value = given.get(question.code)
        if value is None or value in ("", []):
            if question.required:
                errors.append(_error(question.code, f"Please answer: {question.label.pl}"))
            continue
        try:
            kept[question.code] = _answer(question, value)
        except (ValueError, TypeError) as error:
            errors.append(_error(question.code, str(error)))
    if errors:
        detail = "Some of this category's questions are not answered, or not in the form they ask for; `errors` says which."
        raise AppError(Kind.INVALID, "answers-invalid", detail, errors=errors)
    return kept


def _answer(question: Question, value: Any) -> str | float | list[str]:
    match question.kind:
        case "number":
            return _number(value)
        case "datetime":
            return _instant(value)
        case "multiple":
            picked = [value] if isinstance(value, str) else value
            if not isinstance(picked, list):
                raise TypeError("Give a list of codes.")
            return [_choice(question, one) for one in dict.fromkeys(str(one) for one in picked)]
        case "single":
            return _choice(question, value)
    if not isinstance(value, str):
        raise TypeError("Give a text.")
    longest = _LONGEST[question.kind]
    if len(value) > longest:
        raise ValueError(f"Use at most {longest} characters.")
    return value.strip()


def _number(value: Any) -> float:
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        raise ValueError("Give a number.") from None
    if isinstance(value, bool) or not -1e12 < number < 1e12:
        raise ValueError("Give a number.")
    return number


def _instant(value: Any) -> str:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("Give date and time as in 2026-11-22T14:30:00+01:00.") from None
    if instant.tzinfo is None:
        raise ValueError("Give the time with its offset, as in 2026-11-22T14:30:00+01:00.")
    return instant.isoformat()


def _choice(question: Question, value: Any) -> str:
    if value not in {choice.code for choice in question.choices}:
        raise ValueError(f"Choose one of: {', '.join(choice.code for choice in question.choices)}.")
    return str(value)


def _error(code: str, detail: str) -> dict[str, str]:
    return {"pointer": f"/body/answers/{code}", "detail": detail, "code": "answer-invalid"}
