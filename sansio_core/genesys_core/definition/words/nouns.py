"""Hand-written names of resources whose path segments are misleading.

Invariants: a name applies to all operations on a resource and on the resources below it in the
path. ``*`` stands for a path parameter.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.definition.words.lexicon import read_words

__all__ = [
    "DOMAINS",
    "GENERIC",
    "LINKED",
    "NOUNS",
    "PASSED_BY",
    "PLURAL_QUALIFIERS",
    "SINGLE",
    "WEAK",
]

DOMAINS: Final = read_words("""
    agentic analytics architect authorization businessrules casemanagement contentmanagement
    employeeengagement employeeperformance externalcontacts gamification infrastructureascode
    journey languageunderstanding learning oauth orgauthorization outbound processautomation
    quality responsemanagement routing speechandtextanalytics taskmanagement telephony
    telephony/providers telephony/providers/edges workforcemanagement
""")
"""Segments at the start of a path that name an area of the platform, not a resource."""

PLURAL_QUALIFIERS: Final = read_words("""
    aggregates analytics details forms media services settings sms statistics
""")
"""Path segments that stay plural before another noun, where other segments become singular."""

WEAK: Final = read_words("""
    agent attachment bot category chart comment communication deletion document draft evaluation
    forecast group intent language mapping member message metric model note occurrence participant
    recording row rule schedule session stage status step synchronization topic user variation
    version
""") | {"communication message", "phrase group", "stage plan"}
"""Resource names that are unclear without the resource's owner."""

PASSED_BY: Final = frozenset({"weeks", "communications < participants"})
"""Path segments that summaries do not name as the owner of the resource after them.

With "communications < participants", the path "conversations/{}/participants/{}/communications" is
described as "the communications of a conversation".
"""

GENERIC: Final = read_words("""
    categories documents insights jobs metrics notifications policies programs query rules
    schemas settings status topic topics usage
""")
"""Path segments that are unclear without the area before them: "routing settings", not "settings"."""

SINGLE: Final = read_words("""
    aggregates analytics capabilities counts defaults details metadata options points
    preferences properties results settings statistics stats
""")
"""Plural words that name a single resource, so that the summary of a GET says "Get", not "List"."""

LINKED: Final = read_words("""
    contacts members queues roles routinglanguages routingskills skills users wrapupcodes
""")
"""Path segments of resources that a POST adds to their owner and a DELETE removes from it.

For other segments, summaries say that the resource is created or deleted.
"""

_NOUNS: Final = """
agentic/virtualagents/*/jobs = deletion jobs
alerting/alerts = alerts
alerting/rules = alert rules
analytics/reporting/dashboards/users = dashboard users
analytics/reporting/settings/users = users
assistants/*/variations = copilot variations
assistants/agentchecklists = agent checklists
authorization/divisions/deleted = deleted divisions
authorization/divisions/home = home division
authorization/policies/subject = subjects
billing/contracts/invoices = contract invoices
billing/trusteebillingoverview = trustee organizations
businessrules/schemas = decision table schemas
businessrules/schemas/coretypes = decision table core types
casemanagement/cases/*/terminate/jobs = termination jobs
casemanagement/cases/externalcontacts = external contacts
chats/rooms/*/messages/pins = pinned messages
chats/users = chats with users|chat with a user
chats/users/*/messages/pins = pinned messages
contentmanagement/shared = shared documents
conversations/*/participants/*/replace = replacement
conversations/*/participants/*/screenmonitors/sessions = screen monitoring sessions
conversations/aftercallwork = after-call work conversations
conversations/callbacks = callbacks
conversations/calls = calls
conversations/cobrowsesessions = co-browse sessions
conversations/customattributes/schemas = custom attribute schemas
conversations/customattributes/schemas/coretypes = custom attribute schema core types
conversations/customattributes/schemas/limits = custom attribute schema limits
conversations/emails = email conversations
conversations/emails/*/messages/draft/attachments = draft attachments
conversations/messages = message conversations
conversations/messages/cachedmedia = cached media items
conversations/messaging/identityresolution/integrations/apple = identity resolutions of Apple integrations|the identity resolution of an Apple integration
conversations/messaging/identityresolution/integrations/facebook = identity resolutions of Facebook integrations|the identity resolution of a Facebook integration
conversations/messaging/identityresolution/integrations/instagram = identity resolutions of Instagram integrations|the identity resolution of an Instagram integration
conversations/messaging/identityresolution/integrations/open = identity resolutions of open messaging integrations|the identity resolution of an open messaging integration
conversations/messaging/identityresolution/integrations/twitter = identity resolutions of Twitter integrations|the identity resolution of a Twitter integration
conversations/messaging/identityresolution/integrations/whatsapp = identity resolutions of WhatsApp integrations|the identity resolution of a WhatsApp integration
conversations/messaging/integrations = messaging integrations
conversations/messaging/integrations/apple = Apple Messages integrations
conversations/messaging/integrations/facebook = Facebook messaging integrations
conversations/messaging/integrations/instagram = Instagram messaging integrations
conversations/messaging/integrations/open = open messaging integrations
conversations/messaging/integrations/open/extensions/googlebusinessprofile = Google Business Profile integrations
conversations/messaging/integrations/open/extensions/googlebusinessprofile/tokens = Google Business Profile tokens
conversations/messaging/integrations/twitter = Twitter messaging integrations
conversations/messaging/integrations/whatsapp = WhatsApp messaging integrations
conversations/messaging/integrations/whatsapp/embeddedsignup = WhatsApp embedded signup integrations
conversations/messaging/settings = messaging settings
conversations/messaging/settings/default = default messaging settings
conversations/messaging/supportedcontent = supported content profiles
conversations/messaging/supportedcontent/default = default supported content profile
conversations/messaging/threadingtimeline = threading timeline of messaging
conversations/screenshares = screen shares
conversations/socials = social media conversations
conversations/videos = video conversations
conversations/videos/meetings = video meetings
dependencies/type/*/id = entities
diagnostics/logcapture/browser/entries/download/jobs = browser log download jobs
diagnostics/logcapture/browser/users = browser log capture users
externalcontacts/contacts = external contacts
externalcontacts/graphs/clusterscans = cluster scans
externalcontacts/graphs/clusterscans/latest = latest cluster scan
externalcontacts/graphs/clusterscans/latest/statistics = statistics of the latest cluster scan
externalcontacts/import/csv/settings = CSV import settings
externalcontacts/import/csv/uploads = CSV uploads
externalcontacts/organizations = external organizations
externalcontacts/organizations/exports = external organization exports
externalcontacts/organizations/schemas = external organization schemas
externalcontacts/organizations/schemas/coretypes = external organization schema core types
externalcontacts/organizations/schemas/limits = external organization schema limits
flows/datatables = data tables
flows/instances/settings/loglevels/default = default flow log level
gamification/insights/users = users
gamification/profiles = performance profiles
gamification/profiles/users = users
gamification/scorecards/profiles = performance profiles
gamification/scorecards/users = users
gamification/templates = objective templates
greetings/defaults = default greetings
groups/*/greetings/defaults = default greetings
identityproviders/adfs = ADFS identity provider
identityproviders/cic = CIC identity provider
identityproviders/generic = generic SAML identity provider
identityproviders/gsuite = G Suite identity provider
identityproviders/identitynow = IdentityNow identity provider
identityproviders/okta = Okta identity provider
identityproviders/onelogin = OneLogin identity provider
identityproviders/ping = Ping identity provider
identityproviders/purecloud = PureCloud identity provider
identityproviders/pureengage = PureEngage identity provider
identityproviders/salesforce = Salesforce identity provider
integrations/botconnector = bot connector integrations
integrations/botconnectors = bot connector integrations
integrations/speech/audioconnector = Audio Connector integrations
integrations/speech/dialogflow/agents = Dialogflow agents
integrations/speech/dialogflowcx/agents = Dialogflow CX agents
integrations/speech/lex/bot = Lex bots
integrations/speech/lex/bot/alias = Lex bot aliases
integrations/speech/lexv2/bot = Lex V2 bots
integrations/speech/lexv2/bot/alias = Lex V2 bot aliases
integrations/speech/nuance = Nuance integrations
integrations/speech/stt/engines = STT engines
integrations/speech/tts/engines = TTS engines
integrations/types/*/configschemas = configuration schemas
integrations/unifiedcommunications = unified communications integrations
integrations/unifiedcommunications/clientapps = unified communications client apps
intents/assignments/externalcontacts = external contacts
intents/customerintents = customer intents
journey/outcomes = journey outcomes
journey/segments = journey segments
journey/sessions = journey sessions
journey/views = journey views
journey/views/eventdefinitions = journey view event definitions
knowledge/guest/sessions = guest sessions
knowledge/knowledgebases = knowledge bases
knowledge/knowledgebases/*/documents/*/feedback = feedback items
knowledge/knowledgebases/*/sources/salesforce = Salesforce sources
knowledge/knowledgebases/*/sources/servicenow = ServiceNow sources
knowledge/knowledgebases/*/synchronize/jobs = synchronization jobs
knowledge/knowledgebases/*/unanswered/groups = unanswered question groups
knowledge/knowledgebases/*/uploads/urls/jobs = URL upload jobs
languages/translations/users = users
languageunderstanding/domains = NLU domains
languageunderstanding/domains/*/feedback = feedback items
languageunderstanding/ignorephrases = languages
languageunderstanding/ignoretopics = languages
learning/assignments = learning assignments
learning/modules = learning modules
learning/modules/coverart = learning module cover art
learning/scheduleslots/jobs = learning schedule slot jobs
learning/scorm = SCORM packages
license/users = users
messaging/settings/default = default messaging settings
messaging/supportedcontent = supported content profiles
oauth/authorizations = authorized clients
oauth/clients = OAuth clients
oauth/clients/*/usage/query/results = usage queries
oauth/scopes = OAuth scopes
organizations/limits/changerequests = limit change requests
organizations/limits/namespaces = limit namespaces
orgauthorization/pairings = trust pairings
orgauthorization/trustees = trustee organizations
orgauthorization/trustors = trustor organizations
outbound/attemptlimits = attempt limits|set of attempt limits
outbound/conversations = outbound conversations
outbound/diagnostics/campaigns = campaigns
outbound/events = dialer events
outbound/schedules/campaigns = campaign schedules
outbound/schedules/emailcampaigns = email campaign schedules
outbound/schedules/messagingcampaigns = messaging campaign schedules
outbound/schedules/sequences = campaign sequence schedules
outbound/schedules/whatsappcampaigns = WhatsApp campaign schedules
outbound/sequences = campaign sequences
presence/users = users
presencedefinitions = organization presence definitions
quality/forms = quality forms
quality/forms/evaluations = evaluation forms
quality/forms/surveys = survey forms
quality/publishedforms = published quality forms
quality/publishedforms/evaluations = published evaluation forms
quality/publishedforms/surveys = published survey forms
recording/crossplatform/mediaretentionpolicies = cross-platform media retention policies
recording/mediaretentionpolicies = media retention policies
responsemanagement/libraries = response libraries
responsemanagement/responseassets/status = response assets
routing/email/outbound/domains = outbound email domains
routing/predictors/keyperformanceindicators = key performance indicators
routing/skillexpressions/queue = queues
routing/sms/identityresolution/phonenumbers = SMS phone numbers
routing/users/*/utilization = utilization settings
routing/utilization = utilization settings
scim/serviceproviderconfig = SCIM service provider configuration
screenmonitors/users = users
scripts/published = published scripts
socialmedia/analytics/aggregates/jobs = social media aggregates jobs
socialmedia/analytics/messages/jobs = social media message jobs
socialmedia/topics/*/dataingestionrules/facebook = Facebook data ingestion rules
socialmedia/topics/*/dataingestionrules/googlebusinessprofile = Google Business Profile data ingestion rules
socialmedia/topics/*/dataingestionrules/instagram = Instagram data ingestion rules
socialmedia/topics/*/dataingestionrules/open = open data ingestion rules
socialmedia/topics/*/dataingestionrules/twitter = Twitter data ingestion rules
speechandtextanalytics/dictionaryfeedback = dictionary feedback entries
speechandtextanalytics/programs/unpublished = unpublished programs
speechandtextanalytics/sentimentfeedback = sentiment feedback entries
speechandtextanalytics/topics/general = general topics
speechandtextanalytics/translations/languages = languages
taskmanagement/workitems/bulk/add/jobs = bulk work item creation jobs
taskmanagement/workitems/bulk/terminate/jobs = bulk work item termination jobs
taskmanagement/worktypes/*/flows/datebased/rules = date-based rules
taskmanagement/worktypes/*/flows/onattributechange/rules = attribute change rules
taskmanagement/worktypes/*/flows/oncreate/rules = creation rules
telephony/organization/link/approve = organization links
telephony/providers/edges = Edges
telephony/providers/edges/edgegroups = Edge groups
telephony/providers/edges/edgegroups/*/edgetrunkbases = Edge trunk bases
telephony/providers/edges/linebasesettings = line base settings|line base settings
telephony/providers/edges/mediastatistics/conversations = conversations
telephony/providers/edges/phonebasesettings = phone base settings|phone base settings
telephony/providers/edges/trunkbasesettings = trunk base settings|trunk base settings
telephony/providers/edges/trunkbasesettings/site = sites
telephony/sipmessages/conversations = conversations
textbots/botflows/sessions = bot flow sessions
usage/client = OAuth clients
usage/client/*/aggregates/query/jobs = usage aggregates query jobs
usage/simplesearch = usage searches
users/*/greetings/defaults = default greetings
users/*/screenmonitors/sessions = screen monitoring sessions
users/agentui/agents/autoanswer = agents
users/development/activities = development activities
users/externalid = external ID authorities
users/presences = users
voicemail/groups = groups
voicemail/groups/*/mailbox = voicemail mailbox
voicemail/groups/*/messages = voicemail messages
voicemail/groups/*/policy = voicemail policy
voicemail/queues = queues
voicemail/queues/*/messages = voicemail messages
voicemail/userpolicies = users
voicemail/users = users
voicemail/users/*/mailbox = voicemail mailbox
voicemail/users/*/messages = voicemail messages
webdeployments/deployments = web deployments
webdeployments/deployments/*/cobrowse = co-browse sessions
webmessaging/deployments = web deployments
workforcemanagement/businessunits/*/schedulebids/*/groups = bid groups
workforcemanagement/businessunits/*/schedulebids/*/groups/summary = bid group summary
workforcemanagement/businessunits/*/workplanbids/*/groups = bid groups
workforcemanagement/businessunits/*/workplanbids/*/groups/summary = bid group summary
workforcemanagement/historicaldata/importstatus = imports
workforcemanagement/integrations/hris = HRIS integrations
workforcemanagement/shifttrading/trades = shift trades
"""


def _read(table: str) -> dict[str, str]:
    lines = (line.partition(" = ") for line in table.strip().splitlines())
    return {path: noun for path, _, noun in lines}


NOUNS: Final[Mapping[str, str]] = _read(_NOUNS)
"""Names of resources by path: the plural, followed by ``|`` and the singular if that is irregular.

A singular that begins with "the" gets no other article.
"""
