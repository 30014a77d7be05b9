"""Docstrings, messages and pages are plain engineering English: phrases that are not are banned.

A phrase belongs here if it was found more than twice and has no legitimate use anywhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.helpers.words import Text, all_texts

# Places that were read as a whole; grows until it is everything.
FINISHED = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "adapters/genesys_cloud/",
    "docs/",
    "fuzz/",
    "sansio_core/genesys_core/",
)


class Banned(NamedTuple):
    """A regular expression, a text that it finds, and what to write instead."""

    pattern: str
    example: str
    instead: str


BANNED = (
    Banned(r"^Law:", "Law: a token is masked", "Invariants:"),
    Banned(r"\bin words\b", "what happened, in words", "a description"),
    Banned(r"\btold\b", "the caller is told", "notified, reported"),
    Banned(r"\bsays so\b", "the message says so", "reports it"),
    Banned(r"\bwhose fault\b", "whose fault it is", "the cause"),
    Banned(r"\bbefalls?\b", "what befalls a channel", "channel events"),
    Banned(r"\bwhoever\b", "whoever has to wait", "waiting calls"),
    Banned(r"\bwho has to wait\b", "who has to wait is served", "waiting calls"),
    Banned(r"\bcredentials, or any\b", "other credentials, or any", "authentication failed (407)"),
    Banned(r"\bmay not be believed\b|\bnot believed\b", "it was not believed", "rejected, ignored"),
    Banned(r"\bleave it out for none\b", "leave it out for none", "omit it"),
    Banned(r"\bis for none\b|\bor None for none\b", "None is for none", "None disables it"),
    Banned(
        r"\bof (?:our|its|their) own choosing\b", "a wait of our own choosing", "a computed delay"
    ),
    Banned(r"\bsaid no\b", "the user said no", "denied, refused"),
    Banned(r"\bholds? what\b", "it holds what JSON cannot", "contains a value that"),
    Banned(r"\bgive (?:another|one of them)\b", "give one of them", "pass, use"),
    Banned(r"\blets? nothing go\b|\blet go\b", "requests are let go", "sent"),
    Banned(r"\bwhat has no effect\b", "what has no effect", "settings without effect"),
    Banned(r"\bhowever they were cut up\b|\bwere cut up\b", "how bytes were cut up", "split"),
    Banned(r"\bin silence\b", "ignored in silence", "silently"),
    Banned(r"\b(?:may|can|must) be had\b|\bto be had\b", "no token to be had", "available"),
    Banned(r"\bbroken Unicode\b", "without broken Unicode", "lone surrogates"),
    Banned(r"\bwhat (?:somebody|nobody) \w+", "what nobody knows", "unknown"),
    Banned(r"\bnobody (?:says|knows|can tell)\b", "where nobody says", "unknown, by default"),
    Banned(r"\b(?:topics?|those) asked for\b", "the topics asked for", "requested topics"),
    Banned(r"\basked for again\b", "they are asked for again", "requested again"),
    Banned(r"\bdoes not exist any more\b", "does not exist any more", "no longer exists"),
    Banned(
        r"\bif anybody can tell\b|\bas far as anybody\b", "as far as anybody can tell", "if known"
    ),
    Banned(r"\bdropped untold\b|\buntold\b", "nothing is dropped untold", "silently"),
    Banned(r"\bin order of\b (?:coming|arrival)\b", "in order of arrival", "first in, first out"),
    Banned(r"\bhow patient\b", "how patient a channel is", "timeouts"),
    Banned(r"\bwhen it is first named\b", "imported when it is first named", "on first use"),
    Banned(r"\bwhat (?:became|becomes) of\b", "what became of an event", "the outcome of"),
    Banned(r"\bgood for (?:one|a)\b", "good for one exchange", "valid for"),
    Banned(r"\bas it came\b", "the path as it came", "as received"),
    Banned(r"\bpassed over\b", "a text is passed over", "ignored"),
    Banned(r"\bvouch(?:es)? for\b", "an identity provider vouches for a user", "asserts"),
    Banned(r"\bin capitals\b", "the method, in capitals", "in upper case"),
    Banned(r"\bnobody asked for\b", "bytes that nobody asked for", "unsolicited, unexpected"),
    Banned(r"\bof no (?:more|further) use\b", "a connection of no more use", "unusable"),
    Banned(r"\bas it may be shown\b", "a URL as it may be shown", "with secrets redacted"),
    Banned(r"\bbeyond (?:a|its|the|every) limit", "beyond a limit", "exceeds a limit"),
    Banned(r"\b(?:be|is|was) taken (?:for|back|over)\b", "is taken for a mistake", "considered"),
    Banned(r"\b(?:is|are) the \w+'s to \w+", "the length is the server's to write", "set by"),
    Banned(r"\bin drips\b", "a reply that comes in drips", "slow response"),
    Banned(r"\bstays? asked for\b", "the topic stays asked for", "remains subscribed"),
    Banned(r"\bsign of life\b", "asks for a sign of life", "sends a ping"),
    Banned(r"\border of coming\b", "in the order of coming", "first in, first out"),
    Banned(r"\bwhat came (?:back|of it)\b", "what came of it", "the response, the result"),
    Banned(r"\bwhat held before\b", "what held before", "the previous configuration"),
    Banned(r"\bhalf of it drawn\b", "half of it drawn", "with jitter"),
    Banned(r"\bnot repeated: retry is off\b", "not repeated: retry is off", "retries are disabled"),
    Banned(r"\bodd leaf\b|\bleaf by leaf\b", "one odd leaf", "malformed field, value by value"),
    Banned(r"\bin its place\b", "None in its place", "replaced with None"),
    Banned(r"\b(?:has|have) no form in\b", "it has no form in JSON", "cannot be represented in"),
    Banned(r"\bhalf of a surrogate\b", "half of a surrogate pair", "a lone surrogate"),
    Banned(r"\bin whatever case\b", "in whatever case", "case-insensitive"),
    Banned(r"\bof no effect\b", "is of no effect", "has no effect"),
    Banned(r"\bis let be\b", "a path is let be", "is left unchanged"),
    Banned(r"\bpatience\b", "the patience of a call", "timeout"),
    Banned(r"\bg[ia]ven? back\b|\bgives? back\b", "give back all connections", "close, release"),
    Banned(r"\bwaits? for room\b", "wait for room", "wait for capacity"),
    Banned(r"\b(?:some|any|no)body\b", "if nobody is signed in", "the caller; not signed in"),
    Banned(r"\bof (?:the caller|one)'s own\b", "a context of the caller's own", "your own"),
    Banned(r"\bhand(?:s|ed)? on\b|\bpassed on\b", "here it is handed on", "passed, propagated"),
    Banned(r"\blook(?:s|ed)? again\b", "after which a thread looks again", "checks, polls"),
    Banned(r"\btime is over\b|\bfrom here on\b|\bfor good\b", "the time is over", "timeout, later"),
    Banned(r"\bthe usual\b", "the usual authorities", "the default"),
    Banned(
        r"\bdo(?:es)? without\b|\bbesides what\b", "whoever does without", "not needed; in addition"
    ),
    Banned(r"\bbreaks? off\b|\bin one piece\b", "a body that breaks off", "is cut off; at once"),
    Banned(r"\b(?:must|may) hold\b|\bholds no\b", "must hold a JSON object", "contains"),
    Banned(r"\b(?:goes|went|go) wrong\b", "what went wrong", "the error"),
    Banned(
        r"\bsays? (?:who|which|whether|how|when)\b", "rules say which requests", "select, state"
    ),
    Banned(r"\bhow far\b|\bfor ever\b", "how far page numbers reach", "the limit; indefinitely"),
    Banned(r"\bgo(?:es)? (?:along|on the wire)\b", "what goes along", "is sent"),
    Banned(r"\bhand(?:s|ed)? (?:out|over)\b", "events are handed out", "delivered, returned"),
    Banned(r"\bwhat (?:holds|counts|wins)\b", "what wins among the sources", "precedence"),
    Banned(r"\bon purpose\b", "copies sent on purpose", "intentionally"),
    Banned(r"\bturned away\b", "the request was turned away", "rejected"),
    Banned(r"\b(?:its|their) like\b", "HTTPS_PROXY and its like", "similar variables"),
    Banned(r"\bcut up\b|\bcut short\b", "a call is cut short", "aborts"),
    Banned(r"\bcarr(?:y|ies|ied) out\b", "a driver carries out effects", "performs"),
    Banned(r"\bheard of\b|\bhears? of\b", "calls hear of a 429", "are notified of"),
    Banned(r"\b(?:owes?|owed)\b", "events owed", "expected"),
    Banned(
        r"\b(?:who|whoever) (?:edits|asks|waits|holds|sets)\b", "who edits the file", "changes to"
    ),
    Banned(r"\b(?:it|which|that) is no\b(?! longer)", "it is no model", "is not a"),
    Banned(r"\bfrom which on\b", "the share from which on they are alike", "minimum"),
    Banned(r"\bfacts? (?:do(?:es)? not )?tells?\b", "where facts tell", "if it is known"),
    Banned(r"\bheld against\b", "held against a dictionary", "compared with"),
    Banned(r"\bmay be there\b|\bis there (?:more|from|as)\b", "it may be there", "available"),
    Banned(r"\bthose that there are\b", "those that there are not", "unknown ids"),
    Banned(r"\bwho are none\b|\ban operation is none\b", "users who are none", "that are not"),
    Banned(r"\bnone of(?=[: ]*\{\})|\bis none of:", "x is none of: y", "is not one of"),
    Banned(r"\balready\.", "a user with the email exists already.", "already exists"),
    Banned(r"\bgo(?:es)? on\b", "the job goes on", "continues"),
    Banned(r"\banew\b", "it is created anew", "recreated, again"),
    Banned(r"\bthe ones? before(?=[.:;,]|$)", "it replaces the one before", "the previous one"),
    Banned(r"\bdoes not say(?=[.,;)]|$)", "if the queue does not say", "by default, if unknown"),
    Banned(r"\bmore come\b|\bcustomers come\b", "let no more customers come", "stop generating"),
    Banned(r"\bspells? (?:it|them)\b", "as REST spells it", "spelled as in REST"),
    Banned(r"\bcase does not matter\b", "case does not matter", "case-insensitive"),
    Banned(r"\bruns? side by side\b|\brows side by side\b", "rows side by side", "in parallel"),
    Banned(r"\bup to when\b", "up to when it is complete", "the time up to which"),
    Banned(r"\bmeanwhile(?=[.,;:)]|$)", "the pool was closed meanwhile", "in the meantime"),
    Banned(r"\A(?-i:Return how|How) (?:many|often)\b", "How many are kept.", "the number of"),
    Banned(
        r"\A(?-i:What) (?!to\b|happens\b|is logged\b)",
        "What a queue decides.",
        "the subject itself",
    ),
    Banned(r"(?<=\w): of (?:the|a|an|its|each)\b", "width: of the terminal", "its width"),
    Banned(r"\bthings (?:of|in|that|are|a)\b", "things of a type", "entities, resources"),
    Banned(r"\A(?-i:Let) ", "Let a participant leave.", "disconnect, start, add"),
    Banned(r"\A(?-i:Answers?) (?:a|an|every|the)\b", "Answer a query.", "the response to"),
    Banned(r"\b(?:is|are) over\b", "the job is over", "has ended"),
    Banned(r"\bbeside\b", "kept beside the group", "next to, in addition to"),
    Banned(r"\bset-up\b", "examine a set-up", "setup"),
    Banned(r"\A(?-i:As) :\w+:", "As :meth:`load`.", "See"),
    Banned(
        r"\b(?!(?:is|are|was|were|be|not|never)\b)\w+ (?:included|excepted)(?=[.,;:)]|$)",
        "a proxy, credentials included",
        "including credentials",
    ),
    Banned(r"\bhowever (?:they|the|many|long|often)\b", "however they were split", "regardless of"),
    Banned(
        r"\bas \w+(?: \w+){0,2} (?:has|have|shows?) (?:it|them)\b",
        "as the topic map has it",
        "in the form of",
    ),
    Banned(r"\bgives? the same\b", "a seed gives the same ids", "yields"),
    Banned(r"(?<=\w); such as\b", "must have a name; such as [logging]", "for example"),
    Banned(r"\bexpected, [\w{}]+ found\b", "string expected, null found", "expected string, found"),
    Banned(r"\bleads? through\b", "it leads through a list", "is below"),
    Banned(r"\b(?:at|when): when\.", "at: when.", "when it happened"),
    Banned(r"\b(?:id|port|name)s? only\b", "pass the id only", "only the id"),
    Banned(
        r"\bof which (?:all|one|the|each|a|none|only)\b(?! (?:kind|type))",
        "a list, of which all are required",
        "all of which",
    ),
    Banned(r"\bstarts? no job\b", "it starts no job", "does not start a job"),
    Banned(r"\bThe rules? [A-Z]\b", "The rule G: searches", "Rule G"),
    Banned(r'"""(?:Handle|Process) that\b', '"""Handle that it closed', "Handle a socket that"),
    Banned(r"\bonly one(?: of them)?, both\b", "pass only one, both set it", "because both"),
    Banned(r"\bnot over\b", "the job is not over", "not complete"),
    Banned(r"\b(?:is|are) the core's\b", "decisions are the core's", "made by the core"),
    Banned(r"\bnevertheless\b", "it is sent nevertheless", "anyway"),
    Banned(
        r"\b(?<=, )also (?:across|as|at|by|for|from|if|in|of|with|when)\b",
        "a token is deleted, also from the store",
        "including, even",
    ),
    Banned(r"\b(?<!response )(?:is|are) an? [45]\d\d\b", "an unknown id is a 404", "returns 404"),
    Banned(
        r"\b(?:code|handler|name)s? of (?:its|their) own\b",
        "a code of its own",
        "a specific code",
    ),
    Banned(r"\b(?:mis)?spelt\b", "a misspelt name", "spelled: American English"),
    Banned(r"\bempty for none\b", "its code; empty for none", "empty if there is none"),
    Banned(r"\ba wrong type\b", "a value has a wrong type", "the wrong type"),
    Banned(r"\bknown are\b", "unexpected name; known are x, y", "use one of"),
    Banned(r"\bforeign format\b", "a document in a foreign format", "unknown format"),
    Banned(r"\bsegments of the path\b", "the segments of the path of groups", "path segments"),
    Banned(
        r"\bpath of the collection of\b",
        "the path of the collection of flows",
        "the flow collection's path",
    ),
    Banned(
        r"(?<!there )\bis no such\b", "the operation is no such command", "for other operations"
    ),
    Banned(r"\bwhatever the\b", "set to 1, whatever the body says", "regardless of"),
    Banned(r"\bid that no \w+(?: of \w+ \w+)? has\b", "an id that no item has", "an unknown id"),
    Banned(r"\bin the form (?:that|in which)\b", "in the form that reports need", "as spelled in"),
    Banned(r"\bPOST included\b", "all methods, POST included", "including POST"),
    Banned(r"\blicence\b", "MIT licence", "license: American English"),
    Banned(r"\bpaging backwards\b", "the cursor for paging backwards", "of the previous page"),
    Banned(
        r"\b(?:error|response|command|client|exception) with which\b",
        "the error with which it ends",
        "that",
    ),
    Banned(r": as for :\w+:", "TransportFailure: as for :meth:", "see :meth:"),
    Banned(r"\bhelp about\b", "Help about a command", "help on, help with"),
    Banned(r"\bmessages of warnings\b", "messages of warnings for the caller", "warning messages"),
    Banned(r"\bplaces (?:in|of) the (?:body|document)\b", "places in the body", "values"),
    Banned(r"\(\d{1,2}[hms]?\)\.?\Z", "Number of rows in parallel (8).", "default: 8"),
    Banned(r"\b(?:within|of)\Z", "no response within", "the complete message"),
    Banned(r"\A(?-i:Its?|its) (?:content|head|body|chunked)\b", "its head is too long", "the head"),
)


def finished_texts() -> list[Text]:
    """Texts of finished places, less the code in them."""
    return [
        text._replace(text=re.sub(r"`[^`]*`", "`", text.text))
        for text in all_texts()
        if text.place.startswith(FINISHED)
    ]


def found_phrases(banned: Banned, texts: list[Text], one_line: list[str]) -> list[str]:
    """Where a banned phrase stands; phrases are found across line ends as well."""
    pattern = re.compile(banned.pattern, re.IGNORECASE | re.MULTILINE)
    # "^" means the begin of a line.
    where = [text.text for text in texts] if "^" in banned.pattern else one_line
    return [
        f"{text.place}: {match[0]!r}; write {banned.instead!r} instead"
        for text, words in zip(texts, where, strict=True)
        if (match := pattern.search(words))
    ]


def test_no_text_has_a_banned_phrase() -> None:
    texts = finished_texts()  # read once for all phrases
    for place in FINISHED:
        assert any(text.place.startswith(place) for text in texts), place
    # One search for all phrases at once says which texts are worth a search for each. It is fast
    # because all of them begin with a word boundary; the others, which are few, follow one by one.
    begins_a_word = [banned for banned in BANNED if banned.pattern.startswith(r"\b")]
    any_of_them = re.compile("|".join(banned.pattern for banned in begins_a_word), re.IGNORECASE)
    others = [banned for banned in BANNED if banned not in begins_a_word]
    one_line = [" ".join(text.text.split()) for text in texts]
    found = [one for banned in others for one in found_phrases(banned, texts, one_line)]
    texts = [text for text, words in zip(texts, one_line, strict=True) if any_of_them.search(words)]
    one_line = [" ".join(text.text.split()) for text in texts]
    found += [one for banned in begins_a_word for one in found_phrases(banned, texts, one_line)]
    assert not found, "\n".join(found)


def test_each_pattern_finds_its_example() -> None:
    for banned in BANNED:
        text = Text("here:1", "page", banned.example)
        assert found_phrases(banned, [text], [banned.example]), banned.pattern
