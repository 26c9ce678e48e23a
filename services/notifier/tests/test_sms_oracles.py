"""SMS arithmetic on 100,000 generated texts against two implementations that are not ours (PyPI and npm)."""

import json
import os
import random
import shutil
import subprocess

import pytest
import smsutil

from hejnal_local.workspace import Workspace
from hejnal_runtime.sms_text import GSM7_BASIC, GSM7_EXTENSION, Encoding, split_text

TEXTS = 100_000
_GSM7 = "".join(sorted(GSM7_BASIC - {"\r"}))
_EXTENSION = "".join(sorted(GSM7_EXTENSION))
_POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
_UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"


def _texts(count: int) -> list[str]:
    """Plain, extended, Polish and Ukrainian texts, with many lengths around the limits of one, two and three parts."""
    chance = random.Random(20261122)
    limits = (70, 134, 160, 201, 306, 459)
    found = []
    for _ in range(count):
        kind = chance.randrange(4)
        length = chance.choice(limits) + chance.randint(-4, 4) if chance.random() < 0.5 else chance.randint(1, 480)
        letters = chance.choices(_GSM7, k=length)
        if kind == 1:
            letters[chance.randrange(length)] = chance.choice(_EXTENSION)
        elif kind == 2:
            letters[chance.randrange(length)] = chance.choice(_POLISH)
        elif kind == 3:
            letters = chance.choices(_UKRAINIAN + " ,.", k=length)
        found.append("".join(letters))
    return found


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_parts_equal_both_oracles_on_a_hundred_thousand_texts() -> None:
    texts = _texts(TEXTS)
    node = shutil.which("node")
    assert node is not None, "Node is not on the path: the suites put it there"
    asked = "\n".join(json.dumps(text) for text in texts) + "\n"
    answer = subprocess.run(
        [node, str(Workspace.of_this_clone().web / "tooling" / "sms-segments.mjs")],
        input=asked,
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
        env={**os.environ, "NODE_OPTIONS": ""},
    )
    theirs = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(theirs) == TEXTS
    for text, npm in zip(texts, theirs, strict=True):
        ours = split_text(text)
        assert (ours.encoding is Encoding.GSM7, len(ours.parts)) == (npm["encoding"] == "GSM-7", npm["parts"]), text
        pypi = smsutil.split(text)
        assert list(ours.parts) == [part.content for part in pypi.parts], text
