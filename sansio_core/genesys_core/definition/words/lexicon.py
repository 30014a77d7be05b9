"""The lexicon: the spelling of words in paths, and their singular and plural.

Invariants: paths contain compound words without spaces and in lower case (``wrapupcodes``); the lexicon
has the spelling of the platform's user interface ("wrap-up codes"). Every word of a summary is in the
lexicon, is a function word (:data:`GRAMMAR`), or is a verb that summaries begin with.
"""

import re
from collections.abc import Mapping
from typing import Final

__all__ = [
    "GRAMMAR",
    "KNOWN_WORDS",
    "SPELLINGS",
    "is_known",
    "is_plural",
    "read_words",
    "spell_segment",
    "split_name",
    "to_plural",
    "to_singular",
    "with_article",
]


def read_words(text: str) -> frozenset[str]:
    """Return the whitespace-separated words of a text, without duplicates."""
    return frozenset(text.split())


_COMPOUNDS: Final = """
access attributes; ACD; action maps; action targets; action templates; activity codes;
activity plans; address validation; ADFS; after-call work; agent action; agent checklists;
agent conference; agent copilots; agent-owned mapping preview; agent schedules;
agent scoring rules; agent UI; agent utilizations; agentic; agentless; AI scoring;
alertable presences; all-time; alternative shifts; app events; associated station;
associated user; attempt limits; audio connector; auto-answer; automatic best method;
available media types; available metabases; available phone numbers; available topics;
background assistant; batch requests; best points; billable usage; billing periods;
bot connector; bot connectors; bot flows; built-in; bulk add; bulk remove; bulk replace;
business rules; business units; cached media; callable time sets; call analysis response sets;
callbacks; call forwarding; campaign rules; capacity planning;
capacity plans; carrier services; case management; case plans; certificate authorities;
change requests; check-in; checkout; CIC; client apps; cloned users; cluster scans; co-browse;
co-browse sessions; compare default; comparison periods; config schemas; consumed resources;
consuming resources; contact center; contact list filters; contact lists;
contact list templates; content management; continuous forecast; copilot context; core types;
cover art; cross-platform; CSV; customer intents; custom attributes; custom exclusion columns;
custom KPI attributions; data extensions; data extraction; data ingestion rules; data privacy;
data retention; data schemas; data tables; date-based; date due; decision metrics;
decision tables; default station; deleted resource consumers; deletion protection;
dependency tracking; Dialogflow; Dialogflow CX; dictionary feedback; DIDs; DID pools;
digital rule sets; direct reports; direct routing backup; divisions permitted; division views;
DKIM; DNC; DNC lists; document uploads; DTMF; dynamic settings; edge groups; edge trunk bases;
edge version report; effective schedule sets; email addresses; email campaigns;
embedded integration; embedded signup; emergency groups; emergency locations;
employee engagement; employee performance; escalation rules; estimated wait time;
event definitions; execution data; extension pools; external activities; external contacts;
external events; external ID; external metrics; external sources; Facebook; failed recordings;
feature support; field config; file specification templates; flagged reason; flow executions;
flows; force regenerate; free trial; generated phrases; generation results; GDPR; GKN;
Google Business Profile; granularity conversion; G Suite; headcount forecast;
historical adherence query; historical data; HRIS; ICS; ID; identifier lookup;
IdentityNow; identity providers; identity resolution; ignore phrases; ignore topics;
import status; import templates; inbound messages; infrastructure as code; Instagram;
intake settings; integration status; internal messages; intraday; IP address authentication;
IP ranges; IVRs; key configurations; key performance indicators; key performance indicator types;
knowledge bases; language understanding; latest configuration; Lex; line base settings;
line distribution; local keys; log capture; logical interfaces; log levels;
long-term forecast data; long-term requirements; mail from; main forecast; management unit;
management units; masking rules; maximum conference parties; media regions;
media retention policies; media statistics; media types; messaging campaigns;
metric definitions; minimum staffing; mobile devices; NSLookup; Nuance; number plans; OAuth;
OAuth code grant JWT exchange; objective details; offline configuration; Okta; OneLogin;
on attribute change; on create; org authorization; orphan recordings; outbound routes;
outcome scores; out of office; parking state; performance predictions; phone base settings;
phone numbers; phrase groups; physical interfaces; PINs; planning groups; possible work shifts;
post-flow action; presence definitions; primary source; prize images; process automation;
profile skills; public assets; published forms; publish jobs; PureCloud; PureEngage;
push devices; query capabilities; queue members; rate limits; real-time; reason codes;
recording keys; recording metadata; recording state; reporting turns; required by;
required by counts; resource types; response assets; response management;
reverse white pages lookup; role counts; role divisions; rotation schedule; routing languages;
routing skills; routing status; rule sets; Salesforce; schedule bids; scheduled triggers;
schedule groups; schedule sets; schedule slots; scheduling jobs; scheduling preferences; SCIM;
SCORM; screen monitors; screen recording; screen sessions; screen shares; secure attributes;
secure IVR sessions; security profiles; sentiment feedback; service goal templates;
service mapping; ServiceNow; service provider config; setup package; shift trades;
shift trading; short-term forecasts; simple search; SIP messages; SIP traces; site connections;
skill combinations; skill expressions; skill groups; SMS; social media; software update;
software versions; source intents; speech and text analytics; staffing group allocations;
staffing group allocations history; staffing groups; staffing requirement; staffing requirements;
stage plans; status code; step plans; STT; subject grants; sublocations; supported content;
system presences; system prompts; tag values; task management; test connection; test phrase;
text bots; third-party presences; threading timeline; timeout; time-off balance; time-off limits;
time-off plans; time-off requests; time-off types; time zone mapping preview; time zones;
topic links; TOTP; trace path; transcription engines; transcript URL; transcript URLs;
trunk base settings; trunks with recording; trustee billing overview; trustees; trustors;
trust store; TTS; Twitter; unavailable times; unified communications;
updated resource consumers; upload URL; URL; URLs; user apps; user policies; user recordings;
UUI data; utilization label; virtual agents; voicemail; wait list positions; WebAuthn;
web deployments; web events; webhooks; web messaging; WhatsApp; WhatsApp campaigns;
WhatsApp numbers; whitelist; workbins; workforce management; work items; work plan bid ranks;
work plan bids; work plan rotations; work plans; workspaces; worktypes; wrap-up;
wrap-up code mappings; wrap-up codes; wrap-ups; Lex V2;
action event; Apple; mine; trustor
"""

_PLAIN: Final = """
accelerators accounts acknowledge actions activate activation activities activity add addresses
adherence adjacents adjustments agent agents aggregates alerting alerts alias aliases all
alphanumeric analytics annotations answers app appointments approve architect assessments assign
assignment assignments assistant assistants associations attachments attendance attributes
attributions audits authentication authorization authorizations availability available average
barge billing bot bots browser build bulk calendar calibrations call callback calls campaigns
cancel care cases categories celebrations certificate certificates changes channels
characteristics charts chats chunks classifications clear client clients clusters coach coaching
codes comments communications conference config configuration configurations connections consult
contact contacts content contests contexts contracts conversation conversations copies copilot
copilots copy counts credentials current customers dashboards data date deactivate default
defaults definitions deleted deletions dependencies dependents deployments description details
detect development diagnostic diagnostics dialects digits disconnect divisions docs document
documentation documents domains download downloads draft drafts edges email emails encodings
engagement engagements engines enrich enrollments entries escalations estimate estimates evaluate
evaluations evaluators event events execute executions expired explanations export exports
extensions external favorites fax faxes features feedback files finalize flows forecast forecasts
forms function functions gamification general generate generic geolocations grammars grants graphs
greetings groups guest guides headers health historical history images import imports inbound
incoming individuals infer insights instances integrations intents interactions invite invoices
jobs journey journeys knowledge labels languages latest launch leaderboard learning libraries
license limit limits lines link listing locations logs lookup mailbox manage managers mappings
match matched media meetings members merge message messages messaging metadata metrics migrate
milestones miners models modules monitor move namespaces notes notifications numbers object
objects observations occurrences offers open operations opportunities options organization
organizations outbound outcomes outgoing owner paged pages pairings parse participants password
paths performance permissions phones phrases ping points policies policy predictors preference
preferences prefixes presence presences presentations preview priority processing products profile
profiles programs progress promotion prompts properties providers publish published quality query
queue queues rankings reactions reassign reboot recalculations receipt recipients recognitions
reconnect record recording recordings references refresh regions register related relationships
remove replace report reporting reports reposition reprocessing requests requirement requires
reschedule reset resolutions resources response responses restore result results retention
retrieve revert revoke roles rollback rooms route routes routing rows rule rules runs runtimes
scan schedule scheduler schedules scheduling schemas scopes scorable scorecards scores scoring
scripts search secret segments sentiment sentiments sequences session sessions setting settings
setup shared shares shrinkage simulate simulated site sites skills snapshot snippet socials
sources speech stages start state station stations statistics stats status statuses steps stop
structured subject subjects subscriptions suggest suggestions summaries summary superiors surveys
sync synchronizations synchronize tags takeover target targets teams telephony template templates
terminate test threading threads toggles token tokens topics trades train transcoding
transcription transcripts transfer translations trends triggers trunks turns tweets type types
typing unanswered unlock unmatched unpair unpublished unresolved update upload uploads usage user
users utilization utterances validate validation values variables variations verification
verifiers versions videos views voice voices audio home identifiers weeks
"""


_REVIEWED: Final = """
25 activated active adds again against another API applied around articles assigned assignee
Audio authorized behalf benefit between body caller's can captured Care caused Cloud concurrent
Connector consume consumes copied corpus creates creation curated cursor Customer delete deletes
depend dialer disabled disconnection done downloading earlier Edge Edges embed enabled entities
entity evaluates exists extend fill find format fraud FROM generates Genesys gets given has have
idle IDs ignored inference into joined licenses made MAIL mapped matches may Messages monitoring
name needs new NLU nslookup objectives off one other out-of-office over overall overrides part
pending Ping platform prepares presented proficiency protected publishing q64 queries question
read real rebuild recalculate recent recycle registration regular release removes reply
requested rescheduling ring routings SAML searches select selects sent several siblings SMTP
speak started states street summarizes termination terms this trusted trusts two unread unsaved
up updates uploading use user's uses v2 valid viewed waits was were what where whether who whose
workday would
"""
"""Words that occur in hand-written names or summaries, but in no path."""

_SINGULARS: Final[Mapping[str, str]] = {
    "addresses": "address",
    "aliases": "alias",
    "classifications": "classification",
    "statuses": "status",
    "analyses": "analysis",
    "entries": "entry",
}
"""The singular of irregular plurals, and of plurals whose ending is ambiguous."""

_SAME: Final = read_words("""
    access address ADFS alias analysis analytics basis business CIC DNC GKN HRIS ICS process SMS
    statistics status TTS
""")
"""Singular words that end in ``s``."""

_UNCOUNTED: Final = read_words("content data feedback history media metadata")
"""Words that have no plural."""

GRAMMAR: Final = read_words("""
    a an and are as at be by for from in is it its of on or that the their them to which with
""")
"""Function words that summaries may contain in addition to the words of the lexicon."""


def _entries() -> dict[str, str]:
    compounds = " ".join(_COMPOUNDS.split()).split("; ")
    found = {word: word for word in _PLAIN.split()}
    found.update((re.sub("[ -]", "", one).lower(), one) for one in compounds)
    return found


SPELLINGS: Final[Mapping[str, str]] = _entries()
"""The spelling of path segments as words, by the segment in lower case."""

KNOWN_WORDS: Final = frozenset(
    [*_REVIEWED.split(), *(word for phrase in SPELLINGS.values() for word in phrase.split())]
)
"""All words in the lexicon: those of :data:`SPELLINGS`, and those in hand-written texts."""


def is_known(segment: str) -> bool:
    """Return whether the lexicon contains a path segment."""
    return segment.lower() in SPELLINGS


def spell_segment(segment: str) -> str:
    """Return a path segment as words; a segment that is not in the lexicon is unchanged."""
    return SPELLINGS.get(segment.lower(), segment)


def split_name(name: str) -> str:
    """Return a parameter's name as words: "contact list" for ``contactListId``."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"[^A-Za-z0-9]+", " ", name))
    words = apart.lower().split()
    if words[-1:] == ["id"] and len(words) > 1:
        words.pop()
    # The lexicon contains plurals, with the hyphens and capital letters of proper names.
    plural = SPELLINGS.get("".join(words) + "s", "")
    if plural and to_singular(plural) != plural:
        return to_singular(plural)
    return " ".join(_NAMES.get(word) or spell_segment(word) for word in words) or name


_NAMES: Final[Mapping[str, str]] = {"id": "ID", "ids": "IDs", "jid": "JID", "uc": "UC"}
"""The spelling of abbreviations in parameter names, by the word in lower case."""


def is_plural(phrase: str) -> bool:
    """Return whether the last word of a phrase is in the plural."""
    return to_singular(phrase) != phrase


def to_singular(phrase: str) -> str:
    """Return a phrase with its last word in the singular."""
    start, space, word = phrase.rpartition(" ")
    return f"{start}{space}{_singular(word)}"


def _singular(word: str) -> str:
    if word in _SINGULARS:
        return _SINGULARS[word]
    if not word.endswith("s") or word in _SAME or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def to_plural(phrase: str) -> str:
    """Return a phrase with its last word in the plural."""
    start, space, word = phrase.rpartition(" ")
    return f"{start}{space}{_plural(word)}"


def _plural(word: str) -> str:
    if word in _UNCOUNTED or (word.endswith("s") and word not in _SAME):
        return word
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word}s"


# The article depends on the sound: "an hour", "an SMS"; "a user", "a URL", "a one-time password".
_AN: Final = re.compile(
    r"[aeiouAEIO]|hour\b|(?:SMS|STT|SIP|HRIS|NLU|NSLookup|SAML)\b",
)
_A: Final = re.compile(r"u(?:ser|sage|nified|rl|tilization)|U[A-Z]|one-")


def with_article(phrase: str) -> str:
    """Return a phrase with the article "a" or "an", unless it begins with "the"."""
    if phrase.startswith("the "):
        return phrase
    is_an = _AN.match(phrase) is not None and _A.match(phrase) is None
    return f"{'an' if is_an else 'a'} {phrase}"
