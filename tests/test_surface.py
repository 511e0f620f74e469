from __future__ import annotations

import pytest
import toy

from textae.surface import restore

COMMON = frozenset(["shares", "rise", "the", "white", "house", "talks", "may", "profit", "banks"])


def restored(summary, document):
    return restore(
        summary, document, toy.tokenizer().backend_tokenizer.normalizer.normalize_str, COMMON.__contains__, {}
    )


@pytest.mark.parametrize(
    ("document", "summary", "expected"),
    [
        ("頭髮政策將發展", "头发政策", "頭髮政策"),
        ("頭髮政策將發展", "发展政策", "發展政策"),
        # What the document lacks is written as Traditional text mostly is; the rest stays as it is.
        ("頭髮政策將發展", "发展国策", "發展國策"),
        ("头发政策将发展", "发展国策", "发展国策"),
        ("頭髮3.5%", "发展", "髮展"),
    ],
)
def test_chinese_is_written_in_the_documents_script(document, summary, expected):
    simplified = str.maketrans("頭髮發將國", "头发发将国")
    assert restore(
        summary, document, lambda text: text.translate(simplified), COMMON.__contains__, {"国": "國"}
    ) == (expected)


@pytest.mark.parametrize(
    ("document", "summary", "expected"),
    [
        ("Profit at Exxon Mobil's unit rose.", "exxon mobil's profit rises", "Exxon Mobil's profit rises"),
        ("Profit at Exxon Mobil rose.", "exxon mobil's profit", "Exxon Mobil's profit"),
        ("Exxon’s big day", "exxon's day", "Exxon's day"),
        ("It is Tessaly Motors' plan", "motors' plan", "Motors' plan"),
        ("The U.S. envoy met NATO.", "nato, u.s. talks", "NATO, U.S. talks"),
        ("A U.S.-led force", "u.s.-led talks", "U.S.-led talks"),
        ("COVID-19 spread; e-mail too", "e-mail: covid-19", "E-mail: COVID-19"),
        ("He joined O'Neill-Kim Corp.'s board", "o'neill-kim corp.'s board", "O'Neill-Kim Corp.'s board"),
        ('"Kim" (Merkel) said', "merkel, kim", "Merkel, Kim"),
        # Words that only begin a sentence keep their capital if they are no common words.
        ("Shares rise. Kim won.", "kim shares rise", "Kim shares rise"),
        ("Shares rise. Kim won.", "talks: shares rise", "Talks: shares rise"),
        ("In the White House the talks began.", "white house talks", "White House talks"),
        ("The House met. We May go.", "house talks in may", "House talks in May"),
        ("Kim: Shares rise. “Talks rise”", "shares rise as talks", "Shares rise as talks"),
        # Names that are not capitalised at their front.
        ("It sold an iPhone.", "iphone sold", "iPhone sold"),
        ("iPhone sales rose on eBay", "ebay sales", "eBay sales"),
        # Datelines shout.
        ("NEW YORK (Reuters) - Banks in New York said", "york banks", "York banks"),
        ("THE QUICK FOX", "quick fox", "QUICK FOX"),
        # Words of the generator's own.
        ("Exxon lost.", "exxon talks rise", "Exxon talks rise"),
        ("Exxon lost.", "talks rise", "Talks rise"),
        ("He won 3.5 percent", "3.5 percent", "3.5 percent"),
        ("Anything", "", ""),
    ],
)
def test_copied_words_take_the_form_they_have_in_the_document(document, summary, expected):
    assert restored(summary, document) == expected


def test_lower_case_research_text_stays_lower():
    document = "exxon mobil 's profit in the u.s. rose #.# percent , it said ."
    assert (
        restored("exxon mobil's profit in u.s. rose #.#", document) == "exxon mobil's profit in u.s. rose #.#"
    )


@pytest.mark.parametrize(
    ("document", "summary", "expected"),
    [
        ("王明：「NBA球星」，iPhone手機增長３.５％。", "nba球星,iphone增長3.5%", "NBA球星，iPhone增長3.5%"),
        ("他在BBC說：好。", "bbc:他說好", "BBC：他說好"),
        # A text with narrow punctuation keeps it, and so does a number.
        ("王明,說1,200元", "王明,1,200元", "王明,1,200元"),
        ("王明，說1,200元", "王明,1,200元", "王明，1,200元"),
        ("白楊港復工 貨運恢復", "復工 貨運", "復工 貨運"),
        ("google宣布", "google宣布", "google宣布"),
        # A mark that the document lacks is as wide as those that it has.
        ("王明週一說復工。", "王明:復工", "王明：復工"),
    ],
)
def test_chinese_text_has_its_latin_names_and_wide_marks_back(document, summary, expected):
    assert restored(summary, document) == expected
