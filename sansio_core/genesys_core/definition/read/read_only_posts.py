"""Detects POST operations that only read data.

Invariants: an operation is included only if it cannot change data, because included operations may be
retried even if the server has processed the request. A rule on the path detects most of them, and a
list in this module contains the others.
Operations that start an execution or a job are never included, even if their path ends in ``/query``.
"""

from genesys_core.definition.read.definition import ApiOperation
from genesys_core.definition.read.model_graph import referenced_models

__all__ = ["REVIEWED", "only_reads"]

_ENDINGS = frozenset({"query", "search"})

# A response whose type has one of these words in its name refers to a result that is still being
# computed.
_TICKETS = ("Execution", "Async", "Job")

REVIEWED: frozenset[str] = frozenset(
    {
        # Current counts and observations.
        "post_analytics_agents_status_counts",
        "post_outbound_campaigns_progress",
        "post_outbound_messagingcampaigns_progress",
        "post_screenmonitors_sessions_users_details",
        # Queries whose path continues after the word.
        "post_audits_query_realtime",
        "post_audits_query_realtime_related",
        "post_search_suggest",
        "post_users_search_conversation_target",
        "post_knowledge_knowledgebase_documents_search_suggestions",
        # Bulk fetches by id.
        "post_conversations_message_messages_bulk",
        "post_externalcontacts_bulk_contacts",
        "post_externalcontacts_bulk_contacts_divisionviews",
        "post_externalcontacts_bulk_contacts_unresolved",
        "post_externalcontacts_bulk_notes",
        "post_externalcontacts_bulk_organizations",
        "post_externalcontacts_bulk_organizations_divisionviews",
        "post_externalcontacts_bulk_relationships",
        "post_intents_customerintents_bulk_retrieve",
        "post_outbound_contactlist_contacts_bulk",
        "post_outbound_contactlistfilters_bulk_retrieve",
        "post_outbound_contactlisttemplates_bulk_retrieve",
        "post_responsemanagement_libraries_bulk",
        "post_responsemanagement_responseassets_bulk",
        # Previews of matches that are not stored.
        "post_groups_dynamicsettings_preview",
        "post_outbound_contactlistfilters_preview",
    }
)
"""Names of read-only POST operations whose paths do not match the rule.

Each requires only a viewing permission.
"""


def only_reads(operation: ApiOperation) -> bool:
    """Return whether an operation is a POST that only reads, so that it is safe to retry."""
    if operation.method != "POST":
        return False
    if operation.name in REVIEWED:
        return True
    last = operation.path.rstrip("/").rpartition("/")[2]
    return last in _ENDINGS and not _gives_ticket(operation)


def _gives_ticket(operation: ApiOperation) -> bool:
    names = referenced_models(operation.returns)
    return any(word in name for name in names for word in _TICKETS)
