from __future__ import annotations

import time

import pytest

from textae.segment import (
    content_words,
    count_units,
    ends_open,
    join_units,
    names,
    numbers,
    script_of,
    sentences,
    strip_word,
    unit_spans,
    units,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain fell , and the U.S. won 3-2 .", ["Rain", "fell", "and", "the", "U.S.", "won", "3-2"]),
        ("-lrb- ap -rrb- # killed", ["ap", "#", "killed"]),
        ("今天下雨。", ["今", "天", "下", "雨"]),
        ("NBA球星：3.5%、iPhone 15！", ["NBA", "球", "星", "3.5%", "iPhone", "15"]),
        ("售價３，５００元（2,000.5美元）", ["售", "價", "３", "５００", "元", "2,000.5", "美", "元"]),
        ("The word 雨 means rain", ["The", "word", "雨", "means", "rain"]),
        ("Привет, мир", ["Привет,", "мир"]),
        (" \n\t", []),
        ("... -- 。，", []),
    ],
)
def test_units(text: str, expected: list[str]) -> None:
    assert units(text) == expected
    assert count_units(text) == len(expected)
    assert [text[start:end] for start, end in unit_spans(text)] == expected


def test_units_of_a_prefix_are_a_prefix_of_the_units() -> None:
    text = "港交所 HKEX 今年上市 25 家公司，up 3.5% 。"
    for start, end in unit_spans(text):
        assert units(text[:end]) == units(text)[: count_units(text[:start]) + 1]


def test_joined_units_have_spaces_only_between_spaced_words() -> None:
    assert join_units(["New", "York", "下", "雨", "3.5%", "ok"]) == "New York下雨3.5% ok"
    assert join_units([]) == ""


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("A plain sentence.", "latin"),
        ("OpenData發布新報告", "han"),
        ("これは短い文です", "hiragana"),
        ("東京で雨が降った", "hiragana"),
        ("阿里山の茶今年豐收，農民盼價格回升，市場反應熱烈", "han"),
        ("Короткий текст", "cyrillic"),
        ("짧은 글", "hangul"),
        ("ＡＢＣ", "latin"),
        ("123 !", "none"),
        ("", "none"),
    ],
)
def test_script_of(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'Mr. Low of the U.S. said: "It is over. We won." They left at 3.5 p.m. today. "Why?" she asked.',
            [
                'Mr. Low of the U.S. said: "It is over. We won."',
                "They left at 3.5 p.m. today.",
                '"Why?" she asked.',
            ],
        ),
        (
            'He said: "We go on. "This will help." Rain fell. "Why?" she asked. "No." "',
            ['He said: "We go on.', '"This will help."', "Rain fell.", '"Why?" she asked.', '"No." "'],
        ),
        ('it rained . " we go , " he said .', ["it rained .", '" we go , " he said .']),
        (
            "- Bring:\n  * a coat.\n - Two hats\n3. and a bag - of\nany kind.",
            ["Bring:", "a coat.", "Two hats", "and a bag - of any kind."],
        ),
        ("See example.Com for EU-U.S. talks. Then go.", ["See example.Com for EU-U.S. talks.", "Then go."]),
        ("Wrapped\nline. Next\n\nHeading\n\n  \nBody.", ["Wrapped line.", "Next", "Heading", "Body."]),
        ("prices rose 2 pct. . the end .", ["prices rose 2 pct. .", "the end ."]),
        ("雨停了。真的！是嗎？走吧", ["雨停了。", "真的！", "是嗎？", "走吧"]),
        ("船走了；人還在。燈滅了……天亮了", ["船走了；", "人還在。", "燈滅了……", "天亮了"]),
        (
            "他說：「雨停了。走吧；快……好嗎？」然後出門。",
            ["他說：「雨停了。走吧；快……好嗎？」", "然後出門。"],
        ),
        ("他问：“下雨吗？”没人答。", ["他问：“下雨吗？”", "没人答。"]),
        ("（完。）他說：『好嗎？』好。", ["（完。）他說：『好嗎？』", "好。"]),
        ("標題\n正文開始。\n\n結束", ["標題", "正文開始。", "結束"]),
        ("...", ["..."]),
        ("", []),
        (" \n \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_sentences_lose_no_character() -> None:
    text = "「甲。」乙；丙……丁！）戊？」 己。『庚；辛』壬"
    assert "".join(sentences(text)) == text.replace(" ", "")


def test_content_words_drop_stop_words_weekdays_and_said() -> None:
    text = 'The mayor of Leeds said on Tuesday, it \'s "a $2 million (loss)" for the U.K.'
    assert content_words(text) == ["mayor", "Leeds", "$2", "million", "loss", "U.K."]
    assert content_words("他的貓和狗在NBA") == ["貓", "狗", "NBA"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,200.50 and 3rd of 7", ["1200.50", "3", "7"]),
        ("##,### of #.# in the ##th", ["#####", "#.#", "##"]),
        ("two or twelve", []),
        ("#rain is a tag", []),
        ("漲３０％，共1,000人，2019年", ["30", "1000", "2019"]),
        ("1,2 and 20-40", ["1", "2", "20", "40"]),
        ("二十三人死亡，一百零五万户停電", ["23", "1050000"]),
        ("三成受訪者，即30%，或3成", ["30", "30", "30"]),
        ("1.2万人，12000人，1,200 萬元", ["12000", "12000", "12000000"]),
        ("二零二六年", ["2026"]),
        ("三星電子第三季統一成立三成員小組，一直十分好", []),
    ],
)
def test_numbers(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain hit Leeds and York's Anglo-Saxon wall.", ["Leeds", "York", "Anglo", "Saxon"]),
        ("A deal with the U.S. failed. Talks in Rome: The end", ["US", "Rome"]),
        ('He said "We go to Oslo" and I left', ["Oslo"]),
        ("rain hit leeds", []),
        ("", []),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_strip_word_keeps_the_point_of_an_abbreviation() -> None:
    words = ("U.S.,", '"rain."', "--", "$5.", "won't")
    assert [strip_word(word) for word in words] == ["U.S.", "rain", "", "$5", "won't"]


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("talks with the", True),
        ("guinea 's", True),
        ("rain falls ,", True),
        ("talks break off", False),
        ("polls open in may", False),
        ("rain may", True),
        ("Exports fell in May", False),
        ("雨後的", True),
        ("違反禁令", False),
        ("他說，", True),
        ("", False),
    ],
)
def test_ends_open(text: str, is_open: bool) -> None:
    assert ends_open(text) is is_open


def test_long_text_takes_linear_time() -> None:
    text = "Rain fell on the 3 hills. " * 20_000
    began = time.process_time()
    assert count_units(text) == 120_000
    assert len(sentences(text)) == 20_000
    assert time.process_time() - began < 5


def test_wide_spaces_do_no_harm():
    text = "市議會　週一宣布　“新橋　通車。　” 下週　開放。"
    assert "".join(sentences(text)).replace(" ", "") == text.replace("　", "").replace(" ", "")
