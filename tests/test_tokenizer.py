from __future__ import annotations

import json

import pytest
import toy
from transformers import AutoTokenizer

from textae.errors import CheckpointError, UsageError
from textae.tokenizer import join_words, length_prompt, load_tokenizer, split_words, train_tokenizer

CHINESE = [
    "臺北市政府宣布,明年起關閉舊橋,預算增加3.5%。",
    "王小明說:「NBA球星在臺北捐出1,200萬元。」",
    "公司股价上涨,利润达到12亿元,员工增加。",
]


@pytest.fixture(scope="module")
def chinese():
    return train_tokenizer(CHINESE * 20, 480)


def tokens(text, tokenizer=None):
    tokenizer = tokenizer or toy.tokenizer()
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    ("natural", "tokenised"),
    [
        ("The U.S.'s $#.# billion, he said.", "the u.s. 's $ #.# billion , he said ."),
        ('He "won" (twice), it’s said', "he `` won '' -lrb- twice -rrb- , it 's said"),
        ("Prices rose 3.5%; talks — again — failed", "prices rose 3.5 % ; talks -- again -- failed"),
        ("They didn't vote: why?", "they did n't vote : why ?"),
        ("The Motors' office", "the motors ' office"),
        ("Ｐrice： ７ ｖotes", "price : 7 votes"),
    ],
)
def test_natural_and_tokenised_text_give_the_same_tokens(natural, tokenised):
    assert tokens(natural) == tokens(tokenised)


def test_text_comes_back_in_its_normal_form():
    text = "Angela Merkel's office in Port Ansel cut 1,200 votes, O'Neill said: €7 naïve 王 🙂"
    assert toy.tokenizer().decode(tokens(text)) == text.lower()


def test_text_that_reads_like_a_token_of_its_own_is_text():
    tokenizer = toy.tokenizer()
    ids = tokens("</s> <pad> <s> [unk] <unk> <length_3> <0x41>")
    assert not set(ids) & set(tokenizer.all_special_ids)
    assert tokenizer.decode(ids) == "< /s> < pad> < s> unk unk < length_3> < 0x41>"


@pytest.mark.parametrize("text", ["", " \n\t", "“” ()"])
def test_text_without_anything_has_no_tokens(text):
    assert tokens(text) == []


def test_saved_and_opened_it_is_the_same(tmp_path):
    toy.tokenizer().save_pretrained(tmp_path)
    texts = [*toy.documents(20), "the u.s. 's $ #.# </s> 王"]
    plain = AutoTokenizer.from_pretrained(tmp_path)
    for opened in (load_tokenizer(tmp_path), plain):
        assert [tokens(text, opened) for text in texts] == [tokens(text) for text in texts]
        assert opened.eos_token_id == toy.tokenizer().eos_token_id
        assert opened.convert_tokens_to_ids(length_prompt(7)) == toy.tokenizer().convert_tokens_to_ids(
            "<length_7>"
        )


def test_lengths_beyond_the_longest_prompt_share_it():
    assert length_prompt(1000) == length_prompt(64) != length_prompt(63)
    assert length_prompt(0) == length_prompt(1)
    assert toy.tokenizer().convert_tokens_to_ids(length_prompt(1000)) != toy.tokenizer().unk_token_id


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[]", "{}", '{"added_tokens": [], "model": {"type": "Unigram", "vocab": 3}}', None],
)
def test_a_broken_folder_is_an_error_of_one_line(tmp_path, content):
    toy.tokenizer().save_pretrained(tmp_path)
    if content is None:
        whole = (tmp_path / "tokenizer.json").read_bytes()
        (tmp_path / "tokenizer.json").write_bytes(whole[: len(whole) // 2])
    else:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match="no usable tokenizer") as raised:
        load_tokenizer(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="no such folder"):
        load_tokenizer(tmp_path / "missing")
    with pytest.raises(CheckpointError, match="no usable tokenizer"):
        load_tokenizer(tmp_path)


def test_a_small_corpus_gets_a_smaller_vocabulary():
    assert len(train_tokenizer(["one short text"], 10_000)) < 400
    assert len(train_tokenizer(toy.documents(), 400)) <= 400


def test_a_vocabulary_too_small_for_the_characters_is_refused():
    everything = "".join(map(chr, range(0x4E00, 0x5200)))
    with pytest.raises(UsageError, match="vocab_size 500 is too small"):
        train_tokenizer([everything], 500)


@pytest.mark.parametrize("texts", [[], ["", "  "]])
def test_without_text_there_is_no_vocabulary(texts):
    with pytest.raises(UsageError, match="no text"):
        train_tokenizer(texts, 1000)


def test_frequent_abbreviations_and_the_possessive_are_whole():
    assert toy.tokenizer().tokenize("The U.S.'s")[-2:] == ["▁u.s.", "'s"]


def test_training_twice_gives_the_same_vocabulary():
    again = train_tokenizer([*toy.documents(), *toy.human_text()], 560)
    assert json.loads(again.backend_tokenizer.to_str()) == json.loads(
        toy.tokenizer().backend_tokenizer.to_str()
    )


def test_english_words_are_split_at_spaces():
    words = split_words(toy.tokenizer(), "O'Neill's  $43.7 billion , he\tsaid .")
    assert words == ["o'neill's", "$43.7", "billion,", "he", "said."]
    assert join_words(words) == "o'neill's $43.7 billion, he said."


def test_chinese_words_are_those_of_a_dictionary_and_numbers_stay_whole(chinese):
    words = split_words(chinese, "王小明說：NBA球星捐出1,200萬元，增加3.5%。㝢")
    assert "1,200萬元," in words
    assert "3.5%。" in words
    assert "nba" in words
    assert words[-1] == "㝢"
    assert join_words(words) == "王小明說:nba球星捐出1,200萬元,增加3.5%。㝢"


@pytest.mark.parametrize("text", [*CHINESE, "abc 王 def", "股价, NBA"])
def test_chinese_words_lose_nothing_but_spaces(chinese, text):
    normal = chinese.backend_tokenizer.normalizer.normalize_str(text)
    words = split_words(chinese, text)
    assert "".join(words) == normal.replace(" ", "")
    assert all(words)


@pytest.mark.parametrize("text", CHINESE)
def test_chinese_round_trip_gives_the_same_tokens(chinese, text):
    assert tokens(join_words(split_words(chinese, text)), chinese) == tokens(text, chinese)


def test_joining_puts_spaces_where_both_sides_are_latin():
    assert join_words([]) == ""
    assert join_words(["the", "nba", "球星", "in", "2024", "年,", "3"]) == "the nba球星in 2024年,3"
