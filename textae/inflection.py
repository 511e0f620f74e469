"""The present tense of English verbs: headlines tell in it what their stories tell in the past.

Only the form is known, not the meaning: a regular past form may belong to verbs of several spellings ("hoped"
to "hope" and "hop"), and whoever asks takes the first that a corpus uses. Words of other languages have none.
"""

from __future__ import annotations

from textae.segment import STOP_WORDS


def _third_person(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


_IRREGULAR_VERBS = """
become became; begin began; blow blew; break broke; bring brought; build built; buy bought; catch
caught; choose chose; come came; deal dealt; die died; do did; draw drew; drive drove; eat ate; fall fell;
feed fed; feel felt; fight fought; find found; flee fled; fly flew; forget forgot; freeze froze; get
got; give gave; go went; grow grew; have had; hear heard; hold held; keep kept; know knew; lead led;
leave left; lend lent; lose lost; make made; mean meant; meet met; overturn overturned; pay paid;
ride rode; rise rose; run ran; say said; see saw; seek sought; sell sold; send sent; shake shook;
shoot shot; show showed; shrink shrank; sink sank; sit sat; slide slid; speak spoke; spend spent;
spring sprang; stand stood; steal stole; strike struck; swim swam; swing swung; take took; teach
taught; tell told; think thought; throw threw; undergo underwent; wear wore; win won; withdraw
withdrew; write wrote
"""
_VERB_OF = {past: verb for verb, past in (pair.split() for pair in _IRREGULAR_VERBS.split(";"))}
_IRREGULAR_PARTICIPLES = """
become become; begin begun; break broken; choose chosen; come come; do done; draw drawn; drive driven;
eat eaten; fall fallen; fly flown; forget forgotten; freeze frozen; give given; go gone; grow grown;
know known; overtake overtaken; ride ridden; rise risen; run run; see seen; shake shaken; show shown;
shrink shrunk; sink sunk; speak spoken; steal stolen; swim swum; take taken; throw thrown; undergo undergone;
undertake undertaken; wear worn; withdraw withdrawn; write written
"""
_UNCHANGED = """
beat bet bid broadcast burst cost cut hit hurt let put quit rid set shed shut split spread
"""
_VERB_OF_PARTICIPLE = {
    **{past: verb for verb, past in (pair.split() for pair in _IRREGULAR_PARTICIPLES.split(";"))},
    **{verb: verb for verb in _UNCHANGED.split()},
}
# After these, or before "by", a past form is a participle: "was seized", "the seized goods", "helped by".
_BEFORE_PARTICIPLE = frozenset(
    ["a", "an", "the", "was", "were", "be", "been", "being", "is", "are", "not", "its", "their", "his", "by"]
)


def present_forms(word: str, before: str = "", after: str = "") -> list[tuple[str, str]]:
    """What a past form may be in the present: "hoped" gives ("hopes", "hope") and ("hops", "hop").

    Args:
        word: in lower case.
        before: the word before it, which may show that it is no past tense, but a participle or a currency.
        after: the word after it.

    Returns:
        Third person and base of each verb it may belong to, the likelier first.
    """
    if before in _BEFORE_PARTICIPLE or before.endswith("'s") or before[-1:].isdigit() or after == "by":
        return []
    return [(_third_person(verb), verb) for verb in _verbs(word)]


def finite_forms(word: str) -> list[tuple[str, str]]:
    """As ``present_forms``, of a word that is known to be a past tense or the participle of one ("taken")."""
    verbs = [_VERB_OF_PARTICIPLE[word]] if word in _VERB_OF_PARTICIPLE else _verbs(word)
    return [(_third_person(verb), verb) for verb in verbs]


def _verbs(past: str) -> list[str]:
    if past in _VERB_OF:
        return [_VERB_OF[past]]
    if len(past) <= 4 or not past.endswith("ed") or not (past.isalpha() and past.isascii()):
        return []
    stem = past[:-2]
    if stem.endswith("i"):
        return [f"{stem[:-1]}y"]
    undoubled = [stem[:-1]] if stem[-1] == stem[-2] else []
    return [verb for verb in (f"{stem}e", stem, *undoubled) if verb not in STOP_WORDS]
