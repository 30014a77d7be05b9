"""Parameter limits that the platform documents, but the bundled definition lacks.

Invariants: the limits are documented, not enforced: a call that exceeds a limit is sent. A limit in the
definition takes precedence.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from genesys_core.definition.read.definition import ApiOperation, ApiParameter, Limits
from genesys_core.definition.words.lexicon import read_words

__all__ = ["KNOWN_LIMITS", "find_limits"]


def find_limits(operation: ApiOperation, parameter: ApiParameter) -> Limits:
    """Return a parameter's limits: those in the definition, otherwise those in this module."""
    most = KNOWN_LIMITS.get((operation.name, parameter.name))
    # A document with descriptions states the limits itself, and they may be newer.
    if most is None or parameter.limits != Limits() or parameter.description:
        return parameter.limits
    if parameter.name in _SIZES:
        return replace(parameter.limits, maximum=most)
    return replace(parameter.limits, max_items=most)


_SIZES: Final = ("count", "limit", "page_size")
"""Parameters whose limit is a maximum value; for others, it is a maximum number of items."""

_STATED: Final[Mapping[tuple[str, int], str]] = {
    ("action_map_ids", 100): """
        get_journey_actionmaps
    """,
    ("bot_id", 50): """
        get_textbots_bots_search
    """,
    ("context_id", 100): """
        get_quality_forms_surveys_bulk_contexts
    """,
    ("count", 25): """
        get_scim_groups get_scim_users get_scim_v2_groups get_scim_v2_users
    """,
    ("dialects", 15): """
        get_speechandtextanalytics_topics
    """,
    ("division_ids", 50): """
        get_externalcontacts_contacts get_externalcontacts_graphs_clusterscan_clusters
        get_externalcontacts_organizations
    """,
    ("edge_ids", 100): """
        get_telephony_providers_edges_metrics
    """,
    ("id", 50): """
        get_users_presence_bulk get_users_presences_purecloud_bulk
    """,
    ("id", 100): """
        get_journey_views get_quality_forms_evaluations_bulk
    """,
    ("ids", 25): """
        get_speechandtextanalytics_categories
    """,
    ("ids", 50): """
        delete_group_members get_integrations_actions get_integrations_actions_drafts
        get_speechandtextanalytics_programs get_speechandtextanalytics_topics
    """,
    ("ids", 100): """
        get_integrations
    """,
    ("limit", 100): """
        get_externalcontacts_graphs_clusterscan_clusters
        get_externalcontacts_graphs_clusterscans
    """,
    ("limit", 200): """
        get_externalcontacts_externalsources get_externalcontacts_scan_contacts
        get_externalcontacts_scan_contacts_divisionviews_all get_externalcontacts_scan_notes
        get_externalcontacts_scan_notes_divisionviews_all
        get_externalcontacts_scan_organizations
        get_externalcontacts_scan_organizations_divisionviews_all
        get_externalcontacts_scan_relationships
        get_externalcontacts_scan_relationships_divisionviews_all
    """,
    ("limit", 500): """
        get_externalcontacts_contact_journey_segments
    """,
    ("outcome_ids", 20): """
        get_journey_outcomes
    """,
    ("page_size", 10): """
        get_billing_contracts
    """,
    ("page_size", 25): """
        get_speechandtextanalytics_categories
    """,
    ("page_size", 50): """
        get_conversations_calls_history get_speechandtextanalytics_conversation_categories
        get_taskmanagement_workitem_user_wrapups get_taskmanagement_workitem_wrapups
    """,
    ("page_size", 100): """
        get_agentic_virtualagents get_assistants_agentchecklists
        get_businessrules_decisiontable_exports get_businessrules_decisiontable_imports
        get_businessrules_decisiontable_version_rows
        get_businessrules_decisiontable_versions get_businessrules_decisiontables
        get_businessrules_decisiontables_search get_businessrules_schema_versions
        get_casemanagement_case_comments get_conversations_summaries_settings
        get_dependencies_type_entity_type_id_entity_id_connections_requiredby
        get_dependencies_type_entity_type_id_entity_id_connections_requires
        get_externalcontacts_import_jobs get_externalcontacts_import_settings get_guides
        get_knowledge_knowledgebases get_outbound_attemptlimits
        get_outbound_callabletimesets get_outbound_callanalysisresponsesets
        get_outbound_campaignrules get_outbound_campaigns
        get_outbound_campaigns_divisionviews get_outbound_contactlistfilters
        get_outbound_contactlists get_outbound_contactlists_divisionviews
        get_outbound_contactlisttemplates get_outbound_digitalrulesets get_outbound_dnclists
        get_outbound_dnclists_divisionviews get_outbound_filespecificationtemplates
        get_outbound_importtemplates get_outbound_messagingcampaigns
        get_outbound_messagingcampaigns_divisionviews get_outbound_rulesets
        get_outbound_sequences get_recording_job_failedrecordings get_routing_queue_members
        get_routing_queue_users get_routing_queues_divisionviews
        get_speechandtextanalytics_programs_settings_insights
        get_speechandtextanalytics_programs_settings_processing
        get_speechandtextanalytics_reprocessing_jobs get_textbots_bots_search
        post_businessrules_decisiontable_version_rows_search
    """,
    ("page_size", 200): """
        get_analytics_dataextraction_downloads_metadata get_assistant_queues get_assistants
        get_assistants_queues get_authorization_divisions_query get_authorization_policies
        get_authorization_policies_subject_subject_id get_authorization_policies_target
        get_billing_contracts_invoice_lines get_billing_contracts_invoices
        get_casemanagement_case_associations get_casemanagement_case_stage_steps
        get_casemanagement_case_stages
        get_casemanagement_caseplan_version_stageplan_stepplans
        get_casemanagement_caseplan_version_stageplans get_casemanagement_caseplans
        get_casemanagement_cases_externalcontact
        get_conversation_communication_internalmessages get_conversation_suggestions
        get_externalcontacts_contact_journey_sessions
        get_externalcontacts_import_csv_settings get_flows_instances_settings_loglevels
        get_integrations_credentials_listing get_journey_session_events
        get_knowledge_guest_session_categories get_knowledge_guest_session_documents
        get_knowledge_knowledgebase_categories get_knowledge_knowledgebase_document_feedback
        get_knowledge_knowledgebase_document_variations
        get_knowledge_knowledgebase_document_version_variations
        get_knowledge_knowledgebase_document_versions get_knowledge_knowledgebase_documents
        get_knowledge_knowledgebase_documents_feedback get_knowledge_knowledgebase_labels
        get_knowledge_knowledgebase_operations get_knowledge_settings
        get_knowledge_source_synchronization_deletions
        get_knowledge_source_synchronization_uploads get_knowledge_source_synchronizations
        get_knowledge_sources_synchronizations get_languageunderstanding_ignorephrase
        get_languageunderstanding_ignoretopic get_processautomation_scheduledtriggers
        get_processautomation_triggers get_processautomation_triggers_topics
        get_routing_assessments get_routing_predictors get_taskmanagement_workbin_history
        get_taskmanagement_workbin_versions get_taskmanagement_workitem_history
        get_taskmanagement_workitem_versions get_taskmanagement_workitems_bulk_jobs_users_me
        get_taskmanagement_worktype_flows_datebased_rules
        get_taskmanagement_worktype_flows_onattributechange_rules
        get_taskmanagement_worktype_flows_oncreate_rules get_taskmanagement_worktype_history
        get_taskmanagement_worktype_versions get_telephony_numbers_routing
        get_telephony_prefixes post_analytics_taskmanagement_metrics_query
        post_diagnostics_logcapture_browser_entries_query post_usage_events_query
    """,
    ("page_size", 250): """
        get_analytics_botflow_divisions_reportingturns get_analytics_botflow_reportingturns
        get_analytics_botflow_sessions
    """,
    ("page_size", 500): """
        get_audits_query_transaction_id_results get_knowledge_connection_options
        get_recordings_retention_query get_routing_queues_divisionviews_all
        get_speechandtextanalytics_topics
        post_workforcemanagement_adherence_adjustments_query
        post_workforcemanagement_agent_adherence_adjustments_query
        post_workforcemanagement_businessunit_adherence_adjustments_query
    """,
    ("page_size", 1000): """
        get_externalcontacts_contact_notes get_externalcontacts_contacts
        get_externalcontacts_organization_contacts get_externalcontacts_organization_notes
        get_externalcontacts_organization_relationships get_externalcontacts_organizations
        get_speechandtextanalytics_dictionaryfeedback get_usage_aggregates_query_job
        get_usage_client_client_id_aggregates_query_job
        get_usage_simplesearch_execution_id_results
    """,
    ("program_ids", 50): """
        get_speechandtextanalytics_programs_settings_insights
        get_speechandtextanalytics_programs_settings_processing
    """,
    ("segment_ids", 100): """
        get_journey_segments
    """,
    ("trustor_id", 25): """
        get_externalcontacts_organizations
    """,
    ("user_id", 100): """
        get_learning_assignments get_users_development_activities
        get_workforcemanagement_adherence
    """,
    ("user_ids", 100): """
        get_gamification_insights get_gamification_insights_rankings
    """,
}

KNOWN_LIMITS: Final[Mapping[tuple[str, str], int]] = {
    (operation, parameter): most
    for (parameter, most), operations in _STATED.items()
    for operation in read_words(operations)
}
"""The maximum value or number of items, by the Python names of the operation and parameter."""
