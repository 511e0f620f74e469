from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "prepare_zh.py"
_spec = importlib.util.spec_from_file_location("prepare_zh", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
prepare_zh = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(prepare_zh)


def write_gzip(path, rows):
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_texts(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(list(row) == ["text"] for row in rows)
    return [row["text"] for row in rows]


def prepare(tmp_path, monkeypatch, documents=(), sentences=(), headlines=()):
    """The texts of the two files that come of rows ``(source, text)``."""
    corpora, output = tmp_path / "corpora", tmp_path / "new" / "output"
    corpora.mkdir(exist_ok=True)
    for name, rows in [("documents", documents), ("sentences", sentences), ("headlines", headlines)]:
        write_gzip(corpora / f"{name}.jsonl.gz", [{"source": s, "text": t, "date": None} for s, t in rows])
    monkeypatch.setattr(sys, "argv", ["prepare_zh.py", str(corpora), str(output)])
    prepare_zh.main()
    return read_texts(output / "documents.jsonl"), read_texts(output / "human_text.jsonl")


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("新橋明年通車市民歡迎", "新橋明年通車市民歡迎"),
        ("【快訊】新橋明年通車市民歡迎", "新橋明年通車市民歡迎"),
        ("【快訊！】新橋明年通車【組圖】市民歡迎", "新橋明年通車市民歡迎"),
        ("新桥明年通车市民欢迎（图）", "新桥明年通车市民欢迎"),
        ("新桥明年通车市民欢迎(附视频)", "新桥明年通车市民欢迎"),
        ("新橋明年通車市民歡迎（附路線全文）", "新橋明年通車市民歡迎"),
        ("新橋明年通車（第二座）市民歡迎", "新橋明年通車（第二座）市民歡迎"),
        ("港灣丨新桥明年通车市民欢迎", "新桥明年通车市民欢迎"),
        ("港灣日誌|新橋明年通車市民歡迎", "新橋明年通車市民歡迎"),
        ("港灣｜新橋明年通車市民歡迎｜日誌", "新橋明年通車市民歡迎"),
        ("港灣新橋今年動工明年底通車市民歡迎｜日誌", "港灣新橋今年動工明年底通車市民歡迎"),
        ("：新橋明年通車，市民歡迎。", "新橋明年通車，市民歡迎"),
        ("  新橋明年通車　市民 \t歡迎 ", "新橋明年通車 市民 歡迎"),
        ("新橋明年通車 NBA球星3.5億捐款", "新橋明年通車 NBA球星3.5億捐款"),
    ],
)
def test_a_headline_loses_the_marks_of_its_desk_and_nothing_else(written, cleaned):
    assert prepare_zh.clean_headline(written) == cleaned


@pytest.mark.parametrize("mark", ["？", "?", "！", "!", "…", "...", "@", "#"])
def test_a_headline_that_asks_exclaims_or_tags_is_none(mark):
    assert prepare_zh.clean_headline(f"新橋明年通車{mark}市民歡迎") is None


@pytest.mark.parametrize(("length", "kept"), [(7, False), (8, True), (30, True), (31, False)])
def test_a_headline_has_eight_to_thirty_characters_without_its_marks(length, kept):
    text = "橋" * length
    assert prepare_zh.clean_headline(f"【快訊】{text}（圖）") == (text if kept else None)


@pytest.mark.parametrize("text", ["", "   ", "【快訊】", "：——。"])
def test_of_marks_alone_no_headline_is_left(text):
    assert prepare_zh.clean_headline(text) is None


def test_documents_are_leads_and_paragraphs_neither_short_nor_long(tmp_path, monkeypatch):
    leads = [("rthk", "短" * 29), ("rthk", "甲" * 30), ("udn", "乙" * 220), ("udn", "長" * 221)]
    paragraphs = [
        ("rthk_para", "丙" * 40),
        ("chinanews_para", "丁" * 40),
        ("chinanews_para", "短" * 20),
        ("subtitles", "外" * 40),
    ]
    documents, headlines = prepare(tmp_path, monkeypatch, leads, paragraphs)
    assert sorted(documents) == sorted(["甲" * 30, "乙" * 220, "丙" * 40, "丁" * 40])
    assert headlines == []


def test_of_the_paragraphs_of_a_source_only_so_many_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_zh, "_PARAGRAPHS", {"rthk_para": 2, "chinanews_para": 1})
    rows = [(source, c * 40) for c in "甲乙丙" for source in ("rthk_para", "chinanews_para")]
    for _ in range(2):  # The limit is the same the second time.
        documents, _ = prepare(tmp_path, monkeypatch, sentences=rows)
        assert sorted(documents) == sorted(["甲" * 40, "甲" * 40, "乙" * 40])


def test_headlines_of_newsrooms_come_twice_gathered_ones_once_and_others_never(tmp_path, monkeypatch):
    rows = [
        ("rthk", "【快訊】港灣新橋明年底通車"),
        ("thucnews_title", "舊橋下月起關閉三年（圖）"),
        ("toutiao_hot", "渡輪公司出售兩艘老船"),
        ("weibo_media", "颱風過後學校明天開放"),
        ("nankai_news", "颱風過後學校後天開放"),
        ("rthk", "新橋真的會通車嗎？看這裡"),
        ("rthk", "太短"),
    ]
    documents, headlines = prepare(tmp_path, monkeypatch, headlines=rows)
    assert documents == []
    assert sorted(headlines) == sorted(
        ["港灣新橋明年底通車", "港灣新橋明年底通車", "舊橋下月起關閉三年", "渡輪公司出售兩艘老船"]
    )


def test_the_files_have_one_text_a_line_in_characters_and_always_the_same_shuffled_order(
    tmp_path, monkeypatch
):
    leads = [("rthk", chr(0x4E00 + i) * 30) for i in range(40)]
    headlines = [("rthk", chr(0x5000 + i) * 9) for i in range(40)]
    first = prepare(tmp_path, monkeypatch, leads, headlines=headlines)
    assert prepare(tmp_path, monkeypatch, leads, headlines=headlines) == first
    assert first[0] != [text for _, text in leads]
    assert sorted(first[0]) == sorted(text for _, text in leads)
    assert first[1][::2] != first[1][1::2]
    lines = (tmp_path / "new" / "output" / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == [f'{{"text": "{text}"}}' for text in first[0]]
