"""Translations: complete, of today's texts, and such that nothing breaks in any language."""

from __future__ import annotations

import ast
import gettext
import re
from collections import defaultdict
from pathlib import Path

import pytest

from gimp_bridge import errors, language
from tools import catalogues

PROJECT = Path(__file__).resolve().parents[2]
REPAIR = "run: python tools/catalogues.py"

LANGUAGES = ["de", "es", "fr", "ja", "zh_CN"]
TEXTS = [each.id for each in catalogues.extracted() if each.id]

# Never shown to a person: how a run ends that was cancelled, or what only a broken pipe can say.
SILENT = {"Cancelled", "WireError"}

NEVER_ALIKE_FROM = 24
"""Letters: longer texts are alike in no two languages; shorter ones may be, such as Service."""


@pytest.fixture(params=LANGUAGES)
def path(request):
    return catalogues.FOLDER / f"{request.param}.po"


@pytest.fixture
def catalogue(path):
    return catalogues.merged(path, catalogues.extracted())


def test_the_languages_are_those_promised():
    assert [path.stem for path in catalogues.po_files()] == LANGUAGES


def test_the_template_holds_todays_texts():
    assert catalogues.TEMPLATE.read_bytes() == catalogues.as_po(catalogues.extracted()), REPAIR


def test_no_source_is_stale(path, catalogue):
    assert path.read_bytes() == catalogues.as_po(catalogue), REPAIR


def test_nothing_is_untranslated(catalogue):
    assert catalogues.untranslated(catalogue) == []


def test_what_is_compiled_is_what_is_written(path, catalogue):
    assert catalogues.compiled_file(path).read_bytes() == catalogues.compiled(catalogue), REPAIR


def test_every_translation_takes_the_same_values(catalogue):
    for each in catalogue:
        fields = sorted(re.findall(r"{[^}]*}", each.id))
        assert sorted(re.findall(r"{[^}]*}", each.string)) == fields or not each.id, each.id


def test_every_translation_has_a_mnemonic_where_the_text_has_one(catalogue):
    for each in catalogue:
        if each.id and not re.search(r"[A-Z]_[A-Z]|{[^}]*_", each.id):
            assert each.string.count("_") == each.id.count("_"), each.id


def test_no_two_languages_share_a_sentence():
    """English among them: what is the same in two was written into the wrong catalogue."""
    speakers = defaultdict(list)
    for path in catalogues.po_files():
        for each in catalogues.merged(path, catalogues.extracted()):
            if len(each.string) > NEVER_ALIKE_FROM:
                speakers[each.string].append(path.stem)
                if each.string == each.id:
                    speakers[each.string].append("en")
    assert {said: by for said, by in speakers.items() if len(by) > 1} == {}


def test_every_sentence_of_an_error_is_marked():
    """All rooms but set-up, which speaks English."""
    bridge = PROJECT / "gimp_bridge"
    assert [
        f"{path.name}:{line}"
        for path in sorted(bridge.rglob("*.py"))
        if path.parent != bridge / "installer"
        for line in plain_sentences(path)
    ] == []


def plain_sentences(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            kind = getattr(errors, node.func.id, None)
            text = node.args[0]
            written = isinstance(text, ast.JoinedStr | ast.Constant)
            only_parts = isinstance(text, ast.JoinedStr) and not any(
                re.search("[A-Za-z]", str(part.value))
                for part in text.values
                if isinstance(part, ast.Constant)
            )
            shown = isinstance(kind, type) and kind.__name__ not in SILENT
            if shown and written and not only_parts:
                yield node.lineno


def test_a_language_is_used_and_left_again():
    try:
        language.use_language(["de"])
        assert language._("Reading") == "Lesen"
        language.use_language(["zh_CN"])
        assert language._("Reading") == "正在读取"
        language.use_language(["tlh"])
        assert language._("Reading") == "Reading"
    finally:
        language._Current.translations = gettext.NullTranslations()


def test_a_damaged_catalogue_means_english(tmp_path):
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    for damage in (b"", b"\xde\x12\x04\x95", b"nonsense" * 10):
        (folder / "object-removal.mo").write_bytes(damage)
        language.use_language(["de"], [tmp_path])
        assert language._("Reading") == "Reading"
