from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import torch
import toy

import textae
from textae import autoencoder, checkpoint
from textae.autoencoder import BundledModels, TextAutoencoder, load, pick_device
from textae.counts import Counts
from textae.errors import CheckpointError, InputError, UsageError
from textae.parser import DependencyParser
from textae.search import Search
from textae.segment import count_units, ends_open, names, numbers
from textae.textio import read_documents
from textae.token_table import writable_tokens
from textae.tokenizer import split_words, train_tokenizer

SAMPLE = Path(__file__).parent.parent / "data" / "en" / "documents.jsonl"
ODD = [
    "",
    " \n ",
    "Merkel",
    "3.5",
    "...",
    "?!",
    "'s",
    "🙂",
    "Merkel Merkel Merkel",
    "of the",
    "\ufeffKim won.",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return toy.checkpoint(tmp_path_factory.mktemp("saved") / "model", seed=3)


@pytest.fixture(scope="module")
def model(folder):
    return load(folder, device="cpu")


def test_summaries_come_in_the_order_of_the_documents(model):
    documents = toy.documents(9)
    together = model.summarize(documents, batch_size=4)
    assert len(together) == 9
    assert len(set(together)) > 2
    # Each names what stands in its own document.
    for document, summary in zip(documents, together, strict=True):
        assert model.summarize([document])[0] == summary
    assert model.summarize(documents[::-1], batch_size=2) == together[::-1]


def test_no_documents_have_no_summaries(model):
    assert model.summarize([]) == []
    assert model.reconstruct([]) == []


@pytest.mark.parametrize("length", [1, 2, 6, 8, 12, 16, 100, 0.05, 0.3, 1.0, None])
def test_no_summary_is_longer_than_asked_for(model, length):
    documents = [*toy.documents(8, seed=4), *ODD]
    for document, summary in zip(documents, model.summarize(documents, length=length), strict=True):
        size = count_units(document)
        wanted = 10 if length is None else max(1, int(size * length)) if isinstance(length, float) else length
        assert count_units(summary) <= min(wanted, size), document
        assert "\n" not in summary


def test_the_bundled_model_uses_the_length_it_is_given():
    documents = [document.text for document in read_documents([str(SAMPLE)])][:8]
    model = TextAutoencoder.from_pretrained("en", device="cpu")
    for length in (6, 8, 12):
        summaries = model.summarize(documents, length=length)
        assert length - 2 <= sum(map(count_units, summaries)) / 8 <= length


def test_names_and_numbers_are_those_of_the_document(model):
    documents = toy.documents(24, seed=6)
    for document, summary in zip(documents, model.summarize(documents, length=12), strict=True):
        assert set(numbers(summary)) <= set(numbers(document))
        assert set(names(summary)) <= set(names(f"x {document}"))


def test_summaries_do_not_break_off(model):
    summaries = model.summarize(toy.documents(24, seed=7), length=6)
    assert not [summary for summary in summaries if ends_open(summary)]


@pytest.mark.parametrize("empty", ["", " \n\t", "...", "\u200b"])
def test_a_document_without_words_has_an_empty_summary(model, empty):
    assert model.summarize([empty, "Merkel won", empty])[::2] == ["", ""]


def test_one_word_is_its_own_summary_or_none_shorter(model):
    for document in ("Merkel", "3.5", "王"):
        (summary,) = model.summarize([document])
        assert count_units(summary) == 1


@pytest.mark.parametrize("length", [0, -3, 0.0, -0.5, 1.5, 20.0, float("nan"), "ten"])
def test_a_length_that_cannot_be_is_refused(model, length):
    with pytest.raises(UsageError, match="length"):
        model.summarize(["Merkel won"], length=length)
    with pytest.raises(UsageError, match="length"):
        model.summarize([], length=length)


def test_of_a_long_document_the_generator_reads_what_tells_most_even_at_its_end(model):
    # 3,000 words in which only the last sentence has words of others.
    long = " ".join(f"Kim{i} won{i} rain{i} talks{i} shares{i}." for i in range(600))
    long += " Zagrebov won 77 won3 rain5 again."
    assert count_units(long) > 3000
    seen = []
    write = model._write

    def spy(texts, limits, batch_size):
        seen.extend(texts)
        return write(texts, limits, batch_size)

    model._write = spy
    try:
        (summary,) = model.summarize([long], length=12)
    finally:
        del model._write
    assert 1 <= count_units(summary) <= 12
    assert "Zagrebov won 77" in " ".join(seen)
    assert len(model._encode(seen)[0]) <= model._window


ARTICLE = (
    "Heavy rain flooded the old bridge in Port Ansel. Choirs sang in the square. The flooded bridge was "
    "closed. Engineers said the rain had damaged the old bridge. A bakery opened."
)


def test_where_there_is_room_whole_sentences_are_kept_in_order(model):
    (summary,) = model.summarize([ARTICLE], length=25)
    assert summary == (
        "Heavy rain flooded the old bridge in Port Ansel. The flooded bridge was closed. "
        "Engineers said the rain had damaged the old bridge."
    )
    assert model.summarize([ARTICLE], length=20, style="sentences") != model.summarize([ARTICLE], length=20)
    (short,) = model.summarize([ARTICLE], length=25, style="short")
    assert short not in ARTICLE
    assert count_units(short) <= 25


def test_a_document_shorter_than_asked_for_is_no_reason_to_repeat_it(model):
    (summary,) = model.summarize(["Rain flooded Port Ansel. Choirs sang."], length=60)
    assert summary != "Rain flooded Port Ansel. Choirs sang."


def test_of_a_document_no_longer_than_asked_for_half_is_kept(model):
    article = f"{ARTICLE} {ARTICLE.replace('bridge', 'ferry').replace('rain', 'storm')}"
    (summary,) = model.summarize([article], length=200)
    assert 15 < count_units(summary) <= count_units(article) // 2
    assert model.summarize([ARTICLE], length=1.0, style="sentences") == [ARTICLE]


def test_a_short_summary_of_many_words_has_a_headline_of_each_of_several_sentences(model):
    seen = []
    write = model._write

    def spy(texts, limits, batch_size):
        seen.extend(zip(texts, limits, strict=True))
        return write(texts, limits, batch_size)

    model._write = spy
    try:
        (summary,) = model.summarize([ARTICLE], length=20, style="short")
    finally:
        del model._write
    assert [limit for _, limit in seen] == [10, 10]
    assert all(text in ARTICLE for text, _ in seen)
    assert summary.count(". ") == 1
    assert summary.endswith(".")


def test_a_short_summary_with_room_for_sentences_shortens_them_in_their_own_words():
    model = load("en", device="cpu")
    article = (
        "The council of Port Ansel opened a new bridge over the harbour after years of delay. "
        "Engineers repaired seven damaged arches with local stone during the winter, which cost four million "
        "crowns and closed the ferry harbour. Traders said business had suffered. It rained all day."
    )
    assert model.summarize([article], length=25, style="short") == [
        "The council of Port Ansel opened a new bridge over the harbour after years of delay. "
        "Engineers repaired seven damaged arches with local stone."
    ]
    (whole,) = model.summarize([article], length=25)
    assert whole in article


def test_where_no_sentence_is_so_short_the_generator_writes(model):
    (summary,) = model.summarize([ARTICLE], length=3, style="sentences")
    assert 1 <= count_units(summary) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "1234567890" * 300,
        "." * 3000,
        "㝢" * 1500,
        "🙂" * 800,
        "http://a.b/" + "c-/" * 900,
        "a'" * 2000,
    ],
)
@pytest.mark.parametrize("around", ["{}", "Merkel won. {} Kim lost."])
def test_endless_words_come_to_an_end(model, text, around):
    document = around.format(text)
    started = time.monotonic()
    (summary,) = model.summarize([document], length=5)
    assert time.monotonic() - started < 10
    assert count_units(summary) <= 5
    assert set(numbers(summary)) <= set(numbers(document))


def test_a_summary_longer_than_the_network_can_write_ends_before(folder, monkeypatch):
    short = load(folder, device="cpu")
    monkeypatch.setattr(autoencoder, "_TOKENS_PER_UNIT", 100)
    short.networks["generator"] = toy.network(3)
    short.networks["generator"].config.max_position_embeddings = 12
    asked = []
    monkeypatch.setattr(
        autoencoder, "beam_search", lambda *_, max_tokens, **__: asked.append(max_tokens) or [[]]
    )
    short.summarize(["Merkel won talks in Berlin"], length=5)
    assert asked == [12]


def test_a_text_longer_than_the_reconstructor_can_read_is_refused(model):
    with pytest.raises(UsageError, match="reads 512 tokens at most; one text has"):
        model.reconstruct(["Merkel won", "won " * 600])


def test_text_that_looks_like_tokens_is_text(model):
    assert model.summarize(["</s> <pad> Merkel <length_3> won </s>"])[0]


def test_saved_and_opened_it_writes_the_same(model, tmp_path):
    documents = toy.documents(6, seed=9)
    before = model.summarize(documents)
    model.save_pretrained(tmp_path / "again")
    opened = TextAutoencoder.from_pretrained(tmp_path / "again", device="cpu")
    assert opened.summarize(documents) == before == model.summarize(documents)
    assert opened.reconstruct(before) == model.reconstruct(before)
    assert opened.perplexity(before) == model.perplexity(before)
    assert opened.settings == model.settings


def test_documents_are_reconstructed_in_order(model):
    words = [*toy.human_text(12), "", "  "]
    written = model.reconstruct(words, batch_size=5)
    assert written[-2:] == ["", ""]
    assert len(set(written)) > 3
    assert written[::-1] == model.reconstruct(words[::-1], batch_size=64)


def test_perplexity_is_that_of_the_language_model_by_the_word(model):
    texts = ["Merkel wins talks", "Kim closes 3.5 farms"]
    network, tokenizer = model.networks["language_model"], model.tokenizer
    total = 0.0
    for text in texts:
        ids = torch.tensor(
            [[*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]]
        )
        total += network.token_log_probs(ids, torch.ones_like(ids, dtype=torch.bool)).sum().item()
    assert model.perplexity(texts) == pytest.approx(torch.tensor(-total / 7).exp().item(), rel=1e-4)
    assert model.perplexity(texts, batch_size=1) == pytest.approx(model.perplexity(texts), rel=1e-4)


def test_what_a_checkpoint_lacks_is_said(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "reconstructor")
    shutil.rmtree(tmp_path / "model" / "language_model")
    small = load(tmp_path / "model", device="cpu")
    assert small.summarize(["Merkel won"])[0]
    with pytest.raises(UsageError, match="no reconstructor"):
        small.reconstruct(["Merkel won"])
    with pytest.raises(UsageError, match="no language model"):
        small.perplexity(["Merkel won"])


def test_info_tells_sizes_and_settings(model):
    info = model.info()
    assert info["description"] == "a toy"
    assert info["vocabulary"] == len(toy.tokenizer())
    assert info["generator parameters"] == sum(p.numel() for p in model.networks["generator"].parameters())
    assert info["device"] == "cpu"


def test_info_tells_the_sizes_of_a_search_and_no_character_map():
    info = load("zh").info()
    assert info["writer"] == "search"
    assert info["salience parameters"] > 100_000
    assert info["parser parameters"] > 100_000
    assert not {"traditional", "train_config"} & info.keys()


def test_what_is_no_model_is_a_checkpoint_error(tmp_path):
    with pytest.raises(CheckpointError, match="no such model"):
        load("nothing-of-this-name")
    with pytest.raises(CheckpointError, match="not a textae checkpoint"):
        load(tmp_path)


def test_a_device_that_is_missing_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == "cpu"
    with pytest.raises(UsageError, match="no CUDA"):
        pick_device("cuda")


# Each has its numbers once, and none masked.
COUNTED = [
    "Mayor Quill opened 41 schools in Port Ansel on Monday, a spokesman said.",
    "Norvane Airlines cut 1,260 jobs in Karelta on Friday, and 3.5 percent of its flights go.",
    "Lena Sorrel won $43.7 billion in Berlin despite a strike of 90,000.",
    "7 farms closed.",
    "Talks closed.",
]


class StubSearch:
    """Takes the last words of every document."""

    def __init__(self):
        self.asked = []

    def write(self, texts, lengths):
        self.asked.append((texts, lengths))
        return [words[-length:] for words, length in zip(texts, lengths, strict=True)]


def with_search(search):
    built = toy.autoencoder(seed=3, window=512)
    return TextAutoencoder(built.tokenizer, built.networks, built.settings, search=search)


def counts():
    texts = (toy.human_text(), COUNTED * 9)
    return Counts.of(*([split_words(toy.tokenizer(), text) for text in part] for part in texts))


def untrained_parser():
    torch.manual_seed(0)
    labels = ["ROOT", "nsubj", "dobj", "prep", "pobj", "nummod", "det"]
    return DependencyParser(["the", "in", "on"], ["NN", "NNP", "VBD", "IN", "CD"], labels).eval()


def test_a_model_with_a_search_summarizes_with_it_and_not_with_the_generator(monkeypatch):
    monkeypatch.setattr(autoencoder, "beam_search", lambda *_, **__: pytest.fail("it generated"))
    search = StubSearch()
    # The letters of the document come back.
    assert with_search(search).summarize([COUNTED[2], COUNTED[0]], length=4) == [
        "A strike of 90,000.",
        "Monday, a spokesman said.",
    ]
    ((texts, lengths),) = search.asked
    assert lengths == [4, 4]
    assert [" ".join(words) for words in texts] == [COUNTED[2].lower(), COUNTED[0].lower()]


def test_a_search_has_documents_of_like_length_together_and_gives_them_back_in_order():
    search = StubSearch()
    texts = ["", *(f"{'quay ' * n}ferry" for n in (7, 2, 5, 3)), "..."]
    assert with_search(search).summarize(texts, length=0.5, batch_size=2) == [
        *("", "quay quay quay ferry", "ferry", "quay quay ferry", "quay ferry", ""),
    ]
    assert [[len(words) for words in batch] for batch, _ in search.asked] == [[3, 4], [6, 8]]
    assert [lengths for _, lengths in search.asked] == [[1, 2], [3, 4]]


def test_where_a_search_finds_nothing_the_first_words_stand(monkeypatch):
    search = StubSearch()
    monkeypatch.setattr(search, "write", lambda texts, lengths: [[] for _ in texts])
    assert with_search(search).summarize(COUNTED[:1], length=3) == ["Mayor Quill opened"]


def test_a_search_reads_the_same_sentences_of_a_long_document_as_a_generator():
    search = StubSearch()
    (summary,) = with_search(search).summarize([ARTICLE], length=20, style="short")
    assert [lengths for _, lengths in search.asked] == [[10, 10]]
    assert count_units(summary) <= 20
    assert summary.count(". ") == 1


CHINESE = [
    "市议会昨日批准新桥工程，渡轮公司关闭旧桥，港口的学校全部停课。",
    "台风袭击港口，消防员救出十二人，渡轮停航一日。",
    "医院表示，伤者已经出院，工程将会继续。",
    "委员会批准大桥计划，预计明年动工。",
]


@pytest.mark.parametrize("length", [12, 40, 70, 0.5])
@pytest.mark.parametrize("style", ["short", "auto"])
def test_a_chinese_parser_shortens_no_sentences(length, style):
    # Only English sentences are shortened so far: short and long ones are as without a parser.
    summaries, asked = [], []
    for parser in (None, DependencyParser(["市议会"], ["B-n"], ["HED"], chinese=True)):
        search = StubSearch()
        search.parser, search.counts, search.chinese = parser, counts(), True
        summaries.append(with_search(search).summarize(["".join(CHINESE)], length=length, style=style))
        asked.append(search.asked)
    assert summaries[0] == summaries[1]
    assert asked[0] == asked[1]
    # Short ones are written, however long; of the others the longest is of whole sentences.
    assert bool(asked[0]) == (style == "short" or length != 70)


@pytest.mark.parametrize("parsed", [False, True])
def test_a_summary_that_was_searched_is_short_and_has_the_numbers_of_its_document(parsed):
    model = with_search(Search(counts(), chinese=False, parser=untrained_parser() if parsed else None))
    found = []
    for length in range(1, 13):
        summaries = model.summarize(COUNTED, length)
        for document, summary in zip(COUNTED, summaries, strict=True):
            assert 1 <= count_units(summary) <= min(length, count_units(document))
            assert set(numbers(summary)) <= set(numbers(document))
            found += numbers(summary)
        # What random weights think of a word may hang on its batch, at the last digit.
        if not parsed:
            assert model.summarize(COUNTED[::-1], length, batch_size=2) == summaries[::-1]
    assert parsed or {"41", "1260", "3.5", "43.7", "90000", "7"} & set(found)


@pytest.mark.parametrize("parsed", [False, True])
def test_odd_documents_do_a_search_no_harm(parsed):
    model = with_search(Search(counts(), chinese=False, parser=untrained_parser() if parsed else None))
    for length in (1, 5, 0.5):
        for document, summary in zip(ODD, model.summarize(ODD, length), strict=True):
            assert bool(summary) == bool(count_units(document))
            assert count_units(summary) <= 5


def test_saved_with_its_search_and_opened_it_writes_the_same(tmp_path):
    # What a parser would make of rounded weights, the tests of checkpoints tell.
    model = with_search(Search(counts(), chinese=False))
    before = model.summarize(COUNTED, length=6)
    model.save_pretrained(tmp_path / "model")
    opened = load(tmp_path / "model", device="cpu")
    assert isinstance(opened.search, Search)
    assert opened.summarize(COUNTED, length=6) == before
    assert before != with_search(None).summarize(COUNTED, length=6)


@pytest.fixture
def bundled(tmp_path, folder, monkeypatch):
    """An English and a Chinese model in the place of the bundled ones."""
    texts = [
        "市政府宣布明年關閉舊橋,預算增加3.5%。",
        "海鷗航空增開航線,王小明說。",
        "股价上涨利润达到12亿元。",
    ] * 30
    tokenizer = train_tokenizer(texts, 480)
    torch.manual_seed(0)
    network = textae.networks.build_network(toy.SIZES, tokenizer, writable_tokens(tokenizer, texts))
    chinese = TextAutoencoder(
        tokenizer,
        {"generator": network},
        {"scripts": ["han"], "max_document_tokens": 64, "description": "zh"},
    )
    chinese.save_pretrained(tmp_path / "models" / "zh")
    shutil.copytree(folder, tmp_path / "models" / "en")
    monkeypatch.setattr(checkpoint, "_BUNDLED", tmp_path / "models")


def test_the_bundled_model_follows_the_script(bundled):
    loaded = load()
    assert isinstance(loaded, BundledModels)
    chinese = "市政府宣布，明年關閉NBA舊橋，預算增加3.5%。海鷗航空說。"
    summaries = loaded.summarize(["Merkel won 3.5 talks", chinese, "", "12", "Kim lost."], length=6)
    assert summaries[2] == ""
    assert all(summaries[i] for i in (0, 1, 3, 4))
    assert summaries[1] == load("zh").summarize([chinese], length=6)[0]
    assert summaries[0] == load("en").summarize(["Merkel won 3.5 talks"], length=6)[0]
    assert set(summaries[1]) <= set(chinese)
    assert count_units(summaries[1]) <= 6
    assert loaded.for_text(chinese).settings["description"] == "zh"


@pytest.mark.parametrize("length", [1, 3, 7, 0.4, None])
def test_chinese_limits_count_characters(bundled, length):
    documents = [
        "市政府宣布，明年關閉NBA舊橋，預算增加3.5%。" * 1,
        "海鷗航空增開COVID-19航線，王㝢㝣說：「12億元」！" * 12,
        "王",
    ]
    for document, summary in zip(documents, load("zh").summarize(documents, length=length), strict=True):
        size = count_units(document)
        wanted = 20 if length is None else max(1, int(size * length)) if isinstance(length, float) else length
        assert 1 <= count_units(summary) <= min(wanted, size)
        assert set(numbers(summary)) <= set(numbers(document))


@pytest.mark.parametrize(
    ("text", "script"), [("Правительство закрыло мост", "cyrillic"), ("橋を閉鎖するとした。", "hiragana")]
)
def test_a_third_script_is_refused_by_name(bundled, text, script):
    with pytest.raises(
        InputError, match=rf"no bundled model reads {script} script \(they read: han, latin\)"
    ):
        load().summarize(["Kim won", text])


def test_each_bundled_model_is_opened_once(bundled, monkeypatch):
    opened = []
    read = TextAutoencoder.from_pretrained
    monkeypatch.setattr(
        autoencoder.TextAutoencoder,
        "from_pretrained",
        classmethod(lambda cls, path, device: opened.append(path) or read(path, device)),
    )
    loaded = load()
    loaded.summarize(["Kim won", "海鷗說"])
    loaded.summarize(["Kim lost", "Kim"])
    assert sorted(path.name for path in opened) == ["en", "zh"]


def test_the_package_offers_its_names_without_being_asked_for_torch():
    assert textae.load is load
    assert textae.TextAutoencoder is TextAutoencoder
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        textae.nonsense  # noqa: B018
